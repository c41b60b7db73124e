"""The figures of the report's first page, and the notes of its last."""

import re
from collections.abc import Sequence
from typing import Any

from contracts.artefacts.diagnosis import Diagnosis
from contracts.artefacts.paper import Paper
from contracts.result import Result, ResultQuestion
from services.report.core.names import GRADED_BY, QUALITY, TYPES, VERDICTS, cite, leading, points, short

View = dict[str, Any]

_MOST_MASTERY = 10


def score_of(result: Result, shown: Sequence[ResultQuestion]) -> View:
    """The ring, in points where they are known, else in questions; and how many of each verdict."""
    counts = [
        {"verdict": verdict, "name": name, "count": sum(q.verdict == verdict for q in shown)}
        for verdict, name in VERDICTS.items()
    ]
    big, small, share = _ring(result, shown)
    return {
        "big": big,
        "small": small,
        "share": share,
        "counts": [entry for entry in counts if entry["count"]],
        "review": sum(q.needs_review for q in shown),
    }


def _ring(result: Result, shown: Sequence[ResultQuestion]) -> tuple[str, str, float | None]:
    graded = [q for q in shown if q.verdict != "ungraded"]
    earned, most = result.score.earned, result.score.max
    if earned is not None and all(q.max_score is not None for q in graded):
        judged = sum(q.max_score or 0 for q in graded)
        if len(graded) == len(shown) or judged == most:
            return points(earned), f"满分 {points(most)}", _share(earned, most)
        return points(earned), f"已判 {points(judged)} 分", _share(earned, judged)
    if graded:
        right = sum(q.verdict == "correct" for q in graded)
        return f"{right}/{len(graded)}", "题答对", _share(right, len(graded))
    return "—", "未判分", None


def _share(part: float, whole: float | None) -> float | None:
    return min(max(part / whole, 0.0), 1.0) if whole else None


def groups_of(shown: Sequence[ResultQuestion], paper: Paper) -> list[tuple[str, list[ResultQuestion]]]:
    """Questions by section of the paper, else by type, each group in order of number."""
    names = {section.number: _section_name(section.number, section.title) for section in paper.sections}
    groups: dict[str, list[ResultQuestion]] = {}
    for question in shown:
        section = question.path[0] if len(question.path) > 1 else ""
        groups.setdefault(names.get(section) or f"{TYPES[question.type]}题", []).append(question)
    for members in groups.values():
        if all(leading(q.number) is not None for q in members):
            members.sort(key=lambda q: leading(q.number) or 0)
    return list(groups.items())


def _section_name(number: str, title: str) -> str:
    """`一、选择题` without its scoring rule."""
    plain = re.split(r"[（(：:。，,；;]", title, maxsplit=1)[0].strip(" .．、")
    bare = plain.removeprefix(number).strip(" 、.．")
    return short(f"{number}、{bare}" if bare else f"第{number}部分", 18)


def section_of(name: str, members: Sequence[ResultQuestion]) -> View:
    """A bar: points earned of those judged; right answers where points are unknown."""
    graded = [q for q in members if q.verdict != "ungraded"]
    if graded and all(q.score is not None and q.max_score for q in graded):
        earned, most = sum(q.score or 0 for q in graded), sum(q.max_score or 0 for q in graded)
        return {"name": name, "share": _share(earned, most), "text": f"{points(earned)} / {points(most)}"}
    right = sum(q.verdict == "correct" for q in graded)
    text = f"{right} / {len(graded)} 题" if graded else "未判分"
    return {"name": name, "share": _share(right, len(graded)), "text": text}


def mastery_of(diagnosis: Diagnosis) -> tuple[list[View], int]:
    """What can be judged first, then the lowest; and how many rows are left out."""
    rows = [
        {
            "name": short(m.name, 18),
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


def notes_of(result: Result, shown: Sequence[ResultQuestion]) -> list[str]:
    """How it was graded and what is uncertain."""
    notes = []
    for by, name in GRADED_BY.items():
        numbers = [q.number for q in shown if q.graded_by == by and q.verdict != "ungraded"]
        if numbers:
            notes.append(f"判分依据：{cite(numbers)}按{name}判分。")
    ungraded = [q.number for q in shown if q.verdict == "ungraded"]
    if ungraded:
        notes.append(f"未判分：{cite(ungraded)}没有可用的标准答案或批改痕迹，不计入得分，也不按 0 分处理。")
    corrected = [q.number for q in shown if q.corrected_by]
    if corrected:
        notes.append(f"老师订正：{cite(corrected)}以老师的订正为准。")
    confirmed = [q.number for q in shown if q.reviewed_by and not q.corrected_by]
    if confirmed:
        notes.append(f"老师复核：{cite(confirmed)}经老师复核，维持原判。")
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


def _percent(share: float) -> int:
    return min(round(share * 100), 99) if share < 1 else 100
