"""Who is told what when an exam ends: once, signed, under one id."""

import asyncio
import json
from datetime import datetime
from functools import partial

from contracts.errors import ErrorCode
from contracts.status import Status
from tests.component.gateway.harness import Running, until
from tests.component.gateway.webhooks.conftest import Open, deliveries, register
from tests.component.gateway.webhooks.receiver import Receiver, answers, verified


async def test_the_end_of_an_exam_is_told_once_signed_and_without_anything_of_the_student(
    running: Running, receiver: Receiver
) -> None:
    webhook = await register(running, receiver.url("/a?b=c"))
    exam = await running.exam(student_id="CANARY", title="CANARY", class_id="CANARY")
    for _ in range(3):
        await running.report(exam)
    await until(lambda: receiver.heard)
    await asyncio.sleep(0.3)
    (message,) = receiver.heard
    assert message.path == "/a?b=c"
    assert message.headers["content-type"] == "application/json"
    assert message.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert verified(message, webhook["secret"])
    assert b"CANARY" not in message.body
    body = json.loads(message.body)
    assert body["type"] == "exam.completed"
    assert (body["data"]["exam_id"], body["data"]["status"]) == (exam["exam_id"], "COMPLETED")
    assert (await running.client.get(body["data"]["links"]["result"])).status_code == 200
    status = await running.status(exam["exam_id"])
    stated, shown = (datetime.fromisoformat(text) for text in (body["timestamp"], status["completed_at"]))
    assert abs((stated - shown).total_seconds()) < 0.001
    await until(lambda: _ended(running, webhook))
    (delivery,) = await deliveries(running, webhook)
    assert (delivery["id"], delivery["state"], delivery["last_status"]) == (message.id, "delivered", 200)
    assert (delivery["failures"], delivery["exam_id"]) == (0, exam["exam_id"])


async def test_a_signature_does_not_fit_another_secret_body_or_time(running: Running, receiver: Receiver) -> None:
    webhook = await register(running, receiver.url())
    await running.report(await running.exam())
    await until(lambda: receiver.heard)
    message = receiver.heard[0]
    other = await register(running, receiver.url("/other"))
    assert verified(message, webhook["secret"])
    assert not verified(message, other["secret"])
    forged = type(message)(message.path, message.headers, message.body + b" ", None)
    assert not verified(forged, webhook["secret"])
    late = {**message.headers, "webhook-timestamp": str(int(message.headers["webhook-timestamp"]) + 1)}
    assert not verified(type(message)(message.path, late, message.body, None), webhook["secret"])


async def test_each_kind_of_end_is_told_to_those_who_asked_for_it(opened: Open, receiver: Receiver) -> None:
    async with opened(gateway_settings={"sweep_seconds": 0.2}) as running:
        await register(running, receiver.url("/all"))
        await register(running, receiver.url("/failed"), events=["exam.failed", "exam.expired"])
        completed, failed, cancelled, expired = [await running.exam() for _ in range(4)]
        await running.report(completed)
        await running.say(failed, Status.FAILED, stage="ocr", code=ErrorCode.INTERNAL)
        await running.client.post(f"/api/v1/exams/{cancelled['exam_id']}/cancel")
        await running.sql("UPDATE exams SET deadline = now() WHERE exam_id = $1", expired["exam_id"])
        await until(lambda: len(receiver.heard) == 6)
        told = {(m.path, json.loads(m.body)["type"], json.loads(m.body)["data"]["exam_id"]) for m in receiver.heard}
        assert told == {
            ("/all", "exam.completed", completed["exam_id"]),
            ("/all", "exam.failed", failed["exam_id"]),
            ("/all", "exam.cancelled", cancelled["exam_id"]),
            ("/all", "exam.expired", expired["exam_id"]),
            ("/failed", "exam.failed", failed["exam_id"]),
            ("/failed", "exam.expired", expired["exam_id"]),
        }
        assert len({message.id for message in receiver.heard}) == 6


async def test_an_upload_may_name_its_own_receiver_signed_with_the_secret_of_callbacks(
    running: Running, receiver: Receiver
) -> None:
    exam = await running.exam(callback_url=receiver.url("/mine"))
    await running.exam()
    await running.report(exam)
    await until(lambda: receiver.heard)
    secret = (await running.get("/webhooks/callback/secret")).json()
    (message,) = receiver.heard
    assert (message.path, secret["url"]) == ("/mine", None)
    assert verified(message, secret["secret"])
    assert (await running.get("/webhooks/callback/secret")).json()["secret"] == secret["secret"]
    await until(lambda: _ended(running, {"id": "callback"}))
    assert [each["state"] for each in await deliveries(running, {"id": "callback"})] == ["delivered"]
    for method, path in (("DELETE", ""), ("POST", "/test")):
        refused = await running.client.request(method, f"/api/v1/webhooks/callback{path}")
        assert refused.status_code == 422


async def test_after_a_rotation_both_secrets_fit_until_the_former_one_runs_out(
    opened: Open, receiver: Receiver
) -> None:
    async with opened(secret_overlap_hours=1) as running:
        webhook = await register(running, receiver.url())
        rotated = (await running.client.post(f"/api/v1/webhooks/{webhook['id']}/rotate")).json()
        assert rotated["former_secret_until"] is not None
        await running.report(await running.exam())
        await until(lambda: receiver.heard)
        assert verified(receiver.heard[0], webhook["secret"])
        assert verified(receiver.heard[0], rotated["secret"])
        await running.sql("UPDATE webhook_endpoints SET former_until = clock_timestamp()")
        await running.report(await running.exam())
        await until(lambda: len(receiver.heard) == 2)
        assert not verified(receiver.heard[1], webhook["secret"])
        assert verified(receiver.heard[1], rotated["secret"])


async def test_a_test_is_sent_once_and_not_repeated_when_it_fails(running: Running, receiver: Receiver) -> None:
    webhook = await register(running, receiver.url())
    receiver.manners = [answers(500)]
    for count in (1, 2):
        sent = await running.client.post(f"/api/v1/webhooks/{webhook['id']}/test")
        assert sent.status_code == 202
        await until(partial(_heard, receiver, count))
        assert receiver.heard[-1].id == sent.json()["id"]
    await until(lambda: _ended(running, webhook))
    await asyncio.sleep(0.4)
    assert [json.loads(message.body)["type"] for message in receiver.heard] == ["webhook.test"] * 2
    assert all(verified(message, webhook["secret"]) for message in receiver.heard)
    states = [each["state"] for each in await deliveries(running, webhook)]
    assert states == ["delivered", "failed"]
    assert (await running.get(f"/webhooks/{webhook['id']}")).json()["failing_since"] is None


async def test_a_message_can_be_sent_again_under_its_id(running: Running, receiver: Receiver) -> None:
    webhook = await register(running, receiver.url())
    await running.report(await running.exam())
    await until(lambda: receiver.heard)
    path = f"/api/v1/webhooks/{webhook['id']}/deliveries/{receiver.heard[0].id}/redeliver"
    await until(lambda: _ended(running, webhook))
    again = await running.client.post(path)
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    await until(lambda: len(receiver.heard) == 2)
    assert receiver.heard[0].id == receiver.heard[1].id
    assert receiver.heard[0].body == receiver.heard[1].body


async def _ended(running: Running, webhook: dict[str, object]) -> bool:
    return all(each["ended_at"] for each in await deliveries(running, webhook))


async def test_several_gateways_share_the_messages_and_send_each_once(opened: Open, receiver: Receiver) -> None:
    async with opened() as first, opened() as second:
        webhook = await register(first, receiver.url())
        exams = [await (first, second)[number % 2].exam() for number in range(12)]
        await asyncio.gather(*(each.report(exam) for exam in exams for each in (first, second)))
        await until(lambda: len(receiver.heard) >= len(exams))
        await asyncio.sleep(0.5)
        assert sorted(m.id for m in receiver.heard) == sorted({m.id for m in receiver.heard})
        assert all(len(receiver.about(exam)) == 1 for exam in exams)
        assert len(await deliveries(first, webhook, limit=100)) == len(exams)


def _heard(receiver: Receiver, count: int) -> bool:
    return len(receiver.heard) >= count
