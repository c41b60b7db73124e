"""What a receiver, or a gateway, that fails does to a message: it comes later, under the same id."""

import asyncio
import json
import socket
from typing import Any

import pytest
from pydantic import SecretStr

from services.gateway import auth
from services.gateway.database import open_database
from services.gateway.postgres import PostgresTransaction
from services.gateway.settings import PostgresSettings
from services.gateway.webhooks.claims import Shares, claim, note
from services.gateway.webhooks.egress import Way
from services.gateway.webhooks.schedule import Attempt, Outcome, Verdict
from tests.component.gateway.harness import PATIENCE, Running, until
from tests.component.gateway.webhooks.conftest import Open, deliveries, register
from tests.component.gateway.webhooks.receiver import (
    Manner,
    Receiver,
    answers,
    drips,
    hangs,
    hangs_up,
    pours,
    receiving,
    speaks_smtp,
    verified,
)


async def ended(running: Running, webhook: dict[str, Any]) -> bool:
    return not [each for each in await deliveries(running, webhook) if not each["ended_at"]]


SILENCE = 3.0
"""Seconds after which an answer is no longer waited for, where the receiver says nothing."""


@pytest.mark.parametrize(
    ("manner", "why", "patience"),
    [
        (answers(500), "answered 500", PATIENCE), (answers(404), "answered 404", PATIENCE),
        (answers(304), "answered 304", PATIENCE), (answers(100), "connection refused or lost", PATIENCE),
        (hangs, "no answer within 3 s", SILENCE), (drips, "no answer within 3 s", SILENCE),
        (hangs_up, "connection refused or lost", PATIENCE),
        (speaks_smtp, "the answer is not HTTP/1.1, or its head is too long", PATIENCE),
    ],
)  # fmt: skip
async def test_a_message_that_failed_comes_again_with_the_same_id_and_body_and_a_signature_of_its_own(
    opened: Open, receiver: Receiver, manner: Manner, why: str, patience: float
) -> None:
    async with opened(timeout_seconds=patience, retry_seconds=(0.05, 3600)) as running:
        webhook = await register(running, receiver.url())
        receiver.manners = [manner, manner]
        await running.report(await running.exam())
        await until(lambda: _failed(running, webhook, 2))  # the third try is an hour away: what is told now stays
        assert [each["last_error"] for each in await deliveries(running, webhook)] == [why]
        assert len(receiver.heard) == 2
        await running.sql("UPDATE webhook_deliveries SET due_at = clock_timestamp()")
        await until(lambda: ended(running, webhook))
        assert len(receiver.heard) == 3
        assert len({(message.id, message.body) for message in receiver.heard}) == 1
        assert all(verified(message, webhook["secret"]) for message in receiver.heard)
        (delivery,) = await deliveries(running, webhook)
        assert (delivery["state"], delivery["failures"], delivery["last_error"]) == ("delivered", 2, None)
        assert (await running.get(f"/webhooks/{webhook['id']}")).json()["failing_since"] is None


async def _failed(running: Running, webhook: dict[str, Any], times: int) -> bool:
    return [each["failures"] for each in await deliveries(running, webhook)] == [times]


async def _said(running: Running, webhook: dict[str, Any], why: str) -> bool:
    errors = {each["last_error"] for each in await deliveries(running, webhook)}
    assert errors <= {None, why}
    return why in errors


async def test_a_receiver_that_is_not_there_gets_the_message_when_it_is(opened: Open) -> None:
    reserved = socket.socket()  # nobody listens there, and nobody else gets the port meanwhile
    reserved.bind(("127.0.0.1", 0))
    async with opened(retry_seconds=(0.2,) * 1000) as running:
        webhook = await register(running, f"http://127.0.0.1:{reserved.getsockname()[1]}/")
        await running.report(await running.exam())
        await until(lambda: _said(running, webhook, "connection refused or lost"))
        heard: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(serve, sock=reserved):
            await until(lambda: ended(running, webhook))
        assert len(heard) == 1


async def test_after_the_last_attempt_it_has_failed_visibly_and_can_be_sent_again(
    opened: Open, receiver: Receiver
) -> None:
    async with opened(retry_seconds=(0.05, 0.05)) as running:
        webhook = await register(running, receiver.url())
        receiver.manner = answers(503)
        await running.report(await running.exam())
        await until(lambda: receiver.heard)
        await until(lambda: ended(running, webhook))
        (failed,) = await deliveries(running, webhook, state="failed")
        assert (failed["failures"], failed["last_status"], failed["next_attempt_at"]) == (3, 503, None)
        assert len(receiver.heard) == 3
        receiver.manner = None
        path = f"/api/v1/webhooks/{webhook['id']}/deliveries/{failed['id']}/redeliver"
        assert (await running.client.post(path)).status_code == 202
        await until(lambda: len(receiver.heard) == 4)
        await until(lambda: ended(running, webhook))
        assert [each["state"] for each in await deliveries(running, webhook)] == ["delivered"]


async def test_a_receiver_that_asks_for_time_gets_it(opened: Open, receiver: Receiver) -> None:
    async with opened() as running:
        webhook = await register(running, receiver.url())
        receiver.manners = [answers(503, "Retry-After: 3600\r\n")]
        await running.report(await running.exam())
        await until(lambda: _said(running, webhook, "answered 503"))
        ((seconds,),) = await running.sql(
            "SELECT extract(epoch FROM due_at - clock_timestamp())::float FROM webhook_deliveries"
        )
        assert 3500 < seconds <= 3600


async def test_a_huge_answer_is_cut_off_and_its_status_counts(running: Running, receiver: Receiver) -> None:
    webhook = await register(running, receiver.url())
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n"
    receiver.manners = [pours(receiver, head, bytes(65536))]
    await running.report(await running.exam())
    await until(lambda: receiver.heard)
    await until(lambda: ended(running, webhook))
    assert [each["state"] for each in await deliveries(running, webhook)] == ["delivered"]
    assert receiver.sent < 16 * 1024 * 1024  # what fits into the buffers of the kernel between the two


async def test_a_head_without_end_is_cut_off_and_is_a_failure(opened: Open, receiver: Receiver) -> None:
    async with opened(retry_seconds=(3600,)) as running:
        webhook = await register(running, receiver.url())
        receiver.manners = [pours(receiver, b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"x" * 4000 + b"\r\n")]
        await running.report(await running.exam())
        await until(lambda: _said(running, webhook, "the answer is not HTTP/1.1, or its head is too long"))


async def test_a_receiver_that_hangs_does_not_hold_up_another(opened: Open, receiver: Receiver) -> None:
    async with opened(concurrency=4, per_tenant=3, per_endpoint=2) as running, receiving() as stuck:
        stuck.manner = hangs
        await register(running, stuck.url())
        await register(running, receiver.url())
        exams = [await running.exam() for _ in range(8)]
        for exam in exams:
            await running.report(exam)
        await until(lambda: (len(receiver.heard), len(stuck.heard)) == (len(exams), 2))


async def test_a_tenant_whose_receivers_all_hang_does_not_hold_up_another_tenant(
    opened: Open, receiver: Receiver
) -> None:
    async with opened(concurrency=4, per_tenant=3, per_endpoint=2) as running, receiving() as stuck:
        stuck.manner = hangs
        for _ in range(3):
            await register(running, stuck.url())
        for _ in range(3):
            await running.report(await running.exam())
        await until(lambda: len(stuck.heard) == 3)
        async with _pool(running) as pool:
            headers = {"Authorization": f"Bearer {await auth.create_key(pool, 'other')}"}
        made = await running.client.post("/api/v1/webhooks", json={"url": receiver.url()}, headers=headers)
        assert made.status_code == 201
        exam = (await running.upload(headers=headers)).json()
        await running.client.post(f"/api/v1/exams/{exam['exam_id']}/cancel", headers=headers)
        await until(lambda: receiver.about(exam))
        assert len(stuck.heard) == 3


async def test_a_gateway_that_dies_between_sending_and_noting_leaves_the_message_to_another_under_the_same_id(
    opened: Open, receiver: Receiver
) -> None:
    class Dies:
        """Sends, and never comes back to say so."""

        def __init__(self, way: Way) -> None:
            self.check = way.check
            self._way = way

        async def post(self, *arguments: Any) -> Attempt:
            await self._way.post(*arguments)
            await asyncio.sleep(3600)
            raise AssertionError

    async with opened(go_out=Dies) as dying:
        webhook = await register(dying, receiver.url())
        await dying.report(await dying.exam())
        await until(lambda: receiver.heard)
    async with opened() as next_one:
        await asyncio.sleep(0.4)
        assert len(receiver.heard) == 1  # the lease still holds: nobody knows yet that its holder is dead
        await next_one.sql("UPDATE webhook_deliveries SET leased_until = clock_timestamp()")
        await until(lambda: len(receiver.heard) == 2)
        await until(lambda: ended(next_one, webhook))
        (delivery,) = await deliveries(next_one, webhook)
    assert {message.id for message in receiver.heard} == {delivery["id"]}
    assert (delivery["state"], delivery["failures"]) == ("delivered", 0)


async def test_a_sender_whose_lease_ran_out_cannot_undo_what_its_successor_noted(
    opened: Open, receiver: Receiver
) -> None:
    async with opened(poll_seconds=3600, concurrency=1) as running:
        webhook = await register(running, receiver.url())
        receiver.manner = hangs  # takes the only place in the gateway's own sender
        await running.report(await running.exam())
        await until(lambda: receiver.heard)
        async with _pool(running) as pool:
            await running.sql("UPDATE webhook_deliveries SET leased_until = NULL, due_at = clock_timestamp()")
            (slow,) = await claim(pool, Shares(1, 1, 1), 0.0)
            (quick,) = await claim(pool, Shares(1, 1, 1), 30.0)
            assert slow.id == quick.id
            assert not await note(pool, slow, Attempt(500), Verdict(Outcome.RETRY, 60.0), 1e6)
            assert await note(pool, quick, Attempt(200), Verdict(Outcome.DELIVERED), 1e6)
            assert not await note(pool, slow, Attempt(500), Verdict(Outcome.EXHAUSTED), 1e6)
        (delivery,) = await deliveries(running, webhook)
        assert (delivery["state"], delivery["failures"]) == ("delivered", 0)


async def test_an_endpoint_that_is_gone_is_disabled_at_once_and_gets_what_it_is_owed_when_enabled(
    running: Running, receiver: Receiver
) -> None:
    webhook = await register(running, receiver.url())
    receiver.manners = [answers(410)]
    first, second = await running.exam(), await running.exam()
    await running.report(first)
    await until(lambda: _disabled(running, webhook))
    seen = (await running.get(f"/webhooks/{webhook['id']}")).json()
    assert (seen["enabled"], seen["disabled_reason"]) == (False, "the receiver answered 410 Gone")
    await running.report(second)
    await asyncio.sleep(0.4)
    assert len(receiver.heard) == 1
    path = f"/api/v1/webhooks/{webhook['id']}"
    assert (await running.client.post(f"{path}/test")).status_code == 202  # a look before it is enabled again
    await until(lambda: len(receiver.heard) == 2)
    assert json.loads(receiver.heard[1].body)["type"] == "webhook.test"
    enabled = (await running.client.patch(path, json={"enabled": True})).json()
    assert (enabled["enabled"], enabled["disabled_reason"], enabled["failing_since"]) == (True, None, None)
    await until(lambda: len(receiver.heard) == 3)
    assert receiver.heard[2] in receiver.about(second)


async def test_an_endpoint_that_failed_for_days_is_disabled_and_says_why(opened: Open, receiver: Receiver) -> None:
    async with opened(disable_days=5) as running:
        webhook = await register(running, receiver.url())
        receiver.manner = answers(500)
        await running.report(await running.exam())
        await until(lambda: len(receiver.heard) >= 2)
        assert not await _disabled(running, webhook)
        await running.sql("UPDATE webhook_endpoints SET failing_since = clock_timestamp() - interval '5 days 1 minute'")
        await running.report(await running.exam())
        await until(lambda: _disabled(running, webhook))
        seen = (await running.get(f"/webhooks/{webhook['id']}")).json()
        assert seen["disabled_reason"] == "nothing was delivered for 5 days; at last: answered 500"


async def test_a_paused_endpoint_keeps_what_it_is_owed(running: Running, receiver: Receiver) -> None:
    webhook = await register(running, receiver.url())
    path = f"/api/v1/webhooks/{webhook['id']}"
    paused = (await running.client.patch(path, json={"enabled": False})).json()
    assert (paused["enabled"], paused["disabled_reason"]) == (False, "by request")
    exams = [await running.exam() for _ in range(3)]
    for exam in exams:
        await running.report(exam)
    await asyncio.sleep(0.4)
    assert receiver.heard == []
    await running.client.patch(path, json={"enabled": True, "url": receiver.url("/moved")})
    await until(lambda: len(receiver.heard) == 3)
    assert {message.path for message in receiver.heard} == {"/moved"}


async def test_a_gone_callback_ends_its_own_message_only(running: Running, receiver: Receiver) -> None:
    receiver.manners = [answers(410)]
    first, second = [await running.exam(callback_url=receiver.url()) for _ in range(2)]
    await running.report(first)
    await until(lambda: receiver.heard)
    await running.report(second)
    await until(lambda: len(receiver.heard) == 2)
    await until(lambda: ended(running, {"id": "callback"}))
    states = [each["state"] for each in await deliveries(running, {"id": "callback"})]
    assert states == ["delivered", "failed"]


async def test_an_end_that_is_rolled_back_is_not_told_and_one_announced_twice_is_told_once(
    running: Running, receiver: Receiver
) -> None:
    webhook = await register(running, receiver.url())
    exam = await running.exam()
    async with _pool(running) as pool, pool.acquire() as connection:
        await running.report(exam)
        await until(lambda: receiver.heard)
        transaction = PostgresTransaction(connection)
        for exam_id, undone in ((exam["exam_id"], False), ((await running.exam())["exam_id"], True)):
            around = connection.transaction()
            await around.start()
            locked = await transaction.lock(exam_id)
            assert locked is not None
            if undone:
                await connection.execute("UPDATE exams SET status = 'FAILED' WHERE exam_id = $1", exam_id)
                locked = await transaction.lock(exam_id)
                assert locked is not None
            await transaction.announce(locked)
            await (around.rollback() if undone else around.commit())
    await asyncio.sleep(0.4)
    assert len(receiver.heard) == 1
    assert len(await deliveries(running, webhook)) == 1


async def test_deleting_an_endpoint_while_it_is_called_ends_quietly(opened: Open, receiver: Receiver) -> None:
    async with opened(timeout_seconds=SILENCE) as running:
        webhook = await register(running, receiver.url())
        receiver.manner = hangs
        await running.report(await running.exam())
        await until(lambda: receiver.heard)
        assert (await running.client.delete(f"/api/v1/webhooks/{webhook['id']}")).status_code == 204
        await running.report(await running.exam())
        await asyncio.sleep(SILENCE + 0.5)
        assert len(receiver.heard) == 1
        assert (await running.get(f"/webhooks/{webhook['id']}/deliveries")).status_code == 404
        other = await register(running, receiver.url("/other"))
        receiver.manner = None
        await running.report(await running.exam())
        await until(lambda: len(receiver.heard) >= 2)
        assert other["id"] != webhook["id"]


async def _disabled(running: Running, webhook: dict[str, Any]) -> bool:
    return not (await running.get(f"/webhooks/{webhook['id']}")).json()["enabled"]


def _pool(running: Running) -> Any:
    return open_database(PostgresSettings(dsn=SecretStr(running.dsn), pool=2))
