"""The result document `redink.result.v1`: stable, the same for every engine. Coordinates as in `Reading`."""

from datetime import date
from typing import Literal

from pydantic import Field

from contracts.artefacts.analysis import CriterionScore, GradedBy, Verdict
from contracts.artefacts.diagnosis import Cause
from contracts.artefacts.essay import EssayReview
from contracts.artefacts.paper import KnowledgePoint, QuestionType, Region
from contracts.artefacts.reading import Ink, Mesh, Script
from contracts.artefacts.submission import Origin
from contracts.base import Contract, Matrix3, Quad, Share
from contracts.cost import Cost, LlmUse, Tokens

__all__ = ["Cost", "LlmUse", "Result", "Tokens"]


class ResultStudent(Contract):
    name: str | None = None
    number: str | None = None
    class_: str | None = Field(default=None, alias="class", serialization_alias="class")

    model_config = Contract.model_config | {"populate_by_name": True}


class ResultScore(Contract):
    """`earned` counts graded questions only; `ungraded` is never 0 points."""

    earned: float | None
    max: float | None
    graded: int
    needs_review: int


class ResultLine(Contract):
    text: str
    confidence: Share
    box: Quad
    script: Script
    ink: Ink


class ResultQuality(Contract):
    blur: Share
    skew_deg: float
    advice: tuple[str, ...] = ()


class ResultPage(Contract):
    """Boxes are in pixels of the rectified page. `transform`: uploaded pixels to these; `mesh`: exactly, where no 3×3 can say it."""

    page: int
    width: int
    height: int
    quality: ResultQuality
    transform: Matrix3
    mesh: Mesh | None = None
    lines: tuple[ResultLine, ...] = ()


class ResultTrend(Contract):
    """What an earlier exam, uploaded on that day, said of a point."""

    on: date
    mastery: Share
    low: Share
    high: Share
    sufficient: bool = True


class ResultQuestion(Contract):
    """`origin`: `model` where a language model wrote the question, as in practice papers that asked for it.

    `student_answer_latex`, `correct_answer_latex`: the same as LaTeX for a formula's place; null where the text says all.
    `missing`: not found on the pages, though the answer key or the numbers around it say that it is on the paper.
    """

    number: str
    path: tuple[str, ...]
    type: QuestionType
    text: str
    options: dict[str, str] = {}
    max_score: float | None = None
    regions: tuple[Region, ...] = ()
    missing: bool = False
    knowledge_points: tuple[KnowledgePoint, ...] = ()
    difficulty: Share | None = None
    student_answer: str | None = None
    student_answer_latex: str | None = None
    answer_confidence: Share = 0.0
    correct_answer: str | None = None
    correct_answer_latex: str | None = None
    verdict: Verdict = "ungraded"
    score: float | None = None
    graded_by: GradedBy | None = None
    error_cause: str | None = None
    feedback: str | None = None
    needs_review: bool = False
    corrected_by: Literal["teacher"] | None = None
    reviewed_by: Literal["teacher"] | None = None
    criteria: tuple[CriterionScore, ...] = ()
    llm_fallback: str | None = None
    essay: EssayReview | None = None
    origin: Origin | None = None


class ResultMastery(Contract):
    """Posterior mean and 90 % credible interval. Not `sufficient`: 证据不足, too little was asked. `earlier`: before.

    `trend`: the point in the student's earlier exams, oldest first, as it was known at the upload.
    """

    code: str
    name: str
    mastery: Share
    low: Share
    high: Share
    evidence: tuple[str, ...]
    sufficient: bool = True
    earlier: Share | None = None
    trend: tuple[ResultTrend, ...] = ()


class ResultSuggestion(Contract):
    text: str
    evidence: tuple[str, ...]


class ResultDiagnosis(Contract):
    engine: str
    mastery: tuple[ResultMastery, ...] = ()
    weak_points: tuple[str, ...] = ()
    strengths: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    suggestions: tuple[ResultSuggestion, ...] = ()
    summary: str = ""


class ResultReport(Contract):
    html: str
    pdf: str


class Result(Contract):
    """What `GET /exams/{id}/result` answers.

    `page_order`: the uploaded pages' numbers in the order printed on them, empty when that is how they were uploaded.
    `missing_pages`: printed numbers of pages that were not uploaded. `other_cards`: answer cards in a photo beside its first
    one, which alone counts.
    """

    schema_: Literal["redink.result.v1"] = Field(
        default="redink.result.v1", alias="schema", serialization_alias="schema"
    )
    exam_id: str
    revision: int = 1
    subject: str
    grade: int
    title: str | None = None
    student: ResultStudent = ResultStudent()
    score: ResultScore
    pages: tuple[ResultPage, ...] = ()
    page_order: tuple[int, ...] = ()
    missing_pages: tuple[int, ...] = ()
    other_cards: int = 0
    questions: tuple[ResultQuestion, ...] = ()
    diagnosis: ResultDiagnosis
    report: ResultReport
    cost: Cost = Cost()
    llm: LlmUse | None = None
    versions: dict[str, str] = {}

    model_config = Contract.model_config | {"populate_by_name": True}
