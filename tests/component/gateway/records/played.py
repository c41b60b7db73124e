"""Exams whose reading and grading are played; corrections, diagnosis and the result document are the real ones."""

from collections.abc import Sequence
from typing import Any

from contracts.artefacts import Analysis, Answer, Diagnosis, Paper, Question, Report, Submission
from contracts.artefacts.paper import Header, KnowledgePoint
from contracts.artefacts.reading import Reading
from contracts.events import ExamReported
from contracts.topics import REPORTED, SUBMISSION, artefact_path
from services.analyzer.core.corrections import corrected
from services.analyzer.core.totals import totals
from services.diagnostic.core import diagnose
from services.report.core import compose
from tests.component.gateway.harness import Running, said, until

POINT = KnowledgePoint(code="math.topic.有理数与实数", name="有理数与实数", confidence=1.0)
PAPER = Paper(
    header=Header(),
    questions=tuple(
        Question(number=str(n), path=("一", str(n)), type="fill_blank", max_score=3.0, knowledge_points=(POINT,))
        for n in (1, 2, 3)
    ),
)


def answers(*shares: float | None) -> tuple[Answer, ...]:
    """One a question; None is ungraded."""
    return tuple(
        Answer(
            number=str(n), path=("一", str(n)), student_answer="7", answer_confidence=0.99, max_score=3.0,
            verdict="ungraded" if share is None else {1.0: "correct", 0.0: "wrong"}.get(share, "partial"),
            score=None if share is None else 3.0 * share, graded_by=None if share is None else "key",
        )
        for n, share in enumerate(shares, 1)
    )  # fmt: skip


async def sat(running: Running, *shares: float | None, **form: str) -> dict[str, Any]:
    """An exam that went through all stages and was recorded."""
    exam = await running.exam(**form)
    await _put(running, exam, "ocr", Reading(pages=(), engine="played"))
    await _put(running, exam, "parser", PAPER)
    await judged(running, exam, answers(*shares))
    await recorded(running, exam["exam_id"], 1)
    return exam


async def judged(running: Running, exam: dict[str, Any], given: Sequence[Answer]) -> None:
    """All that analyzer, diagnostic and report do with the exam's revision."""
    submission = await submission_of(running, exam)
    analysis = corrected(totals(tuple(given), None), PAPER, submission)
    diagnosis = diagnose(submission, PAPER, analysis, submission.background)
    await _put(running, exam, "analyzer", analysis)
    await _put(running, exam, "diagnostic", diagnosis)
    ref = await _put(running, exam, "report", await _report(running, exam, submission, analysis, diagnosis))
    await running.deliver(REPORTED, ExamReported(**said(exam), artefact=ref))


async def submission_of(running: Running, exam: dict[str, Any]) -> Submission:
    return Submission.model_validate_json(await running.blobs.read(_path(exam, SUBMISSION)))


async def recorded(running: Running, exam_id: str, revision: int) -> None:
    async def there() -> bool:
        rows = await running.sql("SELECT recorded_revision FROM exams WHERE exam_id = $1::uuid", exam_id)
        return bool(rows[0]["recorded_revision"] >= revision)

    await until(there, 60)


async def point_of(running: Running, exam: dict[str, Any]) -> dict[str, Any]:
    """What the exam's result says of the point."""
    result = (await running.get(f"/exams/{exam['exam_id']}/result")).json()
    return next(row for row in result["diagnosis"]["mastery"] if row["code"] == POINT.code)


async def _report(
    running: Running, exam: dict[str, Any], submission: Submission, analysis: Analysis, diagnosis: Diagnosis
) -> Report:
    revision, reading = exam.get("revision", 1), Reading(pages=(), engine="played")
    result = compose(exam["exam_id"], submission, reading, PAPER, analysis, diagnosis, revision=revision)
    base, put = f"dev/{exam['exam_id']}/{revision}", running.blobs.put
    return Report(
        result=await put(f"{base}/result.json", result.model_dump_json(by_alias=True).encode()),
        html=await put(f"{base}/report.html", b"<p>"),
        pdf=await put(f"{base}/report.pdf", b"%PDF-1.7"),
    )


async def _put(running: Running, exam: dict[str, Any], name: str, artefact: Any) -> Any:
    return await running.blobs.put(_path(exam, name), artefact.model_dump_json(by_alias=True).encode())


def _path(exam: dict[str, Any], name: str) -> str:
    return artefact_path("dev", exam["exam_id"], exam.get("revision", 1), name)


__all__ = ["PAPER", "POINT", "answers", "judged", "point_of", "recorded", "sat", "submission_of"]
