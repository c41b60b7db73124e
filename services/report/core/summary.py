"""The score, by paper and by section."""

import re
from collections.abc import Sequence
from typing import Any

from contracts.artefacts.paper import Paper
from contracts.notation.labels import leading
from contracts.result import Result, ResultQuestion
from services.report.core.names import points, short
from services.report.core.words import Words

View = dict[str, Any]

_LONGEST_SECTION = 18, 30  # characters, Chinese and other


def score_of(result: Result, shown: Sequence[ResultQuestion], words: Words) -> View:
    """The ring, in points where they are known, else in questions; and how many of each verdict."""
    counts = [
        {"verdict": verdict, "name": name, "count": sum(q.verdict == verdict for q in shown)}
        for verdict, name in words.verdicts.items()
    ]
    big, small, share = _ring(result, shown, words)
    return {
        "big": big,
        "small": small,
        "share": share,
        "counts": [entry for entry in counts if entry["count"]],
        "review": sum(q.needs_review for q in shown),
    }


def _ring(result: Result, shown: Sequence[ResultQuestion], words: Words) -> tuple[str, str, float | None]:
    graded = [q for q in shown if q.verdict != "ungraded"]
    earned, most = result.score.earned, result.score.max
    if earned is not None and all(q.max_score is not None for q in graded):
        judged = sum(q.max_score or 0 for q in graded)
        if len(graded) == len(shown) or judged == most:
            return points(earned), words.say["full"].format(points=points(most)), _share(earned, most)
        return points(earned), words.say["judged"].format(points=points(judged)), _share(earned, judged)
    if graded:
        right = sum(q.verdict == "correct" for q in graded)
        return f"{right}/{len(graded)}", words.say["right"], _share(right, len(graded))
    return "—", words.say["nothing"], None


def _share(part: float, whole: float | None) -> float | None:
    return min(max(part / whole, 0.0), 1.0) if whole else None


def groups_of(shown: Sequence[ResultQuestion], paper: Paper, words: Words) -> list[tuple[str, list[ResultQuestion]]]:
    """Questions by section of the paper, else by type, each group in order of number."""
    names = {section.number: _section_name(section.number, section.title, words) for section in paper.sections}
    groups: dict[str, list[ResultQuestion]] = {}
    for question in shown:
        section = question.path[0] if len(question.path) > 1 else ""
        by_type = words.say["by_type"].format(type=words.types[question.type])
        groups.setdefault(names.get(section) or by_type, []).append(question)
    for members in groups.values():
        if all(leading(q.number) is not None for q in members):
            members.sort(key=lambda q: leading(q.number) or 0)
    return list(groups.items())


def _section_name(number: str, title: str, words: Words) -> str:
    """`一、选择题`, `Part A. Choice` without its scoring rule."""
    plain = re.split(r"[（(：:。，,；;]", title, maxsplit=1)[0].strip(" .．、")
    bare = plain.removeprefix(number).strip(" 、.．")
    chinese = re.search(r"[\u4e00-\u9fff]", number + bare) is not None
    if not bare:
        return short(words.say["part"].format(number=number), _LONGEST_SECTION[1])
    return short(f"{number}{'、' if chinese else '. '}{bare}", _LONGEST_SECTION[not chinese])


def section_of(name: str, members: Sequence[ResultQuestion], words: Words) -> View:
    """A bar: points earned of those judged; right answers where points are unknown."""
    graded = [q for q in members if q.verdict != "ungraded"]
    if graded and all(q.score is not None and q.max_score for q in graded):
        earned, most = sum(q.score or 0 for q in graded), sum(q.max_score or 0 for q in graded)
        text = words.say["of_points"].format(earned=points(earned), most=points(most))
        return {"name": name, "share": _share(earned, most), "text": text}
    right = sum(q.verdict == "correct" for q in graded)
    counted = words.say["of_questions"].format(right=right, count=len(graded))
    return {"name": name, "share": _share(right, len(graded)), "text": counted if graded else words.say["nothing"]}
