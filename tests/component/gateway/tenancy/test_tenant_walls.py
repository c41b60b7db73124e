"""The second wall: what a request could see of other tenants if every WHERE were forgotten."""

import asyncio
import uuid
from urllib.parse import urlsplit

import asyncpg
import pytest

from deploy.native.stack import Stack
from services.gateway import auth, exams
from services.gateway.database import TENANT, WallMissing, open_api_pool, open_database
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import Running

_TENANT_TABLES = """
SELECT c.relname AS name, c.relrowsecurity AS guarded FROM pg_class c
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
  AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('tenant', 'exam_id') AND NOT attisdropped)
  AND has_any_column_privilege('redink_api', c.oid, 'SELECT')
"""
"""Tables about a tenant that requests may read."""


async def test_every_table_about_a_tenant_that_requests_can_read_is_guarded(running: Running) -> None:
    tables = {row["name"]: row["guarded"] for row in await running.sql(_TENANT_TABLES)}
    assert {"exams", "exam_events", "webhook_endpoints", "usage_months"} <= set(tables)
    unguarded = {name for name, guarded in tables.items() if not guarded} - {"outbox"}  # its ids only
    assert unguarded == set()


async def test_a_statement_without_a_tenant_sees_only_its_own_and_changes_nothing_of_others(running: Running) -> None:
    await running.exam()
    async with open_database(settings(running)) as owner:
        await owner.execute("INSERT INTO tenants (name) VALUES ('other')")
    async with open_api_pool(settings(running)) as pool:
        assert await rows(pool, "", "exams") == 0, "without a tenant there is nothing"
        for table in ("exams", "exam_events", "tenants", "usage_months"):
            assert await rows(pool, "dev", table) == 1, table
            assert await rows(pool, "other", table) == (1 if table == "tenants" else 0), table
        TENANT.set("other")
        assert await pool.execute("UPDATE exams SET title = 'mine now'") == "UPDATE 0"
        assert await pool.execute("DELETE FROM exams") == "DELETE 0"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute("INSERT INTO usage_months (tenant, month) VALUES ('dev', '2020-01-01')")
        for statement in (
            "SELECT * FROM api_keys", "SELECT event FROM outbox", "UPDATE tenants SET quota_exams = NULL",
            "SELECT * FROM parked", "CREATE TABLE mine (x int)",
        ):  # fmt: skip
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(statement)


async def test_a_route_that_forgets_the_tenant_still_finds_no_exam_of_another(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam = await running.exam()

    async def forgetful(pool: asyncpg.Pool, _tenant: str, exam_id: uuid.UUID) -> exams.Exam | None:
        row = await pool.fetchrow("SELECT * FROM exams WHERE exam_id = $1", exam_id)
        return exams.exam_of(row) if row else None

    monkeypatch.setattr(exams, "find", forgetful)
    async with open_database(settings(running)) as owner:
        other = {"Authorization": f"Bearer {await auth.create_key(owner, 'other')}"}
    for path in ("", "/status", "/result", "/report.pdf", "/timeline"):
        assert (await running.get(f"/exams/{exam['exam_id']}{path}", headers=other)).status_code == 404
    cancelled = await running.client.post(f"/api/v1/exams/{exam['exam_id']}/cancel", headers=other)
    assert cancelled.status_code == 404
    assert (await running.get(f"/exams/{exam['exam_id']}")).status_code == 200, "its own tenant finds it"


async def test_a_connection_that_served_one_tenant_never_shows_its_rows_to_the_next(running: Running) -> None:
    await running.exam()
    async with open_api_pool(settings(running, pool=2)) as pool:

        async def look(tenant: str) -> None:
            for _ in range(20):
                assert await rows(pool, tenant, "exams") == (1 if tenant == "dev" else 0)

        await asyncio.gather(*(look(tenant) for tenant in ("dev", "other", "dev", "third")))


async def rows(pool: asyncpg.Pool, tenant: str, table: str) -> int:
    TENANT.set(tenant)
    return int(await pool.fetchval(f"SELECT count(*) FROM {table}"))


def settings(running: Running, pool: int = 2) -> PostgresSettings:
    return PostgresSettings(dsn=running.dsn, pool=pool)


async def test_an_owner_without_rights_on_the_server_and_a_login_for_requests_are_enough(stack: Stack) -> None:
    name, admin = f"owner_{uuid.uuid4().hex[:12]}", await asyncpg.connect(stack.postgres_dsn)
    parts = urlsplit(stack.postgres_dsn)

    def dsn(user: str) -> str:
        return parts._replace(netloc=f"{user}:x@{parts.hostname}:{parts.port}", path=f"/{name}").geturl()

    try:
        if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = 'redink_api'"):
            await admin.execute("CREATE ROLE redink_api NOLOGIN")
        for role in (name, f"{name}_api"):
            await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
            await admin.execute(f"GRANT redink_api TO {role}")
        await admin.execute(f"CREATE DATABASE {name} OWNER {name}")
        for given in (None, dsn(f"{name}_api")):
            settings = PostgresSettings(dsn=dsn(name), api_dsn=given, pool=2)
            async with open_database(settings) as owner, open_api_pool(settings) as api:
                await owner.execute("INSERT INTO tenants (name) VALUES ('dev') ON CONFLICT DO NOTHING")
                assert [await rows(api, tenant, "tenants") for tenant in ("", "dev", "other")] == [0, 1, 0]
        async with open_database(PostgresSettings(dsn=dsn(name), pool=2)) as owner:
            await owner.execute("ALTER TABLE exams DISABLE ROW LEVEL SECURITY")
        with pytest.raises(WallMissing):
            async with open_api_pool(PostgresSettings(dsn=dsn(name), pool=2)):
                pass
    finally:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"DROP ROLE IF EXISTS {name}, {name}_api")
        await admin.close()
