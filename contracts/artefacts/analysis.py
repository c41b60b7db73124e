"""What analyzer stores: the student's answers and their verdicts."""

from typing import Literal

from contracts.artefacts.essay import Dimension, EssayReview
from contracts.artefacts.paper import KnowledgePoint, Region
from contracts.base import Contract, Share
from contracts.cost import Cost, LlmUse

Verdict = Literal["correct", "wrong", "partial", "blank", "ungraded"]
GradedBy = Literal["key", "marks", "llm", "teacher"]


class CriterionScore(Contract):
    """Points for one criterion of a rubric. `evidence`: words of the student's answer, as they stand in it.

    `dimension`: of an essay that came without a rubric of its own.
    """

    criterion: str
    points: float
    max_points: float
    evidence: tuple[str, ...] = ()
    reason: str | None = None
    dimension: Dimension | None = None


class Answer(Contract):
    """作答 to one question, in the order of `Paper.questions`, matched by `path`.

    `student_answer`: "" is a blank, null is unread; blanks of one question joined by `|`; choices letters ("ACD");
    true/false √ ×. `score` is null when `verdict` is `ungraded`: never 0 points.
    `answer_regions`: where the answer stands, for crops. `knowledge_points`: instead of the paper's, if a teacher
    corrected them, or a model named some where the paper has none. `corrected_by`: of a field, at least; `reviewed_by`: corrected, or accepted as it was.
    `criteria`: what the score is the sum of, when it was graded by a rubric. `llm_fallback`: why a language model that
    should have graded it did not, so that the local engine's grade stands. `essay`: what is said of an essay beside it.
    """

    number: str
    path: tuple[str, ...]
    student_answer: str | None = None
    answer_confidence: Share = 0.0
    correct_answer: str | None = None
    verdict: Verdict = "ungraded"
    score: float | None = None
    max_score: float | None = None
    graded_by: GradedBy | None = None
    error_cause: str | None = None
    feedback: str | None = None
    needs_review: bool = False
    answer_regions: tuple[Region, ...] = ()
    knowledge_points: tuple[KnowledgePoint, ...] | None = None
    corrected_by: Literal["teacher"] | None = None
    reviewed_by: Literal["teacher"] | None = None
    criteria: tuple[CriterionScore, ...] = ()
    llm_fallback: str | None = None
    essay: EssayReview | None = None


class Analysis(Contract):
    """analyzer's artefact. `marked_total`: the total a teacher wrote on the paper, when read.

    `llm`: null when no language model is configured. `cost`: what the model cost; CPU stands in `cpu_seconds`.
    """

    answers: tuple[Answer, ...] = ()
    earned: float | None = None
    max: float | None = None
    graded: int = 0
    needs_review: int = 0
    marked_total: float | None = None
    cpu_seconds: float = 0.0
    llm: LlmUse | None = None
    cost: Cost = Cost()
