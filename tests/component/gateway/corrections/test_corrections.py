"""PATCH /exams/{id}/questions: what a teacher says makes the next revision, once, and nothing is lost meanwhile."""

import asyncio
import uuid
from typing import Any

import httpx
import pytest

from contracts.errors import ErrorCode
from contracts.status import Status
from contracts.topics import STAGE
from tests.component.gateway.corrections.marking import begun, mark, marked
from tests.component.gateway.harness import Running, until


async def patch(
    running: Running,
    exam: dict[str, Any],
    question: str,
    body: dict[str, Any],
    *,
    match: str | None = "*",
    **headers: str,
) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await running.client.patch(
        f"/api/v1/exams/{exam['exam_id']}/questions/{question}",
        json=body,
        headers=given | ({"If-Match": match} if match else {}),
    )


async def patches(running: Running, exam: dict[str, Any], *corrections: dict[str, Any]) -> httpx.Response:
    path = f"/api/v1/exams/{exam['exam_id']}/questions"
    return await running.client.patch(path, json={"corrections": corrections}, headers={"If-Match": "*"})


async def questions(running: Running, exam: dict[str, Any]) -> dict[str, dict[str, Any]]:
    result = (await running.get(f"/exams/{exam['exam_id']}/result")).json()
    return {question["number"]: question for question in result["questions"]}


async def test_a_correction_regrades_from_the_analyzer_on_as_the_next_revision(running: Running) -> None:
    exam = await marked(running)
    before = await running.get(f"/exams/{exam['exam_id']}/result")
    answer = await patch(
        running, exam, "1", {"student_answer": " b "}, match=before.headers["etag"], Redink_Actor="t-7"
    )
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert (body["revision"], body["status"]) == (2, "PARSED")
    assert body["corrections"][0]["said"] == {"student_answer": "B"}
    await until(lambda: len(running.bus.topics_of(exam["exam_id"])) == 2)
    assert running.bus.topics_of(exam["exam_id"])[1] == STAGE["parser"].sink
    shown = await running.get(f"/exams/{exam['exam_id']}/result")
    assert (shown.content, shown.headers["redink-revision"]) == (before.content, "1")
    now = await begun(running, exam["exam_id"])
    assert (now["revision"], now["result_revision"]) == (2, 1)
    await mark(running, now)
    shown = await running.get(f"/exams/{exam['exam_id']}/result")
    assert (shown.json()["revision"], shown.headers["redink-revision"]) == (2, "2")
    assert shown.headers["etag"] != before.headers["etag"]
    one = (await questions(running, exam))["1"]
    assert (one["student_answer"], one["verdict"], one["score"]) == ("B", "correct", 4.0)
    assert (one["corrected_by"], one["needs_review"], one["answer_confidence"]) == ("teacher", False, 1.0)


async def test_a_report_that_was_there_stays_when_the_new_revision_fails_and_a_retry_keeps_the_correction(
    running: Running,
) -> None:
    exam = await marked(running)
    await patch(running, exam, "1", {"verdict": "correct"})
    failed = await begun(running, exam["exam_id"])
    await running.say(failed, Status.ANALYZING, code=ErrorCode.INTERNAL)
    assert (await running.status(exam["exam_id"]))["status"] == "FAILED"
    assert (await running.get(f"/exams/{exam['exam_id']}/report.pdf")).content == b"%PDF-1.7 1"
    again = await running.client.post(f"/api/v1/exams/{exam['exam_id']}/retry", json={"from": "analyzer"})
    await mark(running, again.json())
    assert (await questions(running, exam))["1"]["verdict"] == "correct"


async def test_a_correction_that_broke_a_stage_is_withdrawn_by_another(running: Running) -> None:
    exam = await marked(running)
    await patch(running, exam, "1", {"verdict": "correct"})
    await running.say(await begun(running, exam["exam_id"]), Status.ANALYZING, code=ErrorCode.INTERNAL)
    answer = await patch(running, exam, "1", {"verdict": None, "score": None}, match='"1"')
    assert (answer.status_code, answer.json()["revision"]) == (202, 3)
    await mark(running, await begun(running, exam["exam_id"]))
    one = (await questions(running, exam))["1"]
    assert (one["verdict"], one["corrected_by"], one["needs_review"]) == ("wrong", None, True)


async def test_an_exam_that_never_came_to_a_result_can_not_be_corrected(running: Running) -> None:
    exam = await running.exam()
    await running.say(exam, Status.ANALYZING, code=ErrorCode.INTERNAL)
    refused = await patch(running, exam, "1", {"verdict": "wrong"})
    assert (refused.status_code, refused.json()["code"]) == (409, "exam_not_completed")
    assert "retry" in refused.json()["detail"]


async def test_a_stale_or_missing_etag_is_refused(running: Running) -> None:
    exam = await marked(running)
    etag = (await running.get(f"/exams/{exam['exam_id']}/result")).headers["etag"]
    missing = await patch(running, exam, "1", {"verdict": "correct"}, match=None)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    assert (await patch(running, exam, "1", {"verdict": "correct"}, match='"2"')).status_code == 412
    assert (await patch(running, exam, "1", {"verdict": "correct"}, match='"1"')).status_code == 202
    await mark(running, await begun(running, exam["exam_id"]))
    stale = await patch(running, exam, "1", {"verdict": "wrong"}, match=etag)
    assert (stale.status_code, stale.json()["code"], stale.json()["revision"]) == (412, "precondition_failed", 2)


async def test_of_many_teachers_at_once_one_corrects(running: Running) -> None:
    exam = await marked(running)
    etag = (await running.get(f"/exams/{exam['exam_id']}/result")).headers["etag"]
    scores = [0.5, 1.0, 1.5, 2.0, 2.5]
    answers = await asyncio.gather(
        *(patch(running, exam, "1", {"verdict": "partial", "score": score}, match=etag) for score in scores)
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 202
    assert set(codes[1:]) <= {409, 412}
    assert (await begun(running, exam["exam_id"]))["revision"] == 2


async def test_the_same_correction_under_its_key_is_the_same_revision(running: Running) -> None:
    exam = await marked(running)
    etag = (await running.get(f"/exams/{exam['exam_id']}/result")).headers["etag"]
    key = {"Idempotency_Key": "k-1"}
    first = await patch(running, exam, "1", {"verdict": "correct"}, match=etag, **key)
    await mark(running, await begun(running, exam["exam_id"]))
    again = await patch(running, exam, "1", {"verdict": "correct"}, match=etag, **key)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    other = await patch(running, exam, "1", {"verdict": "wrong"}, match=etag, **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert (await begun(running, exam["exam_id"]))["revision"] == 2


async def test_what_holds_already_makes_no_revision(running: Running) -> None:
    exam = await marked(running)
    await patch(running, exam, "1", {"verdict": "correct", "comment": "good"})
    await mark(running, await begun(running, exam["exam_id"]))
    same = await patch(running, exam, "1", {"comment": "good"})
    assert (same.status_code, same.json()["corrections"], same.json()["revision"]) == (200, [], 2)


async def test_several_corrections_make_one_revision_and_sub_questions_their_parent(running: Running) -> None:
    exam = await marked(running)
    answer = await patches(
        running, exam, {"question": "3(1)", "score": 5}, {"question": "二.3.(2)", "verdict": "partial", "score": 2},
        {"question": "1", "knowledge_points": [{"name": "减法"}]},
    )  # fmt: skip
    assert answer.status_code == 202, answer.text
    assert [entry["question"] for entry in answer.json()["corrections"]] == ["3(1)", "3(2)", "1"]
    await mark(running, await begun(running, exam["exam_id"]))
    found = await questions(running, exam)
    assert (found["3(1)"]["verdict"], found["3"]["verdict"], found["3"]["score"]) == ("correct", "partial", 7.0)
    assert not found["3"]["needs_review"]
    assert [point["name"] for point in found["1"]["knowledge_points"]] == ["减法"]
    result = (await running.get(f"/exams/{exam['exam_id']}/result")).json()
    assert (result["score"]["earned"], result["score"]["needs_review"]) == (13.0, 0)


@pytest.mark.parametrize(("question", "body", "pointer"), [
    ("1", {"score": 4.5}, "/score"), ("1", {"verdict": "correct", "score": 3}, "/score"),
    ("1", {"verdict": "partial"}, "/score"), ("1", {"verdict": "wrong", "score": 1}, "/score"),
    ("1", {"verdict": "ungraded", "score": 1}, "/score"), ("3", {"student_answer": "x"}, "/student_answer"),
    ("1", {"score": -1}, "/score"), ("1", {"score": "3"}, "/score"), ("1", {"verdict": "right"}, "/verdict"),
    ("1", {"points": 3}, "/points"), ("1", {}, ""), ("1", {"comment": "a\u0000"}, "/comment"),
])  # fmt: skip
async def test_what_contradicts_the_question_or_itself_is_refused_with_its_place(
    running: Running, question: str, body: dict[str, Any], pointer: str
) -> None:
    exam = await marked(running)
    refused = await patch(running, exam, question, body)
    assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed"), refused.text
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert (await begun(running, exam["exam_id"]))["revision"] == 1


async def test_a_refused_correction_of_several_refuses_all_of_them(running: Running) -> None:
    exam = await marked(running)
    refused = await patches(running, exam, {"question": "1", "verdict": "correct"}, {"question": "2", "score": 7})
    assert refused.json()["errors"][0]["pointer"] == "/corrections/1/score"
    missing = await patches(running, exam, {"question": "1", "verdict": "correct"}, {"question": "99", "score": 7})
    assert (missing.status_code, missing.json()["code"]) == (404, "question_not_found")
    assert (await begun(running, exam["exam_id"]))["revision"] == 1


async def test_other_bodies_and_exams_are_refused(running: Running) -> None:
    exam = await marked(running)
    url, match = f"/api/v1/exams/{exam['exam_id']}/questions/1", {"If-Match": "*"}
    text = await running.client.patch(url, content=b"{}", headers=match | {"Content-Type": "text/plain"})
    assert (text.status_code, text.json()["code"]) == (415, "unsupported_content_type")
    merge = {"Content-Type": "application/merge-patch+json"}
    assert (await running.client.patch(url, content=b"{", headers=match | merge)).status_code == 422
    assert (await running.client.patch(url, content=b" " * 200_000, headers=match | merge)).status_code == 413
    assert (await patch(running, {"exam_id": str(uuid.uuid4())}, "1", {"score": 0})).status_code == 404
    young = await running.exam()
    early = await patch(running, young, "1", {"score": 0})
    assert (early.status_code, early.json()["code"], early.headers["retry-after"]) == (409, "exam_not_completed", "2")
    good = await running.client.patch(url, content=b'{"score": 0}', headers=match | merge)
    assert good.status_code == 202


async def test_the_history_tells_who_said_what_when_and_what_was_there_before(running: Running) -> None:
    exam = await marked(running)
    base = f"/exams/{exam['exam_id']}"
    first = await running.get(f"{base}/result")
    await patch(running, exam, "1", {"student_answer": "B"}, Redink_Actor="t-7")
    pending = (await running.get(f"{base}/corrections")).json()["items"]
    assert [item["state"] for item in pending] == ["pending"]
    await mark(running, await begun(running, exam["exam_id"]))
    await patch(running, exam, "1", {"student_answer": None, "verdict": "correct"})
    await mark(running, await begun(running, exam["exam_id"]))
    page = (await running.get(f"{base}/corrections?limit=1")).json()
    [last] = page["items"]
    assert (last["withdrawn"], last["said"]) == (["student_answer"], {"verdict": "correct", "score": 4.0})
    assert (last["before"]["student_answer"], last["before"]["verdict"]) == ("B", "correct")
    [oldest] = (await running.get(f"{base}/corrections", params={"cursor": page["next_cursor"]})).json()["items"]
    assert (oldest["by"], oldest["actor"], oldest["revision"], oldest["state"]) == ("dev", "t-7", 2, "applied")
    assert (oldest["before"]["student_answer"], oldest["said"]) == ("D", {"student_answer": "B"})
    runs = (await running.get(f"{base}/revisions")).json()["items"]
    assert [(run["revision"], run["reason"], run["status"], run["shown"]) for run in runs] == [
        (3, "correction", "COMPLETED", True), (2, "correction", "COMPLETED", False), (1, "upload", "COMPLETED", False),
    ]  # fmt: skip
    assert (await running.client.get(runs[2]["result"])).content == first.content
    old = await running.get(f"{base}/revisions/1/report.pdf")
    assert (old.content, old.headers["redink-revision"]) == (b"%PDF-1.7 1", "1")
    assert (await running.get(f"{base}/revisions/4/result")).json()["code"] == "revision_not_found"
    assert (await running.get(f"{base}/corrections?cursor=x")).json()["code"] == "invalid_cursor"
    assert (await questions(running, exam))["1"]["student_answer"] == "D"


async def test_a_wait_is_answered_when_the_new_revision_has_ended(running: Running) -> None:
    exam = await marked(running)

    async def stages() -> None:
        async def on_its_way() -> bool:
            return (await begun(running, exam["exam_id"]))["revision"] == 2

        await until(on_its_way)
        await mark(running, await begun(running, exam["exam_id"]))

    answer, _ = await asyncio.gather(patch(running, exam, "1", {"score": 4}, Prefer="wait=60"), stages())
    assert (answer.status_code, answer.json()["status"]) == (200, "COMPLETED")
    assert answer.headers["preference-applied"] == "wait=60"


async def test_pages_that_are_not_read_again_are_not_counted_again(running: Running) -> None:
    exam = await marked(running)
    await metered(running, 1)
    assert await pages(running) == 1
    await patch(running, exam, "1", {"score": 4})
    await mark(running, await begun(running, exam["exam_id"]))
    await metered(running, 2)
    assert await pages(running) == 1


async def metered(running: Running, revision: int) -> None:
    async def counted() -> bool:
        return bool(await running.sql("SELECT 1 FROM exams WHERE metered = $1", revision))

    await until(counted)


async def pages(running: Running) -> int:
    return int((await running.sql("SELECT pages FROM usage_months"))[0]["pages"])
