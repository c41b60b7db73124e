"""The Python client against a real gateway, over a line that fails: a paper is accepted once, and no event is missed."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import pytest

from contracts.errors import ErrorCode
from contracts.status import Status
from redink import AsyncRedink, Ended, Paper, ProblemError, Redink, Unreachable
from tests.component.client.conftest import Line
from tests.component.gateway.harness import DEV_KEY, JPEG, PDF, Running

T = TypeVar("T")
PAPER = Paper(
    [("a.jpg", JPEG), ("b.JPG", JPEG)], "math", 7, {"questions": [{"number": "1", "answer": "B"}]}, title="卷"
)


class Either:
    """One client or the other, awaited: both have to behave alike."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def call(self, method: str, *args: Any, **more: Any) -> Any:
        function = getattr(self._client, method)
        if inspect.iscoroutinefunction(function):
            return await function(*args, **more)
        if inspect.isasyncgenfunction(function):
            return [item async for item in function(*args, **more)]
        if inspect.isgeneratorfunction(function):
            return await asyncio.to_thread(lambda: list(function(*args, **more)))
        return await asyncio.to_thread(function, *args, **more)


@pytest.fixture(params=[AsyncRedink, Redink])
async def client(request: pytest.FixtureRequest, line: Line) -> AsyncIterator[Either]:
    client = request.param(line.url, DEV_KEY)
    either = Either(client)
    yield either
    await either.call("close")


async def test_an_upload_whose_answers_are_lost_is_accepted_once(client: Either, line: Line, running: Running) -> None:
    line.orders.extend(["drop", "lose", "busy", "lose"])
    exam = await client.call("submit", PAPER)
    assert exam.status == "UPLOADED"
    assert len(line.carried) >= 5
    assert [str(row["exam_id"]) for row in await running.sql("SELECT exam_id FROM exams")] == [exam.id]


async def test_names_of_files_stay_with_the_client(client: Either, running: Running) -> None:
    assert [name for _, (name, _) in PAPER.parts()] == ["page-1.jpg", "page-2.jpg"]
    exam = await client.call("submit", PAPER)
    assert exam.raw["files"] == 2
    assert exam.raw["title"] == "卷"


async def test_no_answer_at_all_is_said_after_the_last_attempt(line: Line) -> None:
    line.orders.extend(["drop"] * 2)
    async with AsyncRedink(line.url, DEV_KEY, attempts=2) as client:
        with pytest.raises(Unreachable):
            await client.submit(PAPER)
    assert line.carried == ["drop", "drop"]


async def test_a_retry_whose_answers_are_lost_runs_the_exam_again_once(
    client: Either, line: Line, running: Running
) -> None:
    exam = await client.call("submit", PAPER)
    await running.report(exam.raw)
    await client.call("close")
    line.orders.extend(["lose", "busy", "lose"])
    async with AsyncRedink(line.url, DEV_KEY) as other:
        again = await other.retry(exam.id)
    assert (again.id, again.raw["revision"]) == (exam.id, 2)
    assert line.carried.count("lose") == 2, "it was sent three times"
    assert [row["revision"] for row in await running.sql("SELECT revision FROM exams")] == [2]


async def test_a_refusal_says_its_code_and_what_is_wrong(client: Either) -> None:
    with pytest.raises(ProblemError) as refused:
        await client.call("submit", Paper([("a.jpg", JPEG)], "alchemy", 70))
    assert refused.value.code == "validation_failed"
    assert {error["pointer"] for error in refused.value.errors} == {"/subject", "/grade"}
    with pytest.raises(ProblemError, match="exam_not_found"):
        await client.call("exam", "0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d")


async def test_events_go_on_where_the_line_was_cut(line: Line, running: Running) -> None:
    said = (Status.OCR_PROCESSING, Status.OCR_COMPLETED, Status.PARSING, Status.PARSED)
    async with AsyncRedink(line.url, DEV_KEY) as client:
        exam = await client.submit(PAPER)
    line.orders.extend(["cut 700", "cut 900", "busy", "drop"])
    async with AsyncRedink(line.url, DEV_KEY) as client:
        following = asyncio.create_task(_all(client.events(exam.id)))
        for status in said:
            await running.say(dict(exam.raw), status)
            await asyncio.sleep(0.2)
        await running.say(dict(exam.raw), Status.FAILED, stage="analyzer", code=ErrorCode.INTERNAL)
        seen = await asyncio.wait_for(following, 90)
    assert [change.status for change in seen] == ["UPLOADED", *(status.value for status in said), "FAILED"]
    assert line.carried.count("cut 700") == 1


async def test_waiting_ends_with_the_exam(client: Either, running: Running) -> None:
    good, bad = await client.call("submit", PAPER), await client.call("submit", PAPER)
    await running.report(dict(good.raw))
    await running.say(dict(bad.raw), Status.FAILED, stage="ocr", code=ErrorCode.INTERNAL)
    shown: list[str] = []
    done = await client.call("wait", good.id, seen=lambda exam: shown.append(exam.status))
    assert done.completed
    assert shown[0] == "UPLOADED"
    assert shown[-1] == "COMPLETED"
    assert await client.call("report", good.id, "pdf") == PDF
    assert (await client.call("result", good.id))["exam_id"] == good.id
    with pytest.raises(Ended) as ended:
        await client.call("wait", bad.id)
    assert ended.value.exam.error_code == "internal"


async def test_a_list_is_read_to_its_end(client: Either) -> None:
    ids = [(await client.call("submit", PAPER)).id for _ in range(5)]
    assert [exam.id for exam in await client.call("exams", limit="2")] == ids[::-1]


async def test_cancelling_ends_an_exam(client: Either, running: Running) -> None:
    exam = await client.call("submit", PAPER)
    assert (await client.call("cancel", exam.id)).id == exam.id
    with pytest.raises(Ended, match="CANCELLED"):
        await client.call("wait", exam.id)


async def _all(changes: AsyncIterator[T]) -> list[T]:
    return [change async for change in changes]


async def test_an_id_leads_to_no_other_resource(client: Either, running: Running) -> None:
    exam = await client.call("submit", PAPER)
    for given in (f"../exams/{exam.id}", f"x/../{exam.id}", f"{exam.id}?", f"{exam.id}/status#", "..", "", "\x00"):
        for method in ("exam", "cancel"):
            with pytest.raises(ProblemError) as refused:
                await client.call(method, given)
            assert refused.value.status == 404, given
    with pytest.raises(ProblemError) as refused:
        await client.call("cancel_batch", f"../exams/{exam.id}")
    assert refused.value.status == 404
    assert (await client.call("exam", exam.id)).status == "UPLOADED"


async def test_the_address_may_name_the_api_and_one_that_redirects_is_told(line: Line, running: Running) -> None:
    async with AsyncRedink(f" http://127.0.0.1:{running.port}/api/v1/ ", DEV_KEY) as client:
        exam = await client.submit(PAPER)
    line.orders.extend(["moved"])
    async with AsyncRedink(line.url, DEV_KEY) as client:
        with pytest.raises(ProblemError, match=r"https://redink\.example/") as refused:
            await client.exam(exam.id)
    assert refused.value.code == "redirected"
