"""Operators' tool for API keys.

python -m services.gateway keys create --tenant NAME [--label TEXT] [--days N]   prints the key, once
python -m services.gateway keys list [--tenant NAME]
python -m services.gateway keys revoke ID
"""

# ruff: noqa: T201 - a command's output

import argparse
import asyncio
import sys
from datetime import UTC, datetime, timedelta

import asyncpg

from runtime.settings import BadSettings, load
from services.gateway import auth
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m services.gateway", description="API keys of tenants.")
    commands = (
        parser.add_subparsers(dest="noun", required=True).add_parser("keys").add_subparsers(dest="verb", required=True)
    )
    create = commands.add_parser("create", help="make a key and print it; it is never shown again")
    create.add_argument("--tenant", required=True)
    create.add_argument("--label", default="")
    create.add_argument("--days", type=float, help="days until it expires; without, it doesn't")
    commands.add_parser("list").add_argument("--tenant")
    commands.add_parser("revoke").add_argument("id")
    try:
        return asyncio.run(_run(parser.parse_args(argv)))
    except (BadSettings, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


async def _run(asked: argparse.Namespace) -> int:
    async with open_database(load(PostgresSettings)) as pool:
        if asked.verb == "create":
            expires = datetime.now(UTC) + timedelta(days=asked.days) if asked.days else None
            print(await auth.create_key(pool, asked.tenant, asked.label, expires))
            return 0
        if asked.verb == "list":
            return await _list(pool, asked.tenant)
        if await auth.revoke_key(pool, asked.id):
            print(f"revoked {asked.id}")
            return 0
        print("no such key, or already revoked", file=sys.stderr)
        return 1


async def _list(pool: asyncpg.Pool, tenant: str | None) -> int:
    rows = await pool.fetch(
        """SELECT id, tenant, label, created_at, expires_at, revoked_at FROM api_keys
           WHERE $1::text IS NULL OR tenant = $1 ORDER BY tenant, created_at""",
        tenant,
    )
    for row in rows:
        state = "revoked" if row["revoked_at"] else f"until {row['expires_at'] or 'revoked'}"
        print(f"{row['id']}\t{row['tenant']}\t{row['label']}\t{row['created_at']:%Y-%m-%d}\t{state}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
