"""Class reports over HTTP: of results as they are now, refused while they can't be made, never anybody else's."""

import json
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from contracts.artefacts import Report
from contracts.events import ExamReported
from contracts.result import Result
from contracts.status import Status
from contracts.topics import REPORTED, artefact_path
from tests.component.gateway.batches.conftest import batch_of, jpeg, papers
from tests.component.gateway.batches.test_batch_progress import ended, exams_of
from tests.component.gateway.harness import PDF, Running, said
from tests.unit.gateway.classreport.made_class import Made, made

_REST = {
    "subject": "math",
    "grade": 7,
    "score": {"earned": None, "max": None, "graded": 0, "needs_review": 0},
    "diagnosis": {"engine": "local"},
    "report": {"html": "/", "pdf": "/"},
}


async def reported(running: Running, exam: dict[str, Any], result: dict[str, Any]) -> None:
    """What the report stage does, with this result document."""
    base = f"dev/{exam['exam_id']}/{exam['revision']}"
    result = Result.model_validate({**_REST, **result}).model_dump(mode="json", by_alias=True)
    artefact = Report(
        result=await running.blobs.put(f"{base}/result.json", json.dumps(result).encode()),
        html=await running.blobs.put(f"{base}/report.html", b"<p>"),
        pdf=await running.blobs.put(f"{base}/report.pdf", PDF),
    )
    path = artefact_path("dev", exam["exam_id"], exam["revision"], "report")
    ref = await running.blobs.put(path, artefact.model_dump_json().encode())
    await running.deliver(REPORTED, ExamReported(**said(exam), artefact=ref))


async def class_of(running: Running, one: Made, **fields: str) -> dict[str, Any]:
    """A batch of a class all of whose papers were completed with these results."""
    manifest = [
        {"file": f"{i}.jpg", "student_id": sitting.student_id, "class_id": sitting.class_id}
        for i, sitting in enumerate(one.sittings)
    ]
    files = {f"{i}.jpg": jpeg(i) for i in range(len(one.sittings))}
    batch = await batch_of(running, files=files, manifest=manifest, **fields)
    for exam, sitting in zip(await exams_of(running, batch), one.sittings, strict=True):
        result = {**sitting.outcome.model_dump(mode="json", by_alias=True), "exam_id": exam["exam_id"]}
        for asked in result["questions"]:
            asked["text"] = ""
        await reported(running, exam, result)
    return await ended(running, batch)


async def get(running: Running, batch: dict[str, Any], ending: str = "", **query: str) -> Any:
    return await running.get(f"/batches/{batch['batch_id']}/class-report{ending}", params=query)


async def test_the_report_of_a_class_is_served_as_document_page_and_pdf(running: Running) -> None:
    one = made(3, students=24, wrong_key=4)
    batch = await class_of(running, one, name="七年级期中 <b>")
    answer = await get(running, batch)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["schema"], report["subject"], report["coverage"]["reported"]) == (
        "redink.class_report.v1",
        "math",
        24,
    )
    assert report["items"][0]["facility"] == pytest.approx(one.shares[:, 0].mean())
    assert [row["student_id"] for row in report["students"]] == [f"s-{i}" for i in range(24)]
    assert "earned" in report["students"][0]
    assert report["students"][0]["earned"] is None
    assert report["classes"] == ["7-1", "7-2"]

    same = await running.get(
        f"/batches/{batch['batch_id']}/class-report", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert same.status_code == 304

    page = await get(running, batch, ".html", disclosure="none")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "sandbox" in page.headers["content-security-policy"]
    assert "七年级期中 &lt;b&gt;" in page.text
    assert "built-in" not in page.text
    assert "s-1" not in page.text

    pdf = await running.client.get(f"/api/v1/batches/{batch['batch_id']}/class-report.pdf")
    assert pdf.status_code == 200, pdf.text
    document = pypdfium2.PdfDocument(pdf.content)
    text = "".join(document[i].get_textpage().get_text_range() for i in range(len(document)))
    assert "班级学情报告" in text
    assert "s-23" in text


async def test_a_report_is_of_one_class_and_one_paper_when_asked(running: Running) -> None:
    batch = await class_of(running, made(1, students=6))
    report = (await get(running, batch, class_id="7-2", disclosure="score")).json()
    assert (report["coverage"]["reported"], report["coverage"]["other"]) == (3, 3)
    assert {row["class_id"] for row in report["students"]} == {"7-2"}
    assert all(row["earned"] is not None for row in report["students"])
    assert {entry["why"] for entry in report["unsaid"]} >= {"too_few_on_same_items", "too_few_students"}
    nobody = await get(running, batch, class_id="9-9")
    assert (nobody.status_code, nobody.json()["code"]) == (409, "class_report_empty")
    wrong = await get(running, batch, disclosure="ranking")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "validation_failed")


async def test_different_papers_are_not_mixed(running: Running) -> None:
    manifest = [{"file": "a.jpg"}, {"file": "b.jpg", "subject": "english"}]
    batch = await batch_of(running, files={"a.jpg": jpeg(1), "b.jpg": jpeg(2)}, manifest=manifest)
    for exam in await exams_of(running, batch):
        await running.report(exam)
    await ended(running, batch)
    mixed = await get(running, batch)
    assert (mixed.status_code, mixed.json()["code"]) == (409, "class_report_mixed")
    assert {"subject": "english", "grade": 7} in mixed.json()["choices"]
    assert (await get(running, batch, subject="english")).json()["subject"] == "english"


async def test_a_batch_in_flight_has_no_report_yet_and_one_that_failed_has_none(running: Running) -> None:
    batch = await batch_of(running, files={"a.jpg": jpeg(1)})
    early = await get(running, batch)
    assert (early.status_code, early.json()["code"]) == (409, "batch_not_ended")
    assert early.headers["Retry-After"]
    await running.say((await exams_of(running, batch))[0], Status.FAILED, stage="ocr")
    await ended(running, batch)
    empty = await get(running, batch)
    assert (empty.status_code, empty.json()["code"]) == (409, "class_report_empty")


async def test_a_new_revision_of_an_exam_is_another_report_at_once(running: Running) -> None:
    one = made(1, students=3)
    batch = await class_of(running, one)
    before = await get(running, batch, disclosure="score")
    exam = (await exams_of(running, batch))[0]
    again = await running.client.post(f"/api/v1/exams/{exam['exam_id']}/retry", json={"from": "ocr"})
    meanwhile = await get(running, batch, disclosure="score")
    assert meanwhile.headers["ETag"] == before.headers["ETag"]
    questions = [
        {**q.model_dump(mode="json"), "text": "", "verdict": "correct", "score": q.max_score}
        for q in one.sittings[0].outcome.questions
    ]
    await reported(running, again.json(), {"exam_id": exam["exam_id"], "questions": questions})
    after = await get(running, batch, disclosure="score")
    assert after.headers["ETag"] != before.headers["ETag"]
    row = after.json()["students"][0]
    assert row["earned"] == row["graded_max"]


async def test_a_result_that_cannot_be_read_is_counted_and_the_others_are_reported(
    running: Running, tmp_path: Path
) -> None:
    batch = await class_of(running, made(1, students=3))
    exam = (await papers(running, batch))[1]["exam_id"]
    (tmp_path / f"dev/{exam}/1/result.json").unlink()
    report = (await get(running, batch)).json()
    assert (report["coverage"]["reported"], report["coverage"]["unreadable"]) == (2, 1)
