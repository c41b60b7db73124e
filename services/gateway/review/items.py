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
    doubtful = {q.path for q in result.questions if q.needs_review}
    told = _told_by_another(result.questions)
    found: dict[tuple[str, ...], Open] = {}
    for place, question in enumerate(result.questions):
        depth = len(question.path)
        by_parts = any(len(path) > depth and path[:depth] == question.path for path in doubtful)
        if question.needs_review and not by_parts and place not in told and question.path not in found:
            whole = has_parts(question, result.questions)
            data = _storable(question.model_dump(mode="json", exclude={"text"}))
            found[question.path] = Open(
                item_id(exam_id, question.path), question.path, place, _reason(question, whole=whole), data
            )
    return list(found.values())


def _told_by_another(questions: Sequence[ResultQuestion]) -> set[int]:
    """Places of the questions of a page that lacks, but for each page's first."""
    runs = [[at for at, _ in run] for missing, run in groupby(enumerate(questions), lambda p: p[1].missing) if missing]
    return {at for run in runs if len(run) >= _PAGE for at in run[1:]}


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
