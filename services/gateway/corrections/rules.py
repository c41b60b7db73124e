"""What may be said of a question: a wish checked against the result it was made on becomes an entry of the log."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.artefacts.correction import Correctable, Correction, Judgement, standing
from contracts.artefacts.submission import Submission
from contracts.result import Result, ResultQuestion
from services.gateway.core.problems import Code, Problem
from services.gateway.corrections.questions import has_parts, named

MAX_LOG = 2000
"""Entries of one exam, so that its submission stays small."""
_LETTERS = frozenset({"single_choice", "multiple_choice"})
_OF_PARTS: tuple[Correctable, ...] = ("student_answer", "correct_answer")


@dataclass(frozen=True)
class Wish:
    """What a teacher wants of a question. `fields` as in a merge patch: a value holds, None withdraws an earlier one.

    `accept`: the question is to stand as it is.
    """

    question: str
    fields: Mapping[Correctable, Any] = field(default_factory=dict)
    accept: bool = False
    id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True)
class Author:
    """Who says it, by the id of the API key and the client's own name for the teacher, and when."""

    key_id: str
    actor: str | None
    at: datetime


def entries_of(
    result: Result,
    submission: Submission,
    wishes: Sequence[Wish],
    author: Callable[[Wish], Author],
    pointer: Callable[[int], str] = lambda _index: "",
) -> tuple[Correction, ...]:
    """The entries to add to the log; wishes that would change nothing make none.

    `pointer`: JSON pointer of a wish in the request. Problem(QUESTION_NOT_FOUND | VALIDATION_FAILED).
    """
    errors: list[dict[str, str]] = []
    log = list(submission.corrections)
    for index, wish in enumerate(wishes):
        question = named(result.questions, wish.question)
        whole = has_parts(question, result.questions)
        refused = [] if wish.accept else list(_refusals(question, wish.fields, whole=whole))
        errors += [{"pointer": f"{pointer(index)}/{name}", "detail": detail} for name, detail in refused]
        if refused or (wish.accept and question.reviewed_by):
            continue
        entry = _entry(question, wish, author(wish), result.revision + 1)
        if standing([*log, entry]) != standing(log):
            log.append(entry)
    if errors:
        raise Problem(Code.VALIDATION_FAILED, errors=errors[:20])
    if len(log) > MAX_LOG:
        raise Problem(Code.VALIDATION_FAILED, f"An exam takes {MAX_LOG} corrections at most: upload the paper again.")
    return tuple(log[len(submission.corrections) :])


def judgement_of(question: ResultQuestion) -> Judgement:
    """What the result says of it."""
    return Judgement(
        student_answer=question.student_answer,
        correct_answer=question.correct_answer,
        verdict=question.verdict,
        score=question.score,
        knowledge_points=question.knowledge_points,
        comment=question.feedback,
    )


def _entry(question: ResultQuestion, wish: Wish, author: Author, revision: int) -> Correction:
    said = {name: value for name, value in wish.fields.items() if value is not None}
    return Correction(
        id=wish.id,
        number=question.number,
        path=question.path,
        kind="accepted" if wish.accept else "corrected",
        said=Judgement() if wish.accept else _completed(question, said),
        withdrawn=tuple(name for name, value in wish.fields.items() if value is None),
        before=judgement_of(question),
        revision=revision,
        at=author.at,
        by=author.key_id,
        actor=author.actor,
    )


def _completed(question: ResultQuestion, said: dict[Correctable, Any]) -> Judgement:
    """With the verdict that a score alone implies, the score of a verdict, and letters as letters."""
    score, maximum = said.get("score"), question.max_score
    if "verdict" not in said and score is not None:
        blank = said.get("student_answer", question.student_answer) == ""
        nothing = "blank" if blank else "wrong"
        said["verdict"] = nothing if score == 0 else "correct" if score == maximum else "partial"
    if said.get("verdict") == "correct" and score is None:
        said["score"] = maximum
    if said.get("verdict") in {"wrong", "blank"}:
        said["score"] = 0.0
    for name in _OF_PARTS:
        if name in said and question.type in _LETTERS:
            said[name] = said[name].strip().upper()
    return Judgement(**said)


def _refusals(
    question: ResultQuestion, fields: Mapping[Correctable, Any], *, whole: bool
) -> list[tuple[Correctable, str]]:
    """(field, what is wrong with it and what to say instead)."""
    found: list[tuple[Correctable, str]] = []
    found += [
        (name, "a question with sub-questions has no answer of its own: correct those")
        for name in _OF_PARTS
        if whole and fields.get(name) is not None
    ]
    score, verdict, maximum = fields.get("score"), fields.get("verdict"), question.max_score
    if score is not None and maximum is not None and score > maximum:
        found.append(("score", f"the question has {maximum:g} points at most"))
    elif score is not None and verdict is None and maximum is None and score > 0:
        found.append(("verdict", "say the verdict too: how many points the question has is not known"))
    elif verdict is not None:
        found += _contradictions(verdict, score, maximum)
    return found


def _contradictions(verdict: str, score: float | None, maximum: float | None) -> list[tuple[Correctable, str]]:
    if verdict == "ungraded" and score is not None:
        return [("score", "an ungraded question has no score: leave it out, or say the verdict")]
    if verdict in {"wrong", "blank"} and score:
        return [("score", f"'{verdict}' brings 0 points: say 'partial', or leave the score out")]
    if verdict == "correct" and score is not None and maximum is not None and score != maximum:
        return [("score", f"'correct' brings all {maximum:g} points: say 'partial', or leave the score out")]
    if verdict == "partial" and maximum is not None and (score is None or not 0 < score < maximum):
        return [("score", f"say how many points 'partial' brings, between 0 and {maximum:g}")]
    return []
