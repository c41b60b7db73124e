"""The commands of docs/operations.md change passwords while somebody works with the old ones."""

import asyncio
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import redis.asyncio as redis
from pydantic import SecretStr
from redis.exceptions import AuthenticationError, NoPermissionError
from test_restore import commands, run

from deploy.native.servers import Valkey
from deploy.native.stack import Stack
from services.gateway.database import open_api_pool, open_database
from services.gateway.settings import PostgresSettings


def login(dsn: str, name: str, password: str) -> str:
    """The same database as somebody else."""
    parts = urlsplit(dsn)
    return parts._replace(netloc=f"{name}:{password}@{parts.hostname}:{parts.port}").geturl()


async def users(dsn: str) -> list[tuple[str, str]]:
    """(session user, current user) of background work, and of requests twice: the pool resets what it is given back."""
    asked = "SELECT session_user, current_user"
    settings = PostgresSettings(dsn=SecretStr(dsn))
    async with open_database(settings) as pool, open_api_pool(settings) as requests:
        return [tuple(await each.fetchrow(asked)) for each in (pool, requests, requests)]


async def test_a_second_login_owns_the_tables_before_the_first_is_refused(stack: Stack, database: str) -> None:
    database_name = urlsplit(database).path[1:]
    owner, second = f"owner_{database_name}", f"second_{database_name}"
    admin = await asyncpg.connect(database)
    try:
        await admin.execute(f"CREATE ROLE {owner} LOGIN PASSWORD 'first' CREATEROLE")
        await admin.execute(f"ALTER DATABASE {database_name} OWNER TO {owner}")
        await admin.execute(f"ALTER SCHEMA public OWNER TO {owner}")
        await admin.execute(
            "DO $$ BEGIN CREATE ROLE redink_api NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        await admin.execute(f"GRANT redink_api TO {owner}")
        before = login(database, owner, "first")
        assert await users(before) == [(owner, owner), (owner, "redink_api"), (owner, "redink_api")]

        environment = {"ADMIN_DSN": database, "OWNER": owner, "LOGIN": second, "PASSWORD": 'it\'s "second"'}
        await run(commands("second-database-login"), environment)
        after = login(database, second, "it%27s%20%22second%22")
        assert await users(after) == [(second, owner), (second, "redink_api"), (second, "redink_api")]
        assert await users(before), "both are valid until the first is taken back"

        at_work = await asyncpg.connect(before)
        with pytest.raises(AssertionError):
            await run(commands("former-database-login"), environment | {"FORMER": owner})
        await at_work.close()
        await _left(admin, owner)
        await run(commands("former-database-login"), environment | {"FORMER": owner})
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            await asyncpg.connect(before)
        assert await users(after)
    finally:
        await admin.execute(f"DROP OWNED BY {owner}")
        await admin.close()


async def _left(admin: asyncpg.Connection, user: str) -> None:
    """Wait until no session of the user is left: a server ends one after its client has gone."""
    async with asyncio.timeout(60):
        while await admin.fetchval("SELECT count(*) FROM pg_stat_activity WHERE usename = $1", user):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)


async def test_a_second_password_of_redis_works_beside_the_first_and_alone(tmp_path: Path) -> None:
    server = Valkey(tmp_path)
    server.start()
    try:
        first, second = {"FIRST": "first"}, {"SECOND": "second"}
        async with redis.Redis(port=server.port) as operator:
            await operator.execute_command("ACL", "SETUSER", "default", "resetpass", ">first")
        async with redis.Redis(port=server.port, password="first") as operator:
            await _told(operator, "second-redis-password", second)
            assert await _answers(server, "first")
            assert await _answers(server, "second")
        async with redis.Redis(port=server.port, password="second") as operator:
            await _told(operator, "former-redis-password", first)
        assert not await _answers(server, "first")
        assert await _answers(server, "second")
    finally:
        server.stop()


async def _told(operator: redis.Redis, block: str, environment: dict[str, str]) -> None:
    """What the block says to valkey-cli, which isn't installed everywhere."""
    for line in commands(block).splitlines():
        program, *words = shlex.split(re.sub(r"\$(\w+)", lambda name: environment[name[1]], line))
        assert program == "valkey-cli"
        await operator.execute_command(*words)


async def _answers(server: Valkey, password: str) -> bool:
    async with redis.Redis(port=server.port, password=password) as client:
        try:
            return bool(await client.ping())
        except (AuthenticationError, NoPermissionError):
            return False
