"""The resource /webhooks: what a client developer sees of it."""

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.gateway import auth
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import Running, until
from tests.component.gateway.webhooks.conftest import Open, deliveries, register
from tests.component.gateway.webhooks.receiver import Receiver

UNKNOWN = "wh_" + "0" * 24


JSON = {"Content-Type": "application/json"}


async def test_the_secret_is_shown_once_when_the_endpoint_is_made(running: Running, receiver: Receiver) -> None:
    response = await running.client.post("/api/v1/webhooks", json={"url": receiver.url(), "description": "school 7"})
    made = response.json()
    assert response.headers["location"] == f"/api/v1/webhooks/{made['id']}"
    assert response.headers["cache-control"] == "no-store"
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert made["events"] == ["batch.completed", "exam.cancelled", "exam.completed", "exam.expired", "exam.failed"]
    shown = await running.get(f"/webhooks/{made['id']}")
    assert shown.json() == made
    listed = await running.get("/webhooks")
    assert listed.json() == {"items": [made]}
    assert secret not in shown.text + listed.text


async def test_a_request_repeated_under_its_key_makes_rotates_and_tests_once(
    running: Running, receiver: Receiver
) -> None:
    key, wanted = {"Idempotency-Key": "hook-1"}, {"url": receiver.url(), "description": "once"}

    async def twice(path: str, body: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        first = await running.client.post(f"/api/v1/webhooks{path}", json=body, headers=key)
        again = await running.client.post(f"/api/v1/webhooks{path}", json=body, headers=key)
        assert first.is_success, first.text
        return first.json(), again.json()

    made, repeated = await twice("", wanted)
    assert repeated == made, "the secret, too: the first answer may have been lost"
    rotated, repeated = await twice(f"/{made['id']}/rotate")
    assert repeated == rotated, "a second rotation would take the secret away that receivers still check with"
    assert rotated["secret"] != made["secret"]
    tested, repeated = await twice(f"/{made['id']}/test")
    assert repeated["id"] == tested["id"]
    other = await running.client.post("/api/v1/webhooks", json=wanted | {"description": "two"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert len((await running.get("/webhooks")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"url": "https://x.example/", "enabled": true}', "application/json"),
        (b'{"url": "https://x.example/"}', "text/plain"),
    ],
)
async def test_a_body_the_description_does_not_allow_is_refused(
    running: Running, body: bytes, content_type: str
) -> None:
    refused = await running.client.post("/api/v1/webhooks", content=body, headers={"Content-Type": content_type})
    assert refused.status_code in {415, 422}
    assert (await running.get("/webhooks")).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/url"), ({"url": 7}, "/url"), ({"url": "https://x/" + "y" * 2048}, "/url"),
        ({"url": "URL", "events": []}, "/events"), ({"url": "URL", "events": ["exam.read"]}, "/events/0"),
        ({"url": "URL", "description": "a\nb"}, "/description"), ({"url": "URL", "uri": "x"}, "/uri"), ([], ""),
    ],
)  # fmt: skip
async def test_a_wrong_field_is_named(running: Running, receiver: Receiver, body: Any, pointer: str) -> None:
    if isinstance(body, dict) and body.get("url") == "URL":
        body = body | {"url": receiver.url()}
    response = await running.client.post("/api/v1/webhooks", json=body)
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"url":' + b"[" * 5000])
async def test_what_is_not_json_is_refused(running: Running, content: bytes) -> None:
    response = await running.client.post("/api/v1/webhooks", content=content, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")


async def test_a_body_without_end_is_refused_and_one_without_key_is_not_read(running: Running) -> None:
    big = b'{"url": "' + b"x" * 40_000 + b'"}'
    response = await running.client.post("/api/v1/webhooks", content=big, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    response = await running.client.post("/api/v1/webhooks", content=big, headers={**JSON, "Authorization": "Bearer x"})
    assert response.status_code == 401


async def test_a_tenant_has_no_more_endpoints_than_allowed(opened: Open, receiver: Receiver) -> None:
    async with opened(max_endpoints=2) as running:
        await running.get("/webhooks/callback/secret")  # the sender of callbacks is not one of them
        for _ in range(2):
            await register(running, receiver.url())
        refused = await running.client.post("/api/v1/webhooks", json={"url": receiver.url()})
        assert refused.status_code == 422
        assert "at most 2" in refused.json()["detail"]


async def test_a_change_keeps_what_it_does_not_name(running: Running, receiver: Receiver) -> None:
    made = await register(running, receiver.url(), description="before")
    path = f"/api/v1/webhooks/{made['id']}"
    changed = (await running.client.patch(path, json={"events": ["exam.failed"]})).json()
    assert (changed["url"], changed["description"], changed["enabled"]) == (made["url"], "before", True)
    assert changed["events"] == ["exam.failed"]
    refused = await running.client.patch(path, json={"url": "ftp://example.com"})
    assert refused.json()["errors"][0]["pointer"] == "/url"
    assert (await running.client.patch(path, json={"secret": "x"})).status_code == 422


async def test_deliveries_are_paged_newest_first_and_filtered_by_state(running: Running, receiver: Receiver) -> None:
    webhook = await register(running, receiver.url())
    for _ in range(5):
        await running.report(await running.exam())
    await until(lambda: len(receiver.heard) == 5)
    path, seen, cursor = f"/webhooks/{webhook['id']}/deliveries", [], None
    while True:
        page = (await running.get(path, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert len(seen) == 5
    assert [each["created_at"] for each in seen] == sorted((each["created_at"] for each in seen), reverse=True)
    await until(lambda: _delivered(running, webhook, 5))
    assert await deliveries(running, webhook, state="failed") == []
    assert (await running.get(path, params={"cursor": "x"})).json()["code"] == "invalid_cursor"
    assert (await running.get(path, params={"state": "x"})).status_code == 422


async def _delivered(running: Running, webhook: dict[str, Any], count: int) -> bool:
    return len(await deliveries(running, webhook, state="delivered")) == count


ROUTES = [
    ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate"), ("POST", "/test"), ("GET", "/deliveries"),
    ("POST", "/deliveries/{delivery}/redeliver"),
]  # fmt: skip


async def test_another_tenants_webhook_and_one_that_never_was_are_404(running: Running, receiver: Receiver) -> None:
    webhook = await register(running, receiver.url())
    await running.report(await running.exam())
    await until(lambda: receiver.heard)
    delivery = receiver.heard[0].id
    async with open_database(PostgresSettings(dsn=SecretStr(running.dsn), pool=2)) as pool:
        headers = {"Authorization": f"Bearer {await auth.create_key(pool, 'other')}"}
    base = str(running.client.base_url)
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=20, trust_env=False) as other:
        for client, known in ((other, webhook["id"]), (running.client, UNKNOWN), (running.client, "%00"), (other, "x")):
            for method, path in ROUTES:
                url = f"/api/v1/webhooks/{known}{path.format(delivery=delivery)}"
                response = await client.request(method, url, json={} if method == "PATCH" else None)
                assert (response.status_code, response.json()["code"]) == (404, "webhook_not_found"), (method, path)
        assert (await other.get("/api/v1/webhooks")).json() == {"items": []}
        theirs = (await other.get("/api/v1/webhooks/callback/secret")).json()["secret"]
        assert theirs != (await running.get("/webhooks/callback/secret")).json()["secret"]
        mine = await running.client.post(f"/api/v1/webhooks/{webhook['id']}/deliveries/{UNKNOWN}/redeliver")
        assert (mine.status_code, mine.json()["code"]) == (404, "delivery_not_found")
    assert (await running.get(f"/webhooks/{webhook['id']}")).status_code == 200


async def test_another_tenants_exam_is_not_told(running: Running, receiver: Receiver) -> None:
    async with open_database(PostgresSettings(dsn=SecretStr(running.dsn), pool=2)) as pool:
        headers = {"Authorization": f"Bearer {await auth.create_key(pool, 'other')}"}
    base = str(running.client.base_url)
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=20, trust_env=False) as other:
        made = await other.post("/api/v1/webhooks", json={"url": receiver.url("/other")})
        assert made.status_code == 201
    await register(running, receiver.url("/mine"))
    await running.report(await running.exam())
    await until(lambda: receiver.heard)
    assert {message.path for message in receiver.heard} == {"/mine"}


async def test_the_same_upload_with_another_callback_is_another_payload(running: Running, receiver: Receiver) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await running.upload(headers=headers, callback_url=receiver.url("/a"))
    again = await running.upload(headers=headers, callback_url=receiver.url("/a"))
    assert first.json()["exam_id"] == again.json()["exam_id"]
    other = await running.upload(headers=headers, callback_url=receiver.url("/b"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


async def test_the_age_of_what_is_owed_is_measured(opened: Open, receiver: Receiver) -> None:
    async with opened(poll_seconds=0.02, retry_seconds=(600,)) as running:
        await register(running, "http://127.0.0.1:1/")
        await running.report(await running.exam())
        await running.sql("UPDATE webhook_deliveries SET created_at = created_at - interval '1 hour'")

        async def measured() -> bool:
            text = (await running.client.get("/metrics")).text
            values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
            assert float(values["redink_webhook_late_seconds"]) < 60
            return float(values["redink_webhook_oldest_pending_age_seconds"]) > 3599

        await until(measured)

        async def tried() -> bool:
            return 'redink_webhook_attempts_total{outcome="retry"}' in (await running.client.get("/metrics")).text

        await until(tried)
