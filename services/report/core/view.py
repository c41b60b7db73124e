"""What the report shows, as plain JSON data that the HTML and the PDF template share: the words are chosen here once."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from contracts.artefacts.diagnosis import Diagnosis
from contracts.artefacts.paper import Paper
from contracts.result import Result, ResultQuestion
from services.report.core.crops import Crop
from services.report.core.entries import Teller, without_picture
from services.report.core.essays import essays_of
from services.report.core.mastery import mastery_of
from services.report.core.names import short
from services.report.core.notebook import notebook_of, review_of
from services.report.core.notes import notes_of
from services.report.core.summary import View, groups_of, score_of, section_of
from services.report.core.trend import trend_of
from services.report.core.words import ZH, Words
from services.report.core.words.essays import LABELS

_LONGEST_TITLE = 90
_LONGEST_NAME = 28
_FIRST = 3  # suggestions on the first page
_MOST_POINTS = 4  # weak and strong points


def view_of(
    result: Result, paper: Paper, diagnosis: Diagnosis, crops: Mapping[int, Sequence[Crop]], words: Words = ZH
) -> View:
    """Everything on the report. `crops`: by index into `result.questions`. All values are strings, numbers, lists."""
    teller = Teller.of(result, diagnosis, words)
    shown = [(index, q) for index, q in enumerate(result.questions) if not _is_parent(q, result.questions)]
    questions = [q for _, q in shown]
    groups = groups_of(questions, paper, words)
    ordered = _in_order(shown, groups)
    others = [(index, q) for index, q in ordered if q.essay is None]
    view = {
        "lang": words.lang,
        "tag": words.tag,
        "label": dict(words.label),
        "title": teller.plain(_title(result, paper, words)),
        "meta": _meta(result, teller),
        "score": score_of(result, questions, words),
        "sections": [
            section_of(name, members, words) | {"name": teller.plain(name)}
            for name, members in groups
            if paper.kind != "essay"
        ],
        "table": [
            {"name": teller.plain(n), "rows": [teller.row(q) for q in members]}
            for n, members in groups
            if paper.kind != "essay"  # whose only question has a part of its own
        ],
        "has_points": any(q.knowledge_points for q in questions),
        "essays": essays_of(ordered, crops, teller),
        "notebook": notebook_of(others, crops, teller),
        "review": review_of(others, crops, teller),
        "left_out": without_picture(ordered, crops, words),
        "notes": notes_of(result, diagnosis, questions, words),
        "exam_id": result.exam_id,
    }
    return cast("View", _clean(view | _diagnosed(result, diagnosis, teller)))


def _diagnosed(result: Result, diagnosis: Diagnosis, teller: Teller) -> View:
    mastery, more = mastery_of(diagnosis, teller.words)
    advice = [teller.text(s.text) for s in result.diagnosis.suggestions]
    label = teller.words.label
    return {
        "summary": teller.text(result.diagnosis.summary),
        "mastery": [row | {"name": teller.plain(row["name"])} for row in mastery],
        "trend": [row | {"name": teller.plain(row["name"])} for row in trend_of(result, teller.words)],
        "mastery_more": teller.words.say["more_mastery"].format(count=more) if more else "",
        "weak": [teller.text(text) for text in result.diagnosis.weak_points[:_MOST_POINTS]],
        "strong": [teller.text(text) for text in result.diagnosis.strengths[:_MOST_POINTS]],
        "todo": advice[:_FIRST],
        "todo_title": label[{1: "todo_one", 2: "todo_two"}.get(len(advice), "todo")],
        "more": advice[_FIRST:],
    }


def _clean(value: Any) -> Any:
    """The value without control characters and direction overrides, which could garble the page or feign text."""
    if isinstance(value, str):  # pictures are text too, of many thousand letters: most are clean, seen in one look
        return value if value.isprintable() else "".join(c for c in value if c.isprintable() or c in " \u2003\u2009")
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return {key: _clean(item) for key, item in value.items()} if isinstance(value, dict) else value


def _in_order(
    shown: Sequence[tuple[int, ResultQuestion]], groups: Sequence[tuple[str, list[ResultQuestion]]]
) -> list[tuple[int, ResultQuestion]]:
    """The questions as the table has them."""
    place = {id(question): index for index, question in shown}
    return [(place[id(question)], question) for _, members in groups for question in members]


def _is_parent(question: ResultQuestion, questions: Sequence[ResultQuestion]) -> bool:
    """Whether its sub-questions speak for it."""
    path = question.path
    return question.type == "composite" and any(
        len(other.path) > len(path) and other.path[: len(path)] == path for other in questions
    )


def _subject(result: Result, words: Words) -> str | None:
    return next((name for code, name in words.subjects.items() if code == result.subject), None)


def _title(result: Result, paper: Paper, words: Words) -> str:
    title = "".join(c for c in result.title or "" if c.isprintable())
    return (
        short(title, _LONGEST_TITLE)
        or (LABELS[words.lang]["paper"] if paper.kind == "essay" else words.say["paper"])
        .format(subject=_subject(result, words) or "")
        .strip()
    )


def _meta(result: Result, teller: Teller) -> list[View]:
    words, student = teller.words, result.student
    pairs = [
        ("subject", _subject(result, words) or result.subject),
        ("grade", words.grades[result.grade - 1] if 1 <= result.grade <= len(words.grades) else ""),
        ("class", student.class_),
        ("name", student.name),
        ("number", student.number),
    ]
    return [
        {"label": words.label[key], "value": teller.plain(short(value, _LONGEST_NAME))} for key, value in pairs if value
    ]
