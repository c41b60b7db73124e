"""The result document out of the stages' artefacts."""

from collections import defaultdict, deque
from collections.abc import Mapping
from uuid import UUID

from contracts.artefacts.analysis import Analysis, Answer
from contracts.artefacts.diagnosis import Background, Diagnosis
from contracts.artefacts.paper import Paper, Question, QuestionType
from contracts.artefacts.reading import Page, Reading
from contracts.artefacts.submission import Submission
from contracts.notation.answers import answer_latex
from contracts.notation.inline import STYLES, Style
from contracts.result import (
    Result,
    ResultDiagnosis,
    ResultLine,
    ResultMastery,
    ResultPage,
    ResultQuality,
    ResultQuestion,
    ResultReport,
    ResultScore,
    ResultStudent,
    ResultSuggestion,
    ResultTrend,
)

_NO_QUESTION: QuestionType = "short_answer"


def compose(  # noqa: PLR0917 - one artefact per stage, in the order of the stages
    exam_id: UUID | str,
    submission: Submission,
    reading: Reading,
    paper: Paper,
    analysis: Analysis,
    diagnosis: Diagnosis,
    versions: Mapping[str, str] | None = None,
    cpu_seconds: float = 0.0,
    revision: int = 1,
) -> Result:
    """The result document of one exam.

    Questions stand in the paper's order, each with the answer of the same path; answers to questions that the paper
    does not show follow at the end, without regions. Links carry no tenant: the gateway finds it from the API key.
    `cpu_seconds` is report's own; those of the other stages are added. `versions` names the engines per stage.
    """
    header = paper.header
    spent = (reading.cpu_seconds, paper.cpu_seconds, analysis.cpu_seconds, diagnosis.cpu_seconds, cpu_seconds)
    return Result(
        exam_id=str(exam_id),
        revision=revision,
        subject=submission.subject,
        grade=submission.grade,
        title=submission.title or header.title,
        student=ResultStudent(name=header.name, number=header.number, class_=header.class_),
        score=ResultScore(
            earned=analysis.earned, max=analysis.max, graded=analysis.graded, needs_review=analysis.needs_review
        ),
        pages=tuple(_page(page) for page in reading.pages),
        page_order=paper.page_order,
        missing_pages=paper.missing_pages,
        other_cards=paper.other_cards,
        questions=_questions(submission, paper, analysis),
        diagnosis=_diagnosis(diagnosis, submission.background),
        report=ResultReport(
            html=f"/api/v1/exams/{exam_id}/report.html",
            pdf=f"/api/v1/exams/{exam_id}/report.pdf",
        ),
        cost=analysis.cost.model_copy(update={"cpu_seconds": round(sum(spent), 3)}),
        llm=analysis.llm,
        versions={"ocr": reading.engine, "diagnostic": diagnosis.engine, **(versions or {})},
    )


def _page(page: Page) -> ResultPage:
    return ResultPage(
        page=page.page,
        width=page.width,
        height=page.height,
        quality=ResultQuality(blur=page.quality.blur, skew_deg=page.quality.skew_deg, advice=page.quality.advice),
        transform=page.transform,
        mesh=page.mesh,
        lines=tuple(
            ResultLine(text=line.text, confidence=line.confidence, box=line.box, script=line.script, ink=line.ink)
            for line in page.lines
        ),
    )


def _questions(submission: Submission, paper: Paper, analysis: Analysis) -> tuple[ResultQuestion, ...]:
    # Two questions may carry one path (a misread number): then answers pair with them in order.
    waiting: dict[tuple[str, ...], deque[Answer]] = defaultdict(deque)
    for answer in analysis.answers:
        waiting[answer.path].append(answer)
    style = STYLES.get(submission.subject, "words")
    merged = [_merged(question, _next(waiting, question.path), style) for question in paper.questions]
    left = [answer for answer in analysis.answers if any(answer is other for other in waiting[answer.path])]
    types = _key_types(submission)
    for answer in left:
        kind = types.get(answer.path) or types.get((answer.number,)) or _NO_QUESTION
        merged.append(_merged(Question(number=answer.number, path=answer.path, type=kind), answer, style))
    return _with_origins(merged, submission)


def _with_origins(questions: list[ResultQuestion], submission: Submission) -> tuple[ResultQuestion, ...]:
    """Who wrote each, where the key says that it was no person."""
    key = submission.answer_key.questions if submission.answer_key else ()
    written = {item.path or (item.number,): item.origin for item in key if item.origin}
    if not written:
        return tuple(questions)
    origins = (written.get(question.path) or written.get((question.number,)) for question in questions)
    return tuple(q.model_copy(update={"origin": origin}) for q, origin in zip(questions, origins, strict=True))


def _next(waiting: dict[tuple[str, ...], deque[Answer]], path: tuple[str, ...]) -> Answer | None:
    return waiting[path].popleft() if waiting[path] else None


def _key_types(submission: Submission) -> dict[tuple[str, ...], QuestionType]:
    """The question types that the key states, by path and by number alone."""
    types: dict[tuple[str, ...], QuestionType] = {}
    for item in submission.answer_key.questions if submission.answer_key else ():
        if item.type:
            types[(item.number,)] = item.type
            types[item.path or (item.number,)] = item.type
    return types


def _merged(question: Question, answer: Answer | None, style: Style) -> ResultQuestion:
    answer = answer or Answer(number=question.number, path=question.path)
    return ResultQuestion(
        number=question.number,
        path=question.path,
        type=question.type,
        text=question.text,
        options=question.options,
        max_score=question.max_score if answer.max_score is None else answer.max_score,
        regions=question.regions,
        missing=question.missing,
        knowledge_points=question.knowledge_points if answer.knowledge_points is None else answer.knowledge_points,
        difficulty=question.difficulty,
        student_answer=answer.student_answer,
        student_answer_latex=None if question.type == "essay" else answer_latex(answer.student_answer, style),
        answer_confidence=answer.answer_confidence,
        correct_answer=answer.correct_answer,
        correct_answer_latex=None if question.type == "essay" else answer_latex(answer.correct_answer, style),
        verdict=answer.verdict,
        score=answer.score,
        graded_by=answer.graded_by,
        error_cause=answer.error_cause,
        feedback=answer.feedback,
        needs_review=answer.needs_review,
        corrected_by=answer.corrected_by,
        reviewed_by=answer.reviewed_by,
        criteria=answer.criteria,
        llm_fallback=answer.llm_fallback,
        essay=answer.essay,
    )


def _diagnosis(diagnosis: Diagnosis, background: Background) -> ResultDiagnosis:
    trends: dict[str, list[ResultTrend]] = defaultdict(list)
    for past in background.trend:
        trends[past.code].append(ResultTrend.model_validate(past.model_dump(exclude={"code"})))
    return ResultDiagnosis(
        engine=diagnosis.engine,
        mastery=tuple(
            ResultMastery.model_validate(m.model_dump() | {"trend": tuple(trends[m.code])}) for m in diagnosis.mastery
        ),
        weak_points=diagnosis.weak_points,
        strengths=diagnosis.strengths,
        causes=diagnosis.causes,
        suggestions=tuple(ResultSuggestion(text=s.text, evidence=s.evidence) for s in diagnosis.suggestions),
        summary=diagnosis.summary,
    )
