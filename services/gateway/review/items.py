"""Which questions of a result are for a teacher to look at, and why."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from contracts.events import NAMESPACE
from contracts.result import Result, ResultQuestion
from services.gateway.corrections.questions import has_parts

Reason = Literal["missing", "unread", "low_confidence", "no_verdict", "doubtful_verdict"]
_CONFIDENT = 0.85
"""About where the analyzer sends answers to a teacher; it only chooses the word for the reason."""
_PAGE = 5
"""Questions in a row that weren't found from which a page lacks: then one item says so for all."""


@dataclass(frozen=True)
class Open:
    """A question to be looked at. `place`: its index in the result."""

    item_id: uuid.UUID
    path: tuple[str, ...]
    place: int
    reason: Reason
    question: dict[str, Any]


def item_id(exam_id: object, path: tuple[str, ...]) -> uuid.UUID:
    """Derived, so that it is the same in every revision."""
    return uuid.uuid5(NAMESPACE, f"review/{exam_id}/{'/'.join(path)}")


def open_items(exam_id: object, result: Result) -> list[Open]:
    """In the order of the paper. A composite stands aside for its parts, unless only the whole is doubtful.

    Many questions in a row that weren't found have one item, the first one's.
    """
    told = _told_by_another(result.questions)
    found: dict[tuple[str, ...], Open] = {}
    for place, question in enumerate(result.questions):
        if _is_open(question, result.questions) and place not in told and question.path not in found:
            whole = has_parts(question, result.questions)
            data = _storable(question.model_dump(mode="json", exclude={"text"}))
            found[question.path] = Open(
                item_id(exam_id, question.path), question.path, place, _reason(question, whole=whole), data
            )
    return list(found.values())


def _is_open(question: ResultQuestion, questions: Sequence[ResultQuestion]) -> bool:
    """Whether it is itself to be looked at, and not only a part of it."""
    depth = len(question.path)
    parts = (q for q in questions if len(q.path) > depth and q.path[:depth] == question.path)
    return question.needs_review and not any(part.needs_review for part in parts)


def _told_by_another(questions: Sequence[ResultQuestion]) -> set[int]:
    """Places of the questions of a page that lacks, but for each page's first that is still open."""
    told: set[int] = set()
    for missing, group in groupby(enumerate(questions), lambda placed: placed[1].missing):
        run = list(group)
        if missing and len(run) >= _PAGE:
            told.update([place for place, question in run if _is_open(question, questions)][1:])
    return told


def _reason(question: ResultQuestion, *, whole: bool) -> Reason:
    if whole:
        return "doubtful_verdict"
    if question.student_answer is None:
        return "missing" if question.missing else "unread"
    if question.verdict == "ungraded":
        return "no_verdict"
    return "low_confidence" if question.answer_confidence < _CONFIDENT else "doubtful_verdict"


def _storable(value: Any) -> Any:
    """Without NUL, which no jsonb can hold."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return {_storable(key): _storable(item) for key, item in value.items()} if isinstance(value, dict) else value
