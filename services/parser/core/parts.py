"""Sub-questions (小题): "17(1)" with path [..., "17", "(1)"] under a composite parent."""

import re
from collections.abc import Iterator, Sequence

from contracts.artefacts import KeyItem, Question, Region
from contracts.artefacts.paper import LineRef
from services.parser.core.flow import Row

_SUB = re.compile(r"^\s{0,4}(?:\d{1,3}\s?[.．、]\s?)?(?:[(（]\s?(?P<a>\d{1,2})\s?[)）]|(?P<c>[①-⑨]))")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨"
_OPEN = ("calculation", "short_answer", "composite")


def parts_of(question: Question, item: KeyItem | None, rows: Sequence[Row], pitch: float) -> Iterator[Question]:
    """The question, and its sub-questions when it has any: then it is composite."""
    marks = _marks(rows)
    wanted = _wanted(question, item, len(marks))
    if wanted < 2:
        yield question
        return
    yield question.model_copy(update={"type": "composite", "blanks": 0})
    share = round(question.max_score / wanted, 2) if question.max_score is not None else None
    for n in range(1, wanted + 1):
        begin = next((at for at, number in marks if number == n), None)
        end = next((at for at, number in marks if number == n + 1), len(rows))
        own = rows[begin:end] if begin is not None else []
        yield _part(question, own, n, share, pitch)


def _wanted(question: Question, item: KeyItem | None, printed: int) -> int:
    answers = item.answer if item is not None else None
    if item is not None and item.type is not None and item.type != "composite":
        return 0
    if isinstance(answers, tuple) and (item is not None and (item.type == "composite" or printed >= 2)):
        return len(answers)
    return printed if question.type in _OPEN else 0


def _marks(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """(row, number) where printed sub-questions begin: 1, 2, 3 … in order, of one style."""
    out: list[tuple[int, int]] = []
    for at, row in enumerate(rows):
        match = _SUB.match(row.text)
        if match is None or not row.printed:
            continue
        number = int(match["a"]) if match["a"] else _CIRCLED.index(match["c"]) + 1
        if number == len(out) + 1:
            out.append((at, number))
    return out if len(out) >= 2 else []


def _part(parent: Question, own: Sequence[Row], n: int, share: float | None, pitch: float) -> Question:
    return Question(
        number=f"{parent.number}({n})",
        path=(*parent.path, f"({n})"),
        type=parent.type if parent.type in ("fill_blank", "calculation") else "short_answer",
        text=" ".join(r.text.strip() for r in own if r.printed),
        max_score=share,
        regions=_regions(parent, own, pitch),
        lines=tuple(LineRef(page=r.page, index=r.index) for r in own if not r.printed),
    )


def _regions(parent: Question, rows: Sequence[Row], pitch: float) -> tuple[Region, ...]:
    """The strip of the parent's regions that a sub-question's own rows take up."""
    out = []
    for region in parent.regions:
        own = [r for r in rows if r.page == region.page and region.box[0] - pitch <= r.box[0] <= region.box[2]]
        if own:
            y0, y1 = min(r.box[1] for r in own), max(r.box[3] for r in own)
            out.append(Region(page=region.page, box=(region.box[0], y0, region.box[2], y1)))
    return tuple(out)
