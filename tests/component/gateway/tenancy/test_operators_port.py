"""Calls of operators: on a port of their own, with a token of their own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import structlog
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from runtime.settings import BadSettings, RedisSettings, load
from services.gateway.api.admin import create_admin
from services.gateway.database import open_database
from services.gateway.limits.settings import LimitSettings
from services.gateway.retention.settings import RetentionSettings
from services.gateway.settings import PostgresSettings
from services.gateway.tenancy.port import open_admin
from services.gateway.tenancy.service import TenancySettings
from services.gateway.tenancy.settings import AdminSettings
from tests.component.gateway.harness import DEV_KEY, Running, gateway

TOKEN = "operators-" + "t" * 30


@pytest.fixture
async def operators(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    settings = AdminSettings(token=SecretStr(TOKEN), port=0)
    async with (
        open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool,
        open_admin(create_admin(pool, settings), settings) as port,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}/admin/v1",
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=20,
            trust_env=False,
        ) as client,
    ):
        yield client


async def test_tenants_and_keys_are_settled_there(running: Running, operators: httpx.AsyncClient) -> None:
    settled = await operators.patch("/tenants/school-a", json={"quota_exams": 1, "retention_days": 90})
    assert (settled.status_code, settled.json()["quota_exams"], settled.json()["canary"]) == (200, 1, False)
    kept = await operators.patch("/tenants/school-a", json={"canary": True})
    assert (kept.json()["quota_exams"], kept.json()["canary"]) == (1, True)
    made = await operators.post("/tenants/school-a/keys", json={"label": "app", "scopes": ["usage"], "days": 30})
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    headers = {"Authorization": f"Bearer {made.json()['key']}"}
    assert (await running.get("/usage", headers=headers)).json()["quota"]["exams"] == 1
    listed = (await operators.get("/tenants/school-a/keys")).json()
    assert [(key["id"], key["scopes"]) for key in listed] == [(made.json()["id"], ["usage"])]
    assert made.json()["key"].split("_")[2] not in str(listed)
    rotated = await operators.post(f"/keys/{made.json()['id']}/rotate", json={"overlap_hours": 0})
    assert (await running.get("/usage", headers=headers)).json()["code"] == "key_expired"
    assert (await operators.post(f"/keys/{rotated.json()['id']}/revoke")).status_code == 204
    assert (await operators.post(f"/keys/{rotated.json()['id']}/revoke")).status_code == 404
    assert (await operators.get("/tenants/school-a/usage")).json()["billed"] is False
    assert {tenant["name"] for tenant in (await operators.get("/tenants")).json()} == {"dev", "school-a"}


async def test_nobody_gets_in_without_the_token_and_wrong_words_are_problems(
    running: Running, operators: httpx.AsyncClient
) -> None:
    for given in ("", f"Bearer {DEV_KEY}", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
        answer = await operators.get("/tenants", headers={"Authorization": given})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), given
    for method, path, body, status in (
        ("PATCH", "/tenants/Not%20A%20Name", {}, 422),
        ("PATCH", "/tenants/dev", {"quota_exams": -1}, 422),
        ("PATCH", "/tenants/dev", {"name": "x"}, 422),
        ("POST", "/tenants/dev/keys", {"scopes": ["everything"]}, 422),
        ("GET", "/tenants/none", None, 404),
        ("POST", "/keys/none/rotate", {}, 404),
    ):
        answer = await operators.request(method, path, json=body)
        assert (answer.status_code, "trace_id" in answer.json()) == (status, True), path
    public = await running.client.get("/admin/v1/tenants", headers={"Authorization": f"Bearer {TOKEN}"})
    assert public.status_code == 404, "the public port knows nothing of it"


async def test_while_the_token_is_replaced_a_gateway_takes_both_and_afterwards_the_new_one_alone() -> None:
    new, pair = "operators-" + "n" * 30, f"{TOKEN} {TOKEN}x"
    taken = {held: await _taken(held, (TOKEN, new, pair)) for held in (TOKEN, f"{new} {TOKEN}", new)}
    assert taken == {TOKEN: {TOKEN}, f"{new} {TOKEN}": {TOKEN, new}, new: {new}}


async def _taken(held: str, given: tuple[str, ...]) -> set[str]:
    """Which of the given tokens a gateway takes that was started with this setting; no path is looked up before that."""
    transport = httpx.ASGITransport(app=create_admin(None, AdminSettings(token=SecretStr(held), port=0)))
    async with httpx.AsyncClient(transport=transport, base_url="http://operators") as client:
        answers = {
            token: await client.post(
                "/admin/v1/tenants/dev/keys", json=[], headers={"Authorization": f"Bearer {token}"}
            )
            for token in given
        }
    assert {answer.status_code for answer in answers.values()} <= {401, 422}
    return {token for token, answer in answers.items() if answer.status_code == 422}


async def test_nothing_of_a_strangers_body_is_read_before_the_token_is_asked_for() -> None:
    read: list[bytes] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(b"[")
        yield read[-1]

    transport = httpx.ASGITransport(app=create_admin(None, AdminSettings(token=SecretStr(TOKEN), port=0)))
    json = {"Content-Type": "application/json"}
    async with httpx.AsyncClient(transport=transport, base_url="http://operators/admin/v1", headers=json) as client:
        for method, path in (
            ("PATCH", "/tenants/dev"),
            ("PATCH", "/tenants/Not%20A%20Name"),
            ("POST", "/tenants/dev/keys"),
            ("POST", "/keys/none/rotate"),
        ):
            answer = await client.request(method, path, content=body())
            assert (answer.status_code, answer.json()["code"], read) == (401, "unauthorized", []), path
        known = {"Authorization": f"Bearer {TOKEN}"}
        assert (await client.patch("/tenants/dev", content=body(), headers=known)).status_code == 422
        assert read == [b"["]


async def test_a_client_that_hangs_up_in_its_body_is_no_error_of_the_server() -> None:
    settings = AdminSettings(token=SecretStr(TOKEN), port=0)
    app, handled = create_admin(None, settings), asyncio.Event()

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        finally:
            handled.set()

    head = f"PATCH /admin/v1/tenants/dev HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 99\r\n\r\n"
    with structlog.testing.capture_logs() as logs:
        async with open_admin(watched, settings) as port:
            client = await _connected(port)
            client.write(head.encode() + b"{")
            await client.drain()
            client.close()
            async with asyncio.timeout(20):
                await handled.wait()
    assert [entry for entry in logs if entry["log_level"] not in {"debug", "info"}] == []


async def _connected(port: int | None) -> asyncio.StreamWriter:
    """As soon as the port, which is bound first, is listened at."""
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                return (await asyncio.open_connection("127.0.0.1", port))[1]
            await asyncio.sleep(0.01)


async def test_without_a_token_there_is_no_port_and_a_short_one_is_refused(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_admin(create_admin(None, AdminSettings()), AdminSettings()) as port:
        assert port is None
    for wrong in ("short", f"{TOKEN} short", f"{TOKEN} {TOKEN} {TOKEN}"):
        monkeypatch.setenv("REDINK_ADMIN_TOKEN", wrong)
        with pytest.raises(BadSettings, match="REDINK_ADMIN_TOKEN"):
            load(AdminSettings)
    admin = AdminSettings(token=SecretStr(TOKEN), port=0)
    tenancy = TenancySettings(LimitSettings(), RetentionSettings(), admin, RedisSettings())
    async with gateway(database, tmp_path, opened={"tenancy": tenancy}) as running:
        assert (await running.get("/usage")).status_code == 200, "both ports of one process"


async def test_more_than_what_can_be_settled_is_refused_while_it_arrives(operators: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" " * 1024

    answer = await operators.patch("/tenants/school-a", content=endless(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert (await operators.get("/tenants/school-a")).status_code == 404
