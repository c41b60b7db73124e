"""A batch followed from its upload to its end: counts, progress, cancelling, and the one message about its end."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import ErrorCode
from contracts.status import Status
from contracts.topics import CONTROL
from services.gateway.webhooks.settings import WebhookSettings
from tests.component.gateway.batches.conftest import batch_of, jpeg, papers, post
from tests.component.gateway.harness import Running, gateway, until
from tests.component.gateway.webhooks.receiver import Receiver, receiving


async def exams_of(running: Running, batch: dict[str, Any]) -> list[dict[str, Any]]:
    return [paper["exam"] for paper in await papers(running, batch) if paper["exam"]]


async def view(running: Running, batch: dict[str, Any]) -> dict[str, Any]:
    response = await running.get(f"/batches/{batch['batch_id']}")
    assert response.status_code == 200, response.text
    return dict(response.json())


async def ended(running: Running, batch: dict[str, Any]) -> dict[str, Any]:
    async def told() -> bool:
        return (await view(running, batch))["ended_at"] is not None

    await until(told, 60)
    return await view(running, batch)


async def test_the_aggregate_follows_the_exams_to_the_end(running: Running) -> None:
    batch = await batch_of(running, files={"a.jpg": jpeg(1), "b.jpg": jpeg(2), "c.txt": b"no"})
    first, second = await exams_of(running, batch)
    now = await view(running, batch)
    assert (now["status"], now["progress"], now["refused"]) == ("PROCESSING", 0, 1)
    assert now["estimated_remaining_time_p90"] >= now["estimated_remaining_time"] > 0
    await running.say(first, Status.OCR_PROCESSING)
    await running.say(second, Status.FAILED, stage="ocr", code=ErrorCode.UNREADABLE_FILE)
    now = await view(running, batch)
    assert (now["counts"], now["progress"], now["ended_at"]) == ({"FAILED": 1, "OCR_PROCESSING": 1}, 55, None)
    await running.report(first)
    now = await ended(running, batch)
    assert (now["status"], now["progress"], now["counts"]) == ("COMPLETED", 100, {"COMPLETED": 1, "FAILED": 1})
    assert now["estimated_remaining_time"] == 0


async def test_an_exam_that_is_run_again_puts_the_batch_back_to_work(running: Running) -> None:
    batch = await batch_of(running, files={"a.jpg": jpeg(1)})
    exam = (await exams_of(running, batch))[0]
    await running.report(exam)
    before = await ended(running, batch)
    assert (
        await running.client.post(f"/api/v1/exams/{exam['exam_id']}/retry", json={"from": "ocr"})
    ).status_code == 202
    after = await view(running, batch)
    assert (after["status"], after["ended_at"]) == ("PROCESSING", before["ended_at"])


async def test_cancelling_ends_what_has_not_ended_and_keeps_what_has(database: str, tmp_path: Path) -> None:
    async with gateway(database, tmp_path, max_in_flight=3) as running:
        batch = await batch_of(running, files={f"{i}.jpg": jpeg(i) for i in range(5)})
        exams = await exams_of(running, batch)
        await running.report(exams[0])
        answer = await running.client.post(f"/api/v1/batches/{batch['batch_id']}/cancel")
        assert answer.status_code == 200, answer.text
        states = [paper["state"] for paper in await papers(running, batch)]
        assert states.count("cancelled") + states.count("accepted") == 5
        done = await ended(running, batch)
        assert (done["status"], done["counts"]["COMPLETED"]) == ("CANCELLED", 1)
        assert set(done["counts"]) == {"COMPLETED", "CANCELLED"}
        await until(lambda: running.bus.topics_of(exams[1]["exam_id"])[-1:] == [CONTROL])
        again = await running.client.post(f"/api/v1/batches/{batch['batch_id']}/cancel")
        assert (again.status_code, again.json()["counts"]) == (200, done["counts"])


async def test_a_batch_that_ended_by_itself_cannot_be_cancelled(running: Running) -> None:
    batch = await batch_of(running, files={"a.jpg": jpeg(1)})
    await running.report((await exams_of(running, batch))[0])
    await ended(running, batch)
    answer = await running.client.post(f"/api/v1/batches/{batch['batch_id']}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "batch_ended")


async def test_a_cancel_whose_gateway_died_is_finished_by_another(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDINK_BATCH_POLL_SECONDS", "0.2")
    async with gateway(database, tmp_path) as running:
        batch = await batch_of(running, files={"a.jpg": jpeg(1), "b.jpg": jpeg(2)})
        # What the dead one had done: said that the batch is cancelled, and no more.
        await running.sql("UPDATE batches SET cancelled_at = now()")
        done = await ended(running, batch)
        assert done["counts"] == {"CANCELLED": 2}


async def test_pages_of_batches_and_of_papers_are_complete_and_in_order(running: Running) -> None:
    batches = [await batch_of(running, files={f"{n}-{i}.jpg": jpeg(10 * n + i) for i in range(5)}) for n in range(3)]
    seen, cursor = [], None
    for _ in range(2):
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await running.get("/batches", params=query)).json()
        seen += [item["batch_id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == ([batch["batch_id"] for batch in reversed(batches)], None)
    names, cursor = [], None
    for _ in range(3):
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await running.get(f"/batches/{batches[0]['batch_id']}/exams", params=query)).json()
        names += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert (names, cursor) == ([f"0-{i}.jpg" for i in range(5)], None)
    bad = await running.get(f"/batches/{batches[0]['batch_id']}/exams", params={"cursor": "zzz"})
    assert (bad.status_code, bad.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("batch_id", ["5c0f3c1e-0b7e-5d2a-9a52-3f0c8a1b2c3d", "nonsense"])
async def test_a_batch_that_is_not_the_tenants_is_not_there(running: Running, batch_id: str) -> None:
    for path in ("", "/exams", "/class-report", "/class-report.html", "/class-report.pdf"):
        answer = await running.get(f"/batches/{batch_id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "batch_not_found")


async def test_the_end_is_told_once_by_webhook_with_ids_and_counts_only(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDINK_BATCH_POLL_SECONDS", "0.1")
    hooks = WebhookSettings(allow_loopback=True, poll_seconds=0.1, timeout_seconds=5)
    receiver: Receiver
    async with receiving() as receiver, gateway(database, tmp_path, opened={"hooks": hooks}) as running:
        asked = {"url": receiver.url(), "events": ["batch.completed"]}
        assert (await running.client.post("/api/v1/webhooks", json=asked)).status_code == 201
        batch = await batch_of(running, files={"张三.jpg": jpeg(1), "b.jpg": jpeg(2), "c": b"?"}, name="期中")
        for exam in await exams_of(running, batch):
            await running.report(exam)
        await ended(running, batch)
        await until(lambda: receiver.heard, 60)
        await asyncio.sleep(0.5)
        assert len(receiver.heard) == 1
        text = receiver.heard[0].body.decode()
        body = json.loads(text)
        assert body["type"] == "batch.completed"
        assert body["data"]["batch_id"] == batch["batch_id"]
        assert (body["data"]["papers"], body["data"]["refused"], body["data"]["counts"]) == (3, 1, {"COMPLETED": 2})
        assert "张三" not in text
        assert "期中" not in text


async def test_nothing_is_left_of_a_batch_whose_manifest_is_wrong(running: Running) -> None:
    answer = await post(running, files={"a.jpg": jpeg(1)}, manifest={"papers": [{"files": []}, {"filez": ["a.jpg"]}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json()["errors"]][:2] == [
        "/manifest/papers/0/files",
        "/manifest/papers/1/files",
    ]
    assert await running.sql("SELECT 1 FROM batches") == []


async def told(running: Running, url: str, begun: asyncio.Event | None = None) -> list[tuple[str, dict[str, Any]]]:
    """(id, state) of all events until the stream ends; sets `begun` with the first."""
    found, last = [], ""
    async with running.client.stream("GET", url, timeout=60) as answer:
        assert answer.status_code == 200, await answer.aread()
        async for line in answer.aiter_lines():
            last = line.removeprefix("id: ") if line.startswith("id: ") else last
            if line.startswith("data: "):
                found.append((last, json.loads(line.removeprefix("data: "))))
                if begun is not None:
                    begun.set()
    return found


async def test_a_live_client_is_told_of_a_batch_until_it_has_ended(running: Running) -> None:
    batch = await batch_of(running, files={"a.jpg": jpeg(1), "b.jpg": jpeg(2)})
    first, second = await exams_of(running, batch)
    begun = asyncio.Event()
    listening = asyncio.create_task(told(running, batch["links"]["events"], begun))
    await asyncio.wait_for(begun.wait(), 60)
    await running.say(first, Status.OCR_PROCESSING)
    await running.report(first)
    await running.report(second)
    events = await asyncio.wait_for(listening, 60)
    states = [state for _, state in events]
    assert states[0]["status"] in {"ACCEPTING", "PROCESSING"}
    assert (states[-1]["status"], states[-1]["progress"], states[-1]["counts"]) == ("COMPLETED", 100, {"COMPLETED": 2})
    assert [state["final"] for state in states] == [False] * (len(states) - 1) + [True]
    assert len({number for number, _ in events}) == len(events), "no state is told twice in a row"
    ticket = (await running.client.post(f"{batch['links']['self']}/tickets")).json()
    del running.client.headers["authorization"]
    assert await told(running, ticket["events"]) == events[-1:], "who comes late is told how it ended"
    known = f"{ticket['events']}&after={events[-1][0]}"
    assert (await running.client.get(known)).json()["code"] == "invalid_ticket", "a ticket opens one stream"


async def test_who_knows_how_a_batch_ended_is_told_not_to_come_again(running: Running) -> None:
    batch = await batch_of(running, files={"a.jpg": jpeg(1)})
    await running.report((await exams_of(running, batch))[0])
    await ended(running, batch)
    (last, _), *_ = await told(running, batch["links"]["events"])
    answer = await running.client.get(batch["links"]["events"], headers={"Last-Event-ID": last})
    assert (answer.status_code, answer.content) == (204, b"")
    refused = await running.client.get(batch["links"]["events"], headers={"Last-Event-ID": "7"})
    assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")
