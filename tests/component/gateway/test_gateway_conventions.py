"""What every call keeps to: negotiation, methods, tags, waiting, the waterfall."""

import asyncio
import gzip

import pytest

from contracts.status import Status
from tests.component.gateway.harness import Running, until


async def test_json_answers_have_a_strong_tag_and_are_not_sent_twice(running: Running) -> None:
    exam = await running.exam()
    await running.report(exam)
    for path in ("/exams", f"/exams/{exam['exam_id']}", f"/exams/{exam['exam_id']}/status", "/webhooks"):
        first = await running.get(path)
        assert first.status_code == 200
        again = await running.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"]), path
        assert "content-length" not in again.headers
        head = await running.client.head(f"/api/v1{path}")
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])
    before = (await running.get("/exams")).headers["etag"]
    await running.exam()
    assert (await running.get("/exams", headers={"If-None-Match": before})).status_code == 200


async def test_what_cannot_be_answered_or_read_is_refused_before_anything_is_done(running: Running) -> None:
    exam = await running.exam()
    base = f"/exams/{exam['exam_id']}"
    picky = await running.get(base, headers={"Accept": "text/html"})
    assert (picky.status_code, picky.json()["code"], picky.json()["available"]) == (
        406, "not_acceptable", ["application/json"],
    )  # fmt: skip
    post = running.client.post
    cancelled = await post(f"/api/v1{base}/cancel", headers={"Accept": "application/pdf"})
    assert cancelled.status_code == 406
    assert (await running.status(exam["exam_id"]))["status"] == "UPLOADED"
    await running.report(exam)
    form = await post(f"/api/v1{base}/retry", data={"from": "ocr"})
    assert (form.status_code, form.json()["code"]) == (415, "unsupported_content_type")
    assert "application/json" in form.json()["detail"]
    assert (await running.get(base)).json()["revision"] == 1
    assert (await post(f"/api/v1{base}/retry")).status_code == 202  # no body, no content type


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/webhooks", "application/json"), ("/templates", "application/json"), ("/items", "text/csv"),
        ("/templates/import?name=a&subject=math&grade=7", "text/csv"), ("/subjects/math/proposals", "text/plain"),
        ("/imports", "application/x-ndjson"), ("/essays", "application/json"), ("/practice", "application/json"),
    ],
)  # fmt: skip
async def test_a_compressed_body_is_refused_as_such_and_not_as_broken(running: Running, path: str, kind: str) -> None:
    headers = {"Content-Type": kind, "Content-Encoding": "gzip"}
    refused = await running.client.post(f"/api/v1{path}", content=gzip.compress(b"{}"), headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (415, "unsupported_content_type")
    assert "Content-Encoding" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/exams", {"GET", "HEAD", "POST"}),
        ("TRACE", "/webhooks", {"GET", "HEAD", "POST"}),
        ("GET", "/exams/x/cancel", {"POST"}),
        ("HEAD", "/exams/x/cancel", {"POST"}),
    ],
)
async def test_a_method_that_is_not_there_is_a_405_that_names_those_that_are(
    running: Running, method: str, path: str, allow: set[str]
) -> None:
    answer = await running.client.request(method, f"/api/v1{path}")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allow


async def test_a_wait_ends_with_the_exam_and_says_how_long_it_would_have_waited(running: Running) -> None:
    exam = await running.exam()
    base = f"/exams/{exam['exam_id']}"
    waiting = [
        asyncio.create_task(running.get(path, headers={"Prefer": "wait=60"}))
        for path in (base, f"{base}/status", f"{base}/result")
    ]
    await asyncio.sleep(0.3)
    assert not any(task.done() for task in waiting)
    await running.report(exam)
    one, status, result = await asyncio.gather(*waiting)
    assert (one.json()["status"], status.json()["status"]) == ("COMPLETED", "COMPLETED")
    assert (result.status_code, result.json()["exam_id"]) == (200, exam["exam_id"])
    assert {answer.headers["preference-applied"] for answer in (one, status, result)} == {"wait=60"}
    other = await running.exam()
    early = await running.get(f"/exams/{other['exam_id']}/result", headers={"Prefer": "wait=1"})
    assert (early.status_code, early.json()["code"]) == (409, "exam_not_completed")


async def test_the_waterfall_adds_up_to_the_time_of_the_exam(running: Running) -> None:
    exam = await running.exam()
    await running.say(exam, Status.OCR_PROCESSING)
    await running.say(exam, Status.OCR_COMPLETED, work_seconds=0.01, external_seconds=0.004)
    path = f"/exams/{exam['exam_id']}/timeline"
    flying = (await running.get(path)).json()
    assert (flying["ended_at"], flying["within_budget"]) == (None, None)
    await running.report(exam)
    await until(lambda: running.bus.published)
    shown = (await running.get(path)).json()
    assert sum(span["seconds"] for span in shown["spans"]) == pytest.approx(shown["total_seconds"], abs=0.005)
    assert {span["stage"] for span in shown["spans"]} <= {"ocr", "gateway"}
    status = (await running.get(f"/exams/{exam['exam_id']}/status")).json()
    assert [stage["external_seconds"] for stage in status["stages"] if stage["stage"] == "ocr"] == [0.004]
    assert shown["within_budget"] is True
