"""`python -m services keys`: API keys of tenants, made, listed, replaced, revoked."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.gateway import auth
from services.gateway.core.scopes import Scope
from services.gateway.tenancy import tenants
from services.gateway.tools.console import complain, show_json, show_table
from services.gateway.tools.desk import DONE, LEFT, open_desk, run

_EPILOG = f"""\
scopes: {", ".join(Scope)}
  admin is everything of the tenant, also what is added later; a client gets what it needs: exams:read,exams:write

exit codes: 0 done; 1 there is no such key, or it isn't valid any more; 2 wrong arguments, or the database isn't there

examples:
  python -m services keys create --tenant school-a --label "tutoring app" --scopes exams:read,exams:write --days 365
  python -m services keys rotate a1B2c3D4e5 --overlap-hours 48
  python -m services keys revoke a1B2c3D4e5
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what is asked; the exit code."""
    return run("keys", _run, _parser().parse_args(argv))


async def _run(asked: argparse.Namespace) -> int:
    async with open_desk() as desk:
        if asked.verb == "create":
            expires = datetime.now(UTC) + timedelta(days=asked.days) if asked.days else None
            try:
                key = await auth.create_key(desk.pool, asked.tenant, asked.label, expires, asked.scopes.split(","))
            except ValueError as error:
                complain(f"keys: {error}")
                return 2
            if asked.canary:
                await tenants.settle(desk.pool, asked.tenant, {"canary": True})
            print(key)  # noqa: T201 - the only time it is shown
            return DONE
        if asked.verb == "list":
            _show(await auth.list_keys(desk.pool, asked.tenant), as_json=asked.json)
            return DONE
        if asked.verb == "rotate":
            made = await auth.rotate_key(desk.pool, asked.id, asked.overlap_hours * 3600)
            if made is not None:
                print(made)  # noqa: T201 - as above
                return DONE
        elif await auth.revoke_key(desk.pool, asked.id):
            print(f"revoked {asked.id}")  # noqa: T201
            return DONE
    complain("keys: no such key, or it isn't valid any more")
    return LEFT


def _show(found: list[auth.KeyRow], *, as_json: bool) -> None:
    if as_json:
        show_json([vars(key) for key in found])
        return
    lines = [
        (key.id, key.tenant, key.label, " ".join(key.scopes), f"{key.created_at:%Y-%m-%d}", _used(key), _state(key))
        for key in found
    ]
    show_table(("id", "tenant", "label", "scopes", "made", "last used", "state"), lines)


def _used(key: auth.KeyRow) -> str:
    return f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"


def _state(key: auth.KeyRow) -> str:
    if key.revoked_at:
        return "revoked"
    state = "valid"
    if key.expires_at:
        state = "expired" if key.expires_at <= datetime.now(UTC) else f"until {key.expires_at:%Y-%m-%d %H:%M}"
    return f"{state}, replaced by {key.replaced_by}" if key.replaced_by else state


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services keys",
        description="API keys of tenants. A key is shown when it is made, and never again.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="make a key, and its tenant if need be, and print it")
    create.add_argument("--tenant", required=True)
    create.add_argument("--label", default="", help="whose it is, for yourself")
    create.add_argument("--scopes", default=Scope.ADMIN.value, help="separated by commas (default: admin)")
    create.add_argument("--canary", action="store_true", help="its tenant is the operators': measured, never billed")
    create.add_argument("--days", type=float, help="days until it expires; without, it doesn't")
    listing = verbs.add_parser("list", help="keys without their secrets")
    listing.add_argument("--tenant")
    listing.add_argument("--json", action="store_true")
    rotate = verbs.add_parser("rotate", help="make a key with the same rights and print it; the old one expires")
    rotate.add_argument("id")
    rotate.add_argument("--overlap-hours", type=float, default=24.0, help="how long the old one is valid (default: 24)")
    verbs.add_parser("revoke", help="refuse a key from now on").add_argument("id")
    return parser
