"""Exams whose stages are played: analyzer's corrections and totals and the result document are the real ones."""

from collections.abc import Sequence
from typing import Any

from contracts.artefacts import Answer, Diagnosis, Paper, Question, Reading, Report, Submission
from contracts.artefacts.paper import Header, KnowledgePoint
from contracts.events import ExamReported
from contracts.result import Result
from contracts.topics import REPORTED, SUBMISSION, artefact_path
from services.analyzer.core.corrections import corrected
from services.analyzer.core.totals import totals
from services.report.core import compose
from tests.component.gateway.harness import Running, said

POINT = KnowledgePoint(code="k", name="加法", confidence=0.9)
PAPER = Paper(
    header=Header(),
    questions=(
        Question(number="1", path=("一", "1"), type="single_choice", max_score=4.0, knowledge_points=(POINT,)),
        Question(number="2", path=("一", "2"), type="fill_blank", max_score=6.0),
        Question(number="3", path=("二", "3"), type="composite"),
        Question(number="3(1)", path=("二", "3", "(1)"), type="calculation", max_score=5.0),
        Question(number="3(2)", path=("二", "3", "(2)"), type="calculation", max_score=5.0),
    ),
)
READ = (
    Answer(
        number="1", path=("一", "1"), student_answer="D", answer_confidence=0.6, correct_answer="B", verdict="wrong",
        score=0.0, max_score=4.0, graded_by="key", needs_review=True,
    ),
    Answer(
        number="2", path=("一", "2"), student_answer="3|4", answer_confidence=0.99, correct_answer="3|4",
        verdict="correct", score=6.0, max_score=6.0, graded_by="key",
    ),
    Answer(number="3", path=("二", "3"), max_score=10.0, needs_review=True),
    Answer(number="3(1)", path=("二", "3", "(1)"), max_score=5.0, needs_review=True),
    Answer(
        number="3(2)", path=("二", "3", "(2)"), student_answer="7", answer_confidence=0.7, verdict="ungraded",
        max_score=5.0, needs_review=True,
    ),
)  # fmt: skip


async def marked(
    running: Running, answers: Sequence[Answer] = READ, paper: Paper = PAPER, page: bytes = b"a page", **form: str
) -> dict[str, Any]:
    """An exam that was read, graded and reported."""
    exam = await running.exam(**form)
    await _put(running, exam, "ocr", Reading(pages=(), engine="played"))
    await _put(running, exam, "parser", paper)
    await mark(running, exam, answers, page)
    return exam


async def mark(
    running: Running, exam: dict[str, Any], answers: Sequence[Answer] = READ, page: bytes = b"a page"
) -> None:
    """All that analyzer, diagnostic and report do with the exam's revision."""
    submission = Submission.model_validate_json(await running.blobs.read(_path(exam, SUBMISSION)))
    paper = Paper.model_validate_json(await running.blobs.read(_path(exam, "parser")))
    analysis = corrected(totals(tuple(answers), None), paper, submission)
    await _put(running, exam, "analyzer", analysis)
    await _put(running, exam, "diagnostic", Diagnosis())
    result = compose(
        exam["exam_id"],
        submission,
        Reading(pages=(), engine="played"),
        paper,
        analysis,
        Diagnosis(),
        revision=exam.get("revision", 1),
    )
    ref = await _put(running, exam, "report", await _report(running, exam, result, page))
    await running.deliver(REPORTED, ExamReported(**said(exam), artefact=ref))


async def begun(running: Running, exam_id: str) -> dict[str, Any]:
    """The exam as it is now, for `mark`."""
    return dict((await running.get(f"/exams/{exam_id}")).json())


async def _report(running: Running, exam: dict[str, Any], result: Result, page: bytes) -> Report:
    revision = exam.get("revision", 1)
    base, put = f"dev/{exam['exam_id']}/{revision}", running.blobs.put
    return Report(
        result=await put(f"{base}/result.json", result.model_dump_json(by_alias=True).encode()),
        html=await put(f"{base}/report.html", f"<p>{revision}".encode()),
        pdf=await put(f"{base}/report.pdf", f"%PDF-1.7 {revision}".encode()),
        pages=(await put(f"dev/{exam['exam_id']}/1/page-1.jpg", page),),
    )


async def _put(running: Running, exam: dict[str, Any], name: str, artefact: Any) -> Any:
    return await running.blobs.put(_path(exam, name), artefact.model_dump_json(by_alias=True).encode())


def _path(exam: dict[str, Any], name: str) -> str:
    return artefact_path("dev", exam["exam_id"], exam.get("revision", 1), name)


__all__ = ["PAPER", "READ", "begun", "mark", "marked"]
