"""Answer strips: numbered rules in rows, where a number that was not read leaves its rule to a neighbour."""

import re
from collections.abc import Sequence

from contracts.artefacts.paper import LineRef, Question, SpotRef
from contracts.artefacts.reading import Reading
from contracts.base import Box
from services.analyzer.core.evidence import line_box

_SHORTEST_RUN = 4
Placed = tuple[SpotRef, Box]


def straightened(questions: Sequence[Question], reading: Reading) -> list[Question]:
    """The questions with the rules of each strip dealt out again, one each in reading order.

    Done for runs of blanks without a stem of their own, where some question has no rule and another several, and there
    are as many rules as questions; other questions are returned as they are.
    """
    result = list(questions)
    start = 0
    while start < len(result):
        end = start
        while end < len(result) and _is_strip(result[end]):
            end += 1
        if end - start >= _SHORTEST_RUN:
            result[start:end] = _dealt(result[start:end], reading)
        start = max(end, start + 1)
    return result


def _is_strip(question: Question) -> bool:
    bare = not re.search(r"[一-鿿]|_{2,}", question.text) and len(question.text) < 60
    return question.type == "fill_blank" and bare and question.blanks <= 1


def _dealt(run: list[Question], reading: Reading) -> list[Question]:
    rules = _in_rows([(ref, box) for q in run for ref in q.spots if (box := _rule_box(ref, reading)) is not None])
    uneven = any(not q.spots for q in run) and any(len(q.spots) > 1 for q in run)
    if not uneven or len(rules) != len(run):
        return run
    lines = [ref for q in run for ref in q.lines]
    dealt = []
    for question, (ref, box) in zip(run, rules, strict=True):
        own = tuple(r for r in lines if r.page == ref.page and _overlaps(r, box, reading))
        dealt.append(question.model_copy(update={"spots": (ref,), "lines": own}))
    return dealt


def _rule_box(ref: SpotRef, reading: Reading) -> Box | None:
    page = next((p for p in reading.pages if p.page == ref.page), None)
    if page is None or ref.index >= len(page.spots) or page.spots[ref.index].kind != "rule":
        return None
    return page.spots[ref.index].box


def _in_rows(rules: list[Placed]) -> list[Placed]:
    rows: list[list[Placed]] = []
    for rule in sorted(rules, key=lambda r: (r[0].page, r[1][3])):
        last = rows[-1][-1] if rows else None
        if last and last[0].page == rule[0].page and rule[1][3] - last[1][3] < 0.5 * (rule[1][3] - rule[1][1]):
            rows[-1].append(rule)
        else:
            rows.append([rule])
    return [r for row in rows for r in sorted(row, key=lambda r: r[1][0])]


def _overlaps(ref: LineRef, box: Box, reading: Reading) -> bool:
    page = next((p for p in reading.pages if p.page == ref.page), None)
    if page is None or ref.index >= len(page.lines):
        return False
    outline = line_box(page.lines[ref.index])
    width = min(outline[2], box[2]) - max(outline[0], box[0])
    middle = (outline[1] + outline[3]) / 2
    return box[1] <= middle <= box[3] and width > 0.5 * min(outline[2] - outline[0], box[2] - box[0])
