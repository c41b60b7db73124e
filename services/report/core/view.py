"""What the report shows, as plain JSON data that the HTML and the PDF template share: the words are chosen here once."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, cast

from contracts.artefacts.diagnosis import Diagnosis
from contracts.artefacts.paper import Paper
from contracts.result import Result, ResultQuestion
from services.report.core.crops import Crop
from services.report.core.maths import maths
from services.report.core.names import GRADES, SUBJECTS, TYPES, VERDICTS, cite, points, short
from services.report.core.summary import View, groups_of, mastery_of, notes_of, score_of, section_of

_LONGEST_ANSWER = 56
_LONGEST_TITLE = 60
_LONGEST_NAME = 28
_PAPER_WIDTH, _TALLEST_SHOWN = 840, 420  # CSS pixels


def view_of(result: Result, paper: Paper, diagnosis: Diagnosis, crops: Mapping[int, Sequence[Crop]]) -> View:
    """Everything on the report. `crops`: by index into `result.questions`. All values are strings, numbers, lists."""
    shown = [(index, q) for index, q in enumerate(result.questions) if not _is_parent(q, result.questions)]
    groups = groups_of([q for _, q in shown], paper)
    mastery, more = mastery_of(diagnosis)
    view = {
        "title": short(result.title or f"{SUBJECTS.get(result.subject, '')}试卷", _LONGEST_TITLE),
        "meta": _meta(result),
        "score": score_of(result, [q for _, q in shown]),
        "summary": result.diagnosis.summary,
        "sections": [section_of(name, members) for name, members in groups],
        "table": [{"name": name, "rows": [_row(q) for q in members]} for name, members in groups],
        "has_points": any(q.knowledge_points for _, q in shown),
        "crops": [_crop(q, crops[index]) for index, q in _in_order(shown, groups) if index in crops],
        "left_out": _left_out(shown, crops),
        "mastery": mastery,
        "mastery_more": f"另有 {more} 项证据更少或掌握度更高，未列出。" if more else "",
        "weak": list(result.diagnosis.weak_points),
        "strong": list(result.diagnosis.strengths),
        "suggestions": [maths(s.text) for s in result.diagnosis.suggestions],
        "notes": notes_of(result, [q for _, q in shown]),
        "exam_id": result.exam_id,
    }
    return cast("View", _clean(view))


def _clean(value: Any) -> Any:
    """The value without control characters and direction overrides, which could garble the page or feign text."""
    if isinstance(value, str):
        return "".join(c for c in value if c.isprintable() or c == " ")
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


def _meta(result: Result) -> list[list[str]]:
    student = result.student
    grade = GRADES[result.grade - 1] if 1 <= result.grade <= len(GRADES) else ""
    pairs = [
        ("学科", SUBJECTS.get(result.subject, result.subject)),
        ("年级", grade),
        ("班级", student.class_),
        ("姓名", student.name),
        ("学号", student.number),
    ]
    return [[label, short(value, _LONGEST_NAME)] for label, value in pairs if value]


def _row(question: ResultQuestion) -> View:
    ungraded = question.verdict == "ungraded"
    return {
        "number": short(question.number, 10),
        "type": TYPES[question.type],
        "answer": _answer(question.student_answer, question),
        "correct": _short_maths(question.correct_answer) if question.correct_answer else maths("—"),
        "verdict": question.verdict,
        "verdict_name": VERDICTS[question.verdict],
        "score": "—" if ungraded else points(question.score),
        "max": "" if question.max_score is None else f"/{points(question.max_score)}",
        "points": "、".join(short(p.name, 14) for p in question.knowledge_points[:2]) or "—",
        "review": question.needs_review,
    }


def _answer(text: str | None, question: ResultQuestion) -> list[View]:
    if text is None:
        return maths("未读出")
    if not text.strip():
        return maths("（空）" if question.verdict in {"blank", "ungraded"} else "—")
    return _short_maths(text)


def _short_maths(text: str) -> list[View]:
    text = "；".join(line.strip() for line in text.splitlines() if line.strip())
    parts = text.split("|")
    joined = "；".join(part.strip() or "（空）" for part in parts) if len(parts) > 1 else text
    joined = " ".join(joined.split())
    # Cutting inside a formula would leave half a command, so a long one loses its markup.
    return maths(joined) if len(joined) <= _LONGEST_ANSWER else [{"t": short(joined, _LONGEST_ANSWER)}]


def _crop(question: ResultQuestion, crops: Sequence[Crop]) -> View:
    row = _row(question)
    row["images"] = [_image(crop) for crop in crops]
    row["cause"] = short(question.error_cause or "", 60)
    row["feedback"] = short(question.feedback or "", 160)
    return row


def _image(crop: Crop) -> View:
    """`shown`: width and height in CSS pixels, about as large as on paper."""
    scale = min(crop.span * _PAPER_WIDTH / crop.width, _TALLEST_SHOWN / crop.height, 1.0)
    return {
        "uri": f"data:image/jpeg;base64,{base64.b64encode(crop.jpeg).decode()}",
        "width": crop.width,
        "height": crop.height,
        "span": round(crop.span, 4),
        "shown": [round(crop.width * scale), round(crop.height * scale)],
    }


def _left_out(shown: Sequence[tuple[int, ResultQuestion]], crops: Mapping[int, Sequence[Crop]]) -> str:
    """Which questions have no picture though they should, once there are pictures at all."""
    missing = [
        q.number
        for index, q in shown
        if index not in crops and (q.needs_review or q.verdict in {"wrong", "partial", "blank"})
    ]
    return f"{cite(missing)}未附截图，请看原卷。" if missing and crops else ""
