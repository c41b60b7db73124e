"""`python -m services migrate`: bring the database's schema up to date, and end."""

import argparse
from collections.abc import Sequence

from runtime.settings import load
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings
from services.gateway.tools.desk import DONE, run

_EPILOG = """\
A gateway does the same when it starts; run before an upgrade, this shows that it works. One migrates, others wait. It
never goes back, and never touches what exams, keys or webhooks say.

exit codes: 0 the schema is current; 2 the database isn't there, or was migrated by other files than these

examples:
  python -m services migrate
"""
_PATIENCE = 60.0
"""Seconds to wait for a database."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do it; the exit code."""
    return run("migrate", _run, _parser().parse_args(argv))


async def _run(_: argparse.Namespace) -> int:
    async with open_database(load(PostgresSettings).model_copy(update={"pool": 2}), _PATIENCE) as pool:
        latest = await pool.fetchval("SELECT max(name) FROM schema_migrations")
    print(f"the schema is current: {latest}")  # noqa: T201
    return DONE


def _parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog="python -m services migrate",
        description="Bring the database's schema up to date.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
