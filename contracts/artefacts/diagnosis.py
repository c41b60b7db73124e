"""What diagnostic stores: mastery per knowledge point and what to do about it; and what it may be told beside a paper."""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from contracts.base import Contract, Share

CauseKind = Literal["careless", "concept", "method", "incomplete", "misread", "blank"]


class PastAnswers(Contract):
    """A student's answers to questions on one knowledge point in one earlier exam.

    `share`: of their points earned. `exams_ago`: 1 is the exam before this one. `difficulty`: of these questions, 0 easy
    to 1 hard (the share that is usually lost), null when unknown.
    """

    code: str
    share: Share
    questions: float = Field(gt=0)
    exams_ago: int = Field(ge=1)
    difficulty: Share | None = None


class ClassRecord(Contract):
    """What classmates earned on the very questions of a paper, without names: `shares` has a row per student and a
    column per path of `paths`, null where not graded. Rows of another length are refused.
    """

    paths: tuple[tuple[str, ...], ...] = ()
    shares: tuple[tuple[Share | None, ...], ...] = ()

    @model_validator(mode="after")
    def _rectangular(self) -> Self:
        if any(len(row) != len(self.paths) for row in self.shares):
            raise ValueError("every row needs one share per path")
        return self


class PastMastery(Contract):
    """What the diagnosis of an earlier exam said of one point; `on`: the day that exam was uploaded (UTC)."""

    code: str
    on: date
    mastery: Share
    low: Share
    high: Share
    sufficient: bool = True


class Background(Contract):
    """What is known beside this paper, as it was when the exam was accepted. Empty: the paper speaks alone.

    `trend`: oldest first.
    """

    history: tuple[PastAnswers, ...] = ()
    classmates: ClassRecord = ClassRecord()
    trend: tuple[PastMastery, ...] = ()


class Mastery(Contract):
    """掌握度 of one knowledge point: posterior mean and 90 % credible interval. `evidence`: question numbers.

    `earlier`: the share of points earned on it in earlier exams, null when none is known.
    """

    code: str
    name: str
    mastery: Share
    low: Share
    high: Share
    evidence: tuple[str, ...]
    sufficient: bool = True
    earlier: Share | None = None


class Cause(Contract):
    """错因 of one question. `kind`: careless, concept, method, incomplete, misread or blank.

    `quotes`: what the student wrote and what was right, empty only for a blank. `others`: numbers of the questions that
    it was seen beside.
    """

    number: str
    path: tuple[str, ...] = ()
    kind: CauseKind
    text: str
    quotes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Suggestion(Contract):
    """One piece of advice; `evidence`: the question numbers it rests on, never empty."""

    text: str
    evidence: tuple[str, ...]


class Diagnosis(Contract):
    """diagnostic's artefact. Every sentence cites question numbers."""

    engine: str = "local"
    mastery: tuple[Mastery, ...] = ()
    weak_points: tuple[str, ...] = ()
    strengths: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    summary: str = ""
    cpu_seconds: float = 0.0
