"""What the report shows, as plain JSON data that the HTML and the PDF template share: the words are chosen here once."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, cast

from contracts.artefacts.diagnosis import Diagnosis
from contracts.artefacts.paper import Paper
from contracts.result import Result, ResultQuestion
from services.report.core.crops import Crop
from services.report.core.maths import maths
from services.report.core.names import GRADED_BY, GRADES, QUALITY, SUBJECTS, TYPES, VERDICTS, cite, points

View = dict[str, Any]

_LONGEST_ANSWER = 56
_LONGEST_TITLE = 60
_LONGEST_NAME = 28
_MOST_MASTERY = 10
_PAPER_WIDTH, _TALLEST_SHOWN = 840, 420  # CSS pixels


def view_of(result: Result, paper: Paper, diagnosis: Diagnosis, crops: Mapping[int, Sequence[Crop]]) -> View:
    """Everything on the report. `crops`: by index into `result.questions`. All values are strings, numbers, lists."""
    shown = [(index, q) for index, q in enumerate(result.questions) if not _is_parent(q, result.questions)]
    groups = _groups([q for _, q in shown], paper)
    mastery, more = _mastery(diagnosis)
    view = {
        "title": _short(result.title or f"{SUBJECTS.get(result.subject, '')}试卷", _LONGEST_TITLE),
        "meta": _meta(result),
        "score": _score(result, [q for _, q in shown]),
        "summary": result.diagnosis.summary,
        "sections": [_section(name, members) for name, members in groups],
        "table": [{"name": name, "rows": [_row(q) for q in members]} for name, members in groups],
        "crops": [_crop(q, crops[index]) for index, q in shown if index in crops],
        "left_out": _left_out(shown, crops),
        "mastery": mastery,
        "mastery_more": f"另有 {more} 项证据更少或掌握度更高，未列出。" if more else "",
        "weak": list(result.diagnosis.weak_points),
        "strong": list(result.diagnosis.strengths),
        "suggestions": [maths(s.text) for s in result.diagnosis.suggestions],
        "notes": _notes(result, [q for _, q in shown]),
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
    return [[label, _short(value, _LONGEST_NAME)] for label, value in pairs if value]


def _score(result: Result, shown: Sequence[ResultQuestion]) -> View:
    earned, most = result.score.earned, result.score.max
    share = min(max(earned / most, 0.0), 1.0) if earned is not None and most else None
    counts = [
        {"verdict": verdict, "name": name, "count": sum(q.verdict == verdict for q in shown)}
        for verdict, name in VERDICTS.items()
    ]
    return {
        "earned": points(earned),
        "max": points(most),
        "share": share,
        "percent": "" if share is None else f"{_percent(share)}",
        "counts": [entry for entry in counts if entry["count"]],
        "total": len(shown),
        "graded": sum(q.verdict != "ungraded" for q in shown),
        "review": sum(q.needs_review for q in shown),
    }


def _percent(share: float) -> int:
    return min(round(share * 100), 99) if share < 1 else 100


def _groups(shown: Sequence[ResultQuestion], paper: Paper) -> list[tuple[str, list[ResultQuestion]]]:
    """Questions by section of the paper, else by type, in the order in which they come."""
    names = {section.number: _section_name(section.number, section.title) for section in paper.sections}
    groups: dict[str, list[ResultQuestion]] = {}
    for question in shown:
        section = question.path[0] if len(question.path) > 1 else ""
        groups.setdefault(names.get(section) or f"{TYPES[question.type]}题", []).append(question)
    return list(groups.items())


def _section_name(number: str, title: str) -> str:
    """`一、选择题` without its scoring rule."""
    plain = title.split("（", 1)[0].split("(", 1)[0].strip(" :：.．、")
    bare = plain.removeprefix(number).strip(" 、.．")
    return _short(f"{number}、{bare}" if bare else f"第{number}部分", 18)


def _section(name: str, members: Sequence[ResultQuestion]) -> View:
    graded = [q for q in members if q.score is not None and q.max_score]
    earned, most = sum(q.score or 0 for q in graded), sum(q.max_score or 0 for q in graded)
    share = min(max(earned / most, 0.0), 1.0) if most else None
    text = f"{points(earned)} / {points(most)}" if most else "未判分"
    return {"name": name, "share": share, "text": text, "count": len(members)}


def _row(question: ResultQuestion) -> View:
    ungraded = question.verdict == "ungraded"
    return {
        "number": _short(question.number, 10),
        "type": TYPES[question.type],
        "answer": _answer(question.student_answer, question),
        "correct": _short_maths(question.correct_answer) if question.correct_answer else maths("—"),
        "verdict": question.verdict,
        "verdict_name": VERDICTS[question.verdict],
        "score": "—" if ungraded else points(question.score),
        "max": points(question.max_score),
        "points": "、".join(_short(p.name, 14) for p in question.knowledge_points[:2]) or "—",
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
    return maths(joined) if len(joined) <= _LONGEST_ANSWER else [{"t": _short(joined, _LONGEST_ANSWER)}]


def _short(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _crop(question: ResultQuestion, crops: Sequence[Crop]) -> View:
    row = _row(question)
    row["images"] = [_image(crop) for crop in crops]
    row["cause"] = _short(question.error_cause or "", 60)
    row["feedback"] = _short(question.feedback or "", 160)
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


def _mastery(diagnosis: Diagnosis) -> tuple[list[View], int]:
    """What can be judged first, then the lowest; and how many rows are left out."""
    rows = [
        {
            "name": _short(m.name, 18),
            "mean": m.mastery,
            "low": m.low,
            "high": m.high,
            "percent": _percent(m.mastery),
            "range": f"{_percent(m.low)}–{_percent(m.high)}",
            "sufficient": m.sufficient,
            "evidence": cite(list(m.evidence)),
        }
        for m in diagnosis.mastery
    ]
    kept = sorted(rows, key=lambda row: (not row["sufficient"], row["mean"]))[:_MOST_MASTERY]
    return kept, len(rows) - len(kept)


def _notes(result: Result, shown: Sequence[ResultQuestion]) -> list[str]:
    """How it was graded and what is uncertain."""
    notes = []
    for by, name in GRADED_BY.items():
        numbers = [q.number for q in shown if q.graded_by == by and q.verdict != "ungraded"]
        if numbers:
            notes.append(f"判分依据：{cite(numbers)}按{name}判分。")
    ungraded = [q.number for q in shown if q.verdict == "ungraded"]
    if ungraded:
        notes.append(f"未判分：{cite(ungraded)}没有可用的标准答案或批改痕迹，不计入得分，也不按 0 分处理。")
    review = [q.number for q in shown if q.needs_review]
    if review:
        notes.append(f"待复核：{cite(review)}的识别或判分把握不大，请对照原卷确认；更正后报告会随之更新。")
    for page in result.pages:
        found = "、".join(QUALITY[code] for code in page.quality.advice if code in QUALITY)
        if found:
            notes.append(f"第 {page.page} 页照片{found}，可能影响识别。")
    if diagnosis_note := _mastery_note(result):
        notes.append(diagnosis_note)
    notes.append("作答由程序识别，截图取自上传的原卷；如有出入，以原卷和老师的判断为准。")
    return notes


def _mastery_note(result: Result) -> str:
    if not result.diagnosis.mastery:
        return ""
    return (
        "掌握度：按本卷作答估计的同类题预期得分率（0–100），浅色横条是 90% 可信区间，单份试卷的区间较宽；"
        "标“证据不足”的只考了 1–2 题，不宜据此下结论。"
    )
