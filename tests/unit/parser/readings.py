"""Readings drawn by hand: lines of text at places, as ocr would give them."""

from contracts.artefacts import AnswerKey, Bubble, KeyItem, Line, Page, Reading, Rule, Spot, Submission
from contracts.base import Box

WIDTH, HEIGHT, PITCH, EM = 1200, 1700, 30, 24


def line(text: str, x: float, y: float, *, script: str = "printed", em: float = EM) -> Line:
    """A line of text whose characters are `em` wide, half that for ASCII."""
    widths = [em / 2 if c.isascii() else em for c in text]
    xs, at = [], x
    for width in widths:
        xs.append(at + width / 2)
        at += width
    box = ((x, y), (at, y), (at, y + PITCH), (x, y + PITCH))
    return Line(text=text, confidence=0.98, box=box, script=script, xs=tuple(xs))


def column(texts: list[str], x: float = 80, y: float = 300, step: float = 40) -> list[Line]:
    """Lines under each other."""
    return [line(text, x, y + i * step) for i, text in enumerate(texts)]


def reading(*pages: list[Line], **more: object) -> Reading:
    """A reading of pages; `more` goes to the first page."""
    made = [
        Page(page=n, width=WIDTH, height=HEIGHT, lines=tuple(lines), **(more if n == 1 else {}))
        for n, lines in enumerate(pages, 1)
    ]
    return Reading(pages=tuple(made), engine="by hand")


def submission(subject: str = "math", items: list[KeyItem] | None = None) -> Submission:
    """An upload of one file, with an answer key when given."""
    key = AnswerKey(questions=tuple(items)) if items is not None else None
    return Submission(subject=subject, grade=7, files=(), answer_key=key)


def bubbles(number: int, group: int, x: float, y: float, filled: int) -> list[Bubble]:
    """Four boxes beside a printed number."""
    return [
        Bubble(
            box=(x + 40 * i, y, x + 40 * i + 30, y + 20),
            fill=0.9 if i == filled else 0.05,
            group=group,
            index=i,
            label="ABCD"[i],
            number=str(number),
        )
        for i in range(4)
    ]


def cell(text: str, row: int, col: int, x: float, y: float) -> Spot:
    """A cell of table 0."""
    box: Box = (x, y, x + 80, y + 40)
    return Spot(kind="cell", box=box, ink=0.2 if text else 0.0, text=text, row=row, column=col, table=0)


def frame(x0: float, y0: float, x1: float, y1: float) -> tuple[Rule, ...]:
    """A rectangle of four rules."""
    return (
        Rule(start=(x0, y0), end=(x1, y0)),
        Rule(start=(x0, y1), end=(x1, y1)),
        Rule(start=(x0, y0), end=(x0, y1)),
        Rule(start=(x1, y0), end=(x1, y1)),
    )


def strip(
    places: list[tuple[float, float]], labels: dict[int, str], missed: frozenset[int] = frozenset()
) -> tuple[list[Line], tuple[Rule, ...], tuple[Spot, ...]]:
    """Lines, rules and spots of blanks 140 wide at (x, y): labels by place, spots except of `missed` places."""
    boxes: list[Box] = [(x, y - 40, x + 140, y + 5) for x, y in places]
    lines = [line(text, places[i][0] - 40, places[i][1] - PITCH) for i, text in labels.items()]
    rules = tuple(Rule(start=(x, y), end=(x + 140, y)) for x, y in places)
    spots = tuple(Spot(kind="rule", box=b, ink=0.2, text="word") for i, b in enumerate(boxes) if i not in missed)
    return lines, rules, spots
