"""Server-sent events."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.status import Status
from tests.component.gateway.harness import PATIENCE, Bus, Running, gateway

Frame = dict[str, Any]


async def listen(
    running: Running, exam_id: str, *, last: int | None = None, stop_after: int | None = None, comments: int = 0
) -> tuple[list[Frame], int]:
    """(events until the stream ends or `stop_after` came, comments heard)."""
    headers = {"Last-Event-ID": str(last)} if last is not None else {}
    frames: list[Frame] = []
    heard = 0
    number: int | None = None
    async with running.client.stream("GET", f"/api/v1/exams/{exam_id}/events", headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith(":"):
                heard += 1
            if line.startswith("id: "):
                number = int(line[4:])
            if line.startswith("data: "):
                frames.append({"id": number, **json.loads(line[6:])})
            if (stop_after and len(frames) >= stop_after) or (comments and heard >= comments):
                break
    return frames, heard


async def test_a_stream_tells_every_change_once_and_ends_after_the_final_one(running: Running) -> None:
    exam = await running.exam()
    listening = asyncio.create_task(listen(running, exam["exam_id"]))
    await asyncio.sleep(0.1)
    for status in (Status.OCR_PROCESSING, Status.OCR_PROCESSING, Status.OCR_COMPLETED, Status.OCR_PROCESSING):
        await running.say(exam, status)
    await running.report(exam)
    frames, _ = await asyncio.wait_for(listening, PATIENCE)
    assert [(f["id"], f["status"]) for f in frames] == [
        (1, "UPLOADED"), (2, "OCR_PROCESSING"), (3, "OCR_COMPLETED"), (4, "REPORT_GENERATED"), (5, "COMPLETED"),
    ]  # fmt: skip
    assert [f["final"] for f in frames] == [False] * 4 + [True]


async def test_resuming_after_any_event_leaves_no_gap_and_repeats_nothing(running: Running) -> None:
    exam = await running.exam()
    for done in range(1, 5):
        await running.say(exam, Status.OCR_PROCESSING, done=done, total=4)
    await running.report(exam)
    everything, _ = await listen(running, exam["exam_id"])
    assert [f["id"] for f in everything] == list(range(1, 8))
    for last in range(7):
        rest, _ = await listen(running, exam["exam_id"], last=last)
        assert rest == everything[last:]
    done = await running.get(f"/exams/{exam['exam_id']}/events", headers={"Last-Event-ID": "7"})
    assert done.status_code == 204


async def test_a_client_that_reconnects_in_the_middle_gets_each_event_once(running: Running) -> None:
    exam = await running.exam()

    async def progress() -> None:
        for done in range(1, 30):
            await running.say(exam, Status.OCR_PROCESSING, done=done, total=30)
        await running.report(exam)

    feeding = asyncio.create_task(progress())
    seen: list[int] = []
    while not seen or seen[-1] < 32:
        frames, _ = await listen(running, exam["exam_id"], last=seen[-1] if seen else None, stop_after=5)
        seen += [f["id"] for f in frames]
    await feeding
    assert seen == list(range(1, 33))


async def test_another_replica_serves_what_this_one_projected(database: str, tmp_path: Path) -> None:
    async with (
        gateway(database, tmp_path, bus=Bus(), sse_poll_seconds=3600, sse_heartbeat_seconds=3600) as one,
        gateway(database, tmp_path, bus=Bus(), sse_poll_seconds=3600, sse_heartbeat_seconds=3600) as two,
    ):
        exam = await one.exam()
        listening = asyncio.create_task(listen(two, exam["exam_id"]))
        await asyncio.sleep(0.2)
        await one.report(exam)
        frames, _ = await asyncio.wait_for(listening, PATIENCE)  # polling is off: only NOTIFY can have woken it
    assert frames[-1]["status"] == "COMPLETED"


async def test_a_silent_stream_is_kept_alive_by_comments(running: Running) -> None:
    exam = await running.exam()
    frames, heard = await asyncio.wait_for(listen(running, exam["exam_id"], comments=2), PATIENCE)
    assert len(frames) == 1
    assert heard == 2


@pytest.mark.parametrize("last", ["x", "-1", "99", "1.5"])
async def test_an_id_that_is_none_of_ours_is_a_400(running: Running, last: str) -> None:
    exam = await running.exam()
    response = await running.get(f"/exams/{exam['exam_id']}/events", headers={"Last-Event-ID": last})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_last_event_id")
