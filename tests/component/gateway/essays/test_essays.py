"""POST /essays: an exam that begins at the analyzer, and is one in everything else."""

import asyncio
from pathlib import Path
from typing import Any

from contracts.artefacts import Paper, Reading, Submission
from contracts.events import ExamParsed, derived_id
from contracts.status import Status
from contracts.topics import STAGE, artefact_path
from tests.component.gateway.harness import Running, gateway, until

URL = "/api/v1/essays"
ESSAY: dict[str, Any] = {
    "content": "我的家乡在山东。\r\n那里有大海。",
    "subject": "chinese",
    "grade": 8,
    "title": "我的家乡",
    "prompt": "以“我的家乡”为题写一篇作文。",
    "requirements": "不少于600字",
    "max_score": 50,
    "student_id": "s-7",
    "class_id": "8-1",
}
PARSED = STAGE["parser"].sink


async def stored(running: Running, exam: dict[str, Any], revision: int = 1) -> tuple[Submission, Reading, Paper]:
    read = [
        await running.blobs.read(artefact_path("dev", exam["exam_id"], revision, name))
        for name in ("upload", "ocr", "parser")
    ]
    return (
        Submission.model_validate_json(read[0]),
        Reading.model_validate_json(read[1]),
        Paper.model_validate_json(read[2]),
    )


def exams_stored(folder: Path) -> set[str]:
    return {path.parent.parent.name for path in folder.rglob("parser.json")}


async def accepted(running: Running, **more: Any) -> dict[str, Any]:
    answer = await running.client.post(URL, json=ESSAY | more)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def test_an_essay_is_accepted_stored_whole_and_handed_to_the_analyzer(running: Running) -> None:
    answer = await running.client.post(URL, json=ESSAY)
    exam = answer.json()
    assert answer.headers["Location"] == f"/api/v1/exams/{exam['exam_id']}"
    assert (exam["status"], exam["progress"], exam["files"], exam["title"]) == ("PARSED", 40, 0, "我的家乡")
    submission, reading, paper = await stored(running, exam)
    assert submission.essay is not None
    assert submission.essay.content == "我的家乡在山东。\n那里有大海。"
    assert (submission.files, submission.student_id, reading.pages, paper.kind) == ((), "s-7", (), "essay")
    (question,) = paper.questions
    assert (question.type, question.max_score, question.text) == (
        "essay", 50.0, "以“我的家乡”为题写一篇作文。\n不少于600字",
    )  # fmt: skip
    assert [point.name for point in question.knowledge_points] == ["作文"]
    await until(lambda: running.bus.topics_of(exam["exam_id"]) == [PARSED])
    ((_, event, event_id, _),) = running.bus.published
    assert isinstance(event, ExamParsed)
    assert event_id == derived_id(event.exam_id, "parser", 1)
    assert event.artefact.path == artefact_path("dev", exam["exam_id"], 1, "parser")


async def test_an_essay_goes_the_way_of_every_exam_to_its_end(running: Running) -> None:
    exam = await accepted(running)
    for status in (Status.ANALYZING, Status.ANALYZED, Status.DIAGNOSED, Status.REPORT_GENERATED):
        await running.say(exam, status)
    await running.report(exam)
    assert (await running.status(exam["exam_id"]))["status"] == "COMPLETED"
    assert (await running.get(f"/exams/{exam['exam_id']}/result")).status_code == 200
    assert (await running.get(f"/exams/{exam['exam_id']}/timeline")).status_code == 200
    rows = await running.sql("SELECT number, status FROM exam_events ORDER BY number")
    assert [(row["number"], row["status"]) for row in rows][:3] == [(1, "UPLOADED"), (2, "PARSED"), (3, "ANALYZING")]
    listed = (await running.get("/exams", params={"student_id": "s-7"})).json()["items"]
    assert [item["exam_id"] for item in listed] == [exam["exam_id"]]


async def test_the_same_key_makes_one_essay_and_another_essay_under_it_is_refused(running: Running) -> None:
    headers = {"Idempotency-Key": "e-1"}
    first, again = [await running.client.post(URL, json=ESSAY, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code, again.headers["Idempotent-Replayed"]) == (202, 202, "true")
    assert first.json() == again.json()
    other = await running.client.post(URL, json=ESSAY | {"content": "别的。"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert len(await running.sql("SELECT 1 FROM exams")) == 1


async def test_a_client_that_waits_gets_the_result_with_the_answer(running: Running) -> None:
    asked = asyncio.create_task(running.client.post(URL, json=ESSAY, headers={"Prefer": "wait=60"}))
    await until(lambda: bool(running.bus.published))
    event = running.bus.published[0][1]
    await running.report(event.model_dump(mode="json") | {"created_at": event.uploaded_at.isoformat()})
    answer = await asked
    assert (answer.status_code, answer.json()["status"]) == (200, "COMPLETED"), answer.text
    assert answer.json()["result"]["schema"] == "redink.result.v1"


async def test_a_retry_begins_at_the_analyzer_and_never_before(running: Running) -> None:
    exam = await accepted(running)
    await running.report(exam)
    url = f"/api/v1/exams/{exam['exam_id']}/retry"
    refused = await running.client.post(url, json={"from": "ocr"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/from")
    begun = await running.client.post(url)
    assert (begun.status_code, begun.json()["status"], begun.json()["revision"]) == (202, "PARSED", 2)
    await until(lambda: running.bus.topics_of(exam["exam_id"]) == [PARSED] * 2)
    assert (await stored(running, exam, 2))[0] == (await stored(running, exam))[0]


async def test_an_essay_can_be_cancelled(running: Running) -> None:
    exam = await accepted(running)
    answer = await running.client.post(f"/api/v1/exams/{exam['exam_id']}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "CANCELLED")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"content": " \n "}, "/content"),
    ({"content": "好" * 8001}, "/content"),
    ({"content": "a\x00b"}, "/content"),
    ({"subject": "math"}, "/subject"),
    ({"grade": 13}, "/grade"),
    ({"grade": "8"}, "/grade"),
    ({"max_score": 0}, "/max_score"),
    ({"min_length": 9, "max_length": 3}, ""),
    ({"rubric": [{"criterion": "切题", "points": 3}]}, ""),
    ({"locale": "!"}, "/locale"),
    ({"title": "a\nb"}, "/title"),
    ({"essay": "x"}, "/essay"),
]


async def test_what_is_wrong_with_an_essay_is_named_and_nothing_is_kept(running: Running) -> None:
    for change, pointer in WRONG:
        answer = await running.client.post(URL, json=ESSAY | change)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer], change
    assert await running.sql("SELECT 1 FROM exams") == []


async def test_a_schools_own_rubric_travels_with_the_essay(running: Running) -> None:
    rubric = [{"criterion": "切题", "points": 30}, {"criterion": "通顺", "points": 20}]
    submission, _, _ = await stored(running, await accepted(running, rubric=rubric))
    assert submission.answer_key is not None
    assert [(r.criterion, r.points) for r in submission.answer_key.questions[0].rubric] == [("切题", 30), ("通顺", 20)]


async def test_an_essay_too_many_is_refused_before_anything_is_stored(database: str, tmp_path: Path) -> None:
    async with gateway(database, tmp_path, max_in_flight=1) as running:
        first = await accepted(running)
        refused = await running.client.post(URL, json=ESSAY)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_in_flight")
        assert exams_stored(tmp_path) == {first["exam_id"]}
