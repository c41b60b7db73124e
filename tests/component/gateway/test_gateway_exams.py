"""An exam's life over HTTP."""

import asyncio
import json

import asyncpg
import httpx
import pytest

from contracts.artefacts import Submission
from contracts.errors import ADVICE, ErrorCode
from contracts.events import ExamControl, derived_id
from contracts.status import STEPS, Status
from contracts.topics import CONTROL, UPLOADED, dead_topic
from runtime.envelope import Record
from services.gateway import auth
from tests.component.gateway.harness import JPEG, PDF, Running, status_event, until

IN_ORDER = [status for status in Status if not status.terminal]


async def test_an_upload_is_answered_202_and_published_with_its_derived_id_and_trace(running: Running) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    response = await running.upload(headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    exam = response.json()
    assert response.status_code == 202
    assert response.headers["location"] == f"/api/v1/exams/{exam['exam_id']}"
    assert response.headers["operation-location"] == f"/api/v1/exams/{exam['exam_id']}/status"
    assert int(response.headers["retry-after"]) >= 1
    assert (exam["status"], exam["progress"], exam["current_step"]) == ("UPLOADED", 0, "已上传，等待处理")
    assert exam["estimated_remaining_time"] == 45
    await until(lambda: running.bus.published)
    topic, event, event_id, context = running.bus.published[0]
    assert topic == UPLOADED["interactive"]
    assert event_id == derived_id(event.exam_id, "upload", 1)
    assert context.trace_id == trace


async def test_the_stored_submission_has_the_fields_and_the_files_in_order_with_their_bytes(running: Running) -> None:
    key = {"questions": [{"number": "1", "answer": ["A", "B"], "max_score": 3}]}
    files = [("files", ("same.jpg", JPEG, "text/plain")), ("files", ("same.jpg", PDF, "image/jpeg"))]
    form = {
        "subject": "数学",
        "grade": "7",
        "title": "期中",
        "answer_key": json.dumps(key),
        "priority": "batch",
        "locale": "en",
    }
    response = await running.client.post("/api/v1/exams", data=form, files=files)
    assert response.status_code == 202, response.text
    await until(lambda: running.bus.published)
    topic, event, *_ = running.bus.published[0]
    assert topic == UPLOADED["batch"]
    submission = Submission.model_validate_json(await running.blobs.get(event.artefact))  # type: ignore[attr-defined]
    assert (submission.subject, submission.grade, submission.title, submission.locale) == ("math", 7, "期中", "en")
    assert submission.answer_key is not None
    assert submission.answer_key.questions[0].answer == ("A", "B")
    assert [file.media_type for file in submission.files] == ["image/jpeg", "application/pdf"]
    assert [await running.blobs.get(file.blob) for file in submission.files] == [JPEG, PDF]


async def test_every_status_shows_its_progress_and_step_and_ends_with_result_and_reports(running: Running) -> None:
    exam = await running.exam()
    for status in IN_ORDER[1:]:
        await running.say(exam, status, queue_seconds=0.5, work_seconds=1.5)
        seen = await running.status(exam["exam_id"])
        assert (seen["status"], seen["progress"]) == (status.value, STEPS[status].progress)
        assert seen["current_step"] == STEPS[status].label
        assert seen["completed_at"] is None
    await running.report(exam)
    seen = await running.status(exam["exam_id"])
    assert (seen["status"], seen["progress"], seen["estimated_remaining_time"]) == ("COMPLETED", 100, 0)
    assert seen["completed_at"] >= seen["created_at"]
    assert [stage["stage"] for stage in seen["stages"]] == ["ocr", "parser", "analyzer", "diagnostic", "report"]
    assert seen["stages"][0]["work_seconds"] == 1.5
    path = f"/exams/{exam['exam_id']}"
    result = await running.get(f"{path}/result")
    assert (result.status_code, result.json()["exam_id"]) == (200, exam["exam_id"])
    again = await running.get(f"{path}/result", headers={"If-None-Match": result.headers["etag"]})
    assert again.status_code == 304
    page = await running.get(f"{path}/report.html")
    assert "script-src" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["x-content-type-options"] == "nosniff"
    pdf = await running.get(f"{path}/report.pdf", headers={"Range": "bytes=0-3"})
    assert (pdf.status_code, pdf.content, pdf.headers["content-range"]) == (206, b"%PDF", f"bytes 0-3/{len(PDF)}")
    beyond = await running.get(f"{path}/report.pdf", headers={"Range": "bytes=999999-"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range_not_satisfiable")
    assert (await running.get(f"{path}/pages/1.jpg")).content == JPEG
    assert (await running.get(f"{path}/pages/2.jpg")).json()["code"] == "page_not_found"


@pytest.mark.parametrize("part", ["result", "report.html", "report.pdf", "pages/1.jpg"])
async def test_results_before_completion_are_a_409_that_says_where_the_exam_is(running: Running, part: str) -> None:
    exam = await running.exam()
    response = await running.get(f"/exams/{exam['exam_id']}/{part}")
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.json()["code"], response.json()["exam_status"]) == ("exam_not_completed", "UPLOADED")
    assert len(response.json()["trace_id"]) == 32


async def test_a_failed_exam_keeps_its_progress_and_says_what_to_do(running: Running) -> None:
    exam = await running.exam()
    await running.say(exam, Status.PARSING)
    await running.say(exam, Status.FAILED, stage="parser", code=ErrorCode.NO_QUESTION_FOUND)
    await running.say(exam, Status.PARSED)
    seen = await running.status(exam["exam_id"])
    assert (seen["status"], seen["progress"], seen["current_step"]) == ("FAILED", 30, "处理失败")
    assert (seen["error_code"], seen["error_message"]) == ("no_question_found", ADVICE[ErrorCode.NO_QUESTION_FOUND])
    result = await running.get(f"/exams/{exam['exam_id']}/result")
    assert (result.status_code, result.json()["error_code"]) == (409, "no_question_found")


async def test_a_dead_letter_ends_its_exam_as_failed(running: Running) -> None:
    exam = await running.exam()
    await until(lambda: running.bus.published)
    event = running.bus.published[0][1]
    assert running.bus.handler is not None
    headers = (("x-dead-reason", b"crash_looping"),)
    await running.bus.handler(Record(dead_topic("ocr"), 0, 0, None, event.model_dump_json().encode(), headers))
    seen = await running.status(exam["exam_id"])
    assert (seen["status"], seen["error_code"], seen["progress"]) == ("FAILED", "worker_crashed", 10)


async def test_cancelling_stops_the_exam_tells_the_stages_and_may_be_repeated(running: Running) -> None:
    exam = await running.exam()
    await running.say(exam, Status.OCR_PROCESSING)
    path = f"/api/v1/exams/{exam['exam_id']}/cancel"
    first, second = await running.client.post(path), await running.client.post(path)
    assert [first.status_code, second.status_code] == [200, 200]
    assert first.json()["status"] == second.json()["status"] == "CANCELLED"
    assert first.json()["progress"] == 10
    await until(lambda: CONTROL in running.bus.topics_of(exam["exam_id"]))
    (word,) = [event for topic, event, *_ in running.bus.published if topic == CONTROL]
    assert isinstance(word, ExamControl)
    await running.report(exam)
    assert (await running.status(exam["exam_id"]))["status"] == "CANCELLED"


async def test_cancelling_an_exam_that_ended_is_a_409(running: Running) -> None:
    exam = await running.exam()
    await running.report(exam)
    response = await running.client.post(f"/api/v1/exams/{exam['exam_id']}/cancel")
    assert (response.status_code, response.json()["code"]) == (409, "exam_ended")
    assert response.json()["exam_status"] == "COMPLETED"


async def test_of_cancel_and_completion_at_once_exactly_one_wins(running: Running) -> None:
    for _ in range(8):
        exam = await running.exam()
        cancelling = running.client.post(f"/api/v1/exams/{exam['exam_id']}/cancel")
        answer, _nothing = await asyncio.gather(cancelling, running.report(exam))
        status = (await running.status(exam["exam_id"]))["status"]
        assert (answer.status_code, status) in {(200, "CANCELLED"), (409, "COMPLETED")}
        ends = await running.sql(
            "SELECT status FROM exam_events WHERE exam_id = $1 AND status IN ('CANCELLED', 'COMPLETED')",
            exam["exam_id"],
        )
        assert [row["status"] for row in ends] == [status]


async def test_a_list_pages_through_all_exams_once_newest_first(running: Running) -> None:
    made = [(await running.exam(student_id=f"s-{n % 2}"))["exam_id"] for n in range(7)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        response = await running.get("/exams", params=params)
        seen += [item["exam_id"] for item in response.json()["items"]]
        cursor = response.json()["next_cursor"]
        assert ("link" in response.headers) == (cursor is not None)
        if cursor is None:
            break
    assert seen == made[::-1]
    mine = (await running.get("/exams", params={"student_id": "s-1", "status": ["UPLOADED", "PARSED"]})).json()
    assert [item["exam_id"] for item in mine["items"]] == [made[5], made[3], made[1]]
    assert (await running.get("/exams", params={"status": "PARSED"})).json()["items"] == []


async def test_another_tenant_sees_and_changes_nothing(running: Running) -> None:
    exam = await running.exam()
    await running.report(exam)
    async with asyncpg.create_pool(running.dsn, min_size=1, max_size=1) as pool:
        other = await auth.create_key(pool, "other-school")
    headers = {"Authorization": f"Bearer {other}"}
    path = f"/api/v1/exams/{exam['exam_id']}"
    for part in ("", "/status", "/result", "/report.html", "/report.pdf", "/pages/1.jpg", "/events"):
        response = await running.client.get(path + part, headers=headers)
        assert (response.status_code, response.json()["code"]) == (404, "exam_not_found"), part
    assert (await running.client.post(path + "/cancel", headers=headers)).status_code == 404
    assert (await running.client.get("/api/v1/exams", headers=headers)).json()["items"] == []


async def test_an_event_that_names_another_tenant_does_not_move_the_exam(running: Running) -> None:
    exam = await running.exam()
    await running.deliver("redink.exam.status.v1", status_event(exam, Status.PARSED, tenant="other-school"))
    assert (await running.status(exam["exam_id"]))["status"] == "UPLOADED"


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer rk_dev_" + "e" * 43, "Basic ZGV2OmRldg==", "Bearer rk_nobody_" + "d" * 43]
)
async def test_without_a_valid_key_the_answer_is_the_same_401(running: Running, header: str | None) -> None:
    async with httpx.AsyncClient(base_url=str(running.client.base_url), trust_env=False) as stranger:
        response = await stranger.get("/api/v1/exams", headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.json()["code"] == "unauthorized"


async def test_prefer_wait_answers_with_the_result_once_the_exam_has_ended(running: Running) -> None:
    waiting = asyncio.create_task(running.upload(headers={"Prefer": "respond-async, wait=60"}))
    await until(lambda: running.bus.published)
    event = running.bus.published[0][1]
    exam = {"exam_id": str(event.exam_id), "created_at": event.uploaded_at, "deadline": event.deadline}
    await running.report(exam)
    response = await waiting
    assert (response.status_code, response.json()["status"]) == (200, "COMPLETED")
    assert response.json()["result"]["exam_id"] == exam["exam_id"]
    assert response.headers["preference-applied"] == "wait=60"


async def test_prefer_wait_gives_up_in_time_with_a_202(running: Running) -> None:
    response = await running.upload(headers={"Prefer": "wait=1"})
    assert (response.status_code, response.json()["status"], response.json()["result"]) == (202, "UPLOADED", None)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("DELETE", "/api/v1/exams", 405, "method_not_allowed"),
        ("GET", "/api/v1/exams/not-a-uuid", 404, "exam_not_found"),
        ("GET", "/api/v1/exams?limit=0", 422, "validation_failed"),
        ("GET", "/api/v1/exams?cursor=%21%21", 400, "invalid_cursor"),
        ("GET", "/api/v1/exams?student_id=%00", 422, "validation_failed"),
        ("GET", "/api/v1/exams?created_after=9999-12-31T23:59:59-23:59", 422, "validation_failed"),
    ],
)
async def test_every_refusal_is_a_problem_document(
    running: Running, method: str, path: str, status: int, code: str
) -> None:
    response = await running.client.request(method, path)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response.json()["detail"]
    assert len(response.json()["trace_id"]) == 32


async def test_readiness_and_metrics_are_served_beside_the_api(running: Running) -> None:
    await running.exam()
    assert (await running.client.get("/healthz")).status_code == 200
    assert (await running.client.get("/readyz")).status_code == 200
    assert 'redink_accepted_total{class="interactive"}' in (await running.client.get("/metrics")).text


async def test_a_list_is_asked_for_in_the_words_of_an_upload_and_a_time_with_its_offset(running: Running) -> None:
    exam = await running.exam(subject="物理")
    for subject in ("物理", "physics", " Physics "):
        found = (await running.get("/exams", params={"subject": subject})).json()["items"]
        assert [each["exam_id"] for each in found] == [exam["exam_id"]], subject
    for written, there in (
        ("2020-01-01T00:00:00+08:00", 1),
        ("2020-01-01T00:00:00%2B0800", 1),
        ("2099-01-01T00:00:00.5+08:00", 0),
    ):
        answer = await running.client.get(f"/api/v1/exams?created_after={written}")
        assert (answer.status_code, len(answer.json().get("items", ()))) == (200, there), answer.text


async def test_what_is_wrong_with_a_parameter_is_said_in_words_that_tell_what_to_do(running: Running) -> None:
    for query, told in (
        ("limit=0", "must be greater than or equal to 1"),
        ("limit=x", "must be a whole number"),
        ("created_after=now", "must be a time such as 2026-11-22T03:14:15Z"),
    ):
        (error,) = (await running.get(f"/exams?{query}")).json()["errors"]
        assert error["detail"] == told
