"""What the reading holds for one question: pieces of handwriting and answer places, in reading order."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from contracts.artefacts.paper import Question, Region
from contracts.artefacts.reading import Line, Page, Reading, Spot
from contracts.base import Box

_SHORT_RULE = 1.6
"""Widths and gaps in line heights: shorter rules may be underlines, wider gaps part words from answers."""

_BROKEN_RULE = 0.5
"""Line heights between two rules on a row below which they are one."""
_EDGE = 0.25
"""Line heights from a place's edge within which a printed character is one that the edge cut."""

Source = Literal["bracket", "rule", "cell", "beside", "option", "line"]


@dataclass(frozen=True)
class Piece:
    """One place with, or made for, a student's writing.

    `xs`: the centres of a line's characters. `mended`: a letter was guessed. `inline`: what the lines that run through a spot read there: a second view of the same ink, with its confidence.
    """

    source: Source
    page: int
    box: Box
    text: str
    confidence: float
    candidates: tuple[tuple[str, float], ...] = ()
    ink: float = 0.0
    struck: bool = False
    inline: str = ""
    inline_confidence: float = 0.0
    agreed: bool = False
    handwritten: bool = False
    xs: tuple[float, ...] = ()
    mended: bool = False

    @property
    def blank(self) -> bool:
        """Whether nothing stands here."""
        return not self.text.strip() and not self.candidates

    @property
    def region(self) -> Region:
        """Where it stands, for crops."""
        return Region(page=self.page, box=self.box)


@dataclass(frozen=True)
class Found:
    """A student's answer with where and how it was found. `raw`: the evidence's own confidence, not yet calibrated.

    `views`: per blank, everything that was read there, the best first; empty where an answer is not made of blanks.
    """

    answer: str | None
    evidence: str
    raw: float
    pieces: tuple[Piece, ...] = ()
    doubt: bool = False
    views: tuple[tuple[str, ...], ...] = ()


UNREAD = Found(None, "none", 0.0)


def line_box(line: Line) -> Box:
    """The upright box around a line."""
    xs, ys = [p[0] for p in line.box], [p[1] for p in line.box]
    return (min(xs), min(ys), max(xs), max(ys))


def spots_of(question: Question, reading: Reading) -> list[Piece]:
    """The question's answer places, in order."""
    pages = {p.page: p for p in reading.pages}
    found: list[Piece] = []
    for ref in question.spots:
        page = pages.get(ref.page)
        if page is not None and ref.index < len(page.spots) and not is_underline(page, page.spots[ref.index]):
            _append(found, page, page.spots[ref.index])
    return found


def _append(found: list[Piece], page: Page, spot: Spot) -> None:
    """Add a spot; a rule that continues the last one, as where a stroke broke it, makes one place with it."""
    last = found[-1] if found else None
    piece = _spot_piece(page, spot)
    height = spot.box[3] - spot.box[1]
    if last is None or last.page != page.page or {last.source, spot.kind} != {"rule"} or not same_row(last, piece):
        found.append(piece)
        return
    gap = max(spot.box[0] - last.box[2], last.box[0] - spot.box[2])
    if not 0 <= gap < _BROKEN_RULE * height or last.blank or piece.blank:
        found.append(piece)
        return
    first, second = (last, piece) if last.box[0] < piece.box[0] else (piece, last)
    box = (first.box[0], min(last.box[1], spot.box[1]), second.box[2], max(last.box[3], spot.box[3]))
    whole = _spot_piece(page, spot.model_copy(update={"box": box, "candidates": {}}))
    sure = 0.5 * min(last.confidence, piece.confidence)
    found[-1] = replace(whole, text=first.text + second.text, confidence=sure, ink=max(last.ink, piece.ink))


def _spot_piece(page: Page, spot: Spot) -> Piece:
    ranked = tuple(sorted(spot.candidates.items(), key=lambda c: -c[1]))
    inline, sure, handwritten = inline_text(page, spot.box)
    text = without_print(spot.text, page, spot.box)
    return Piece(
        spot.kind,
        page.page,
        spot.box,
        text,
        spot.confidence,
        ranked,
        spot.ink,
        spot.struck,
        inline,
        sure,
        handwritten=handwritten,
    )


def inline_text(page: Page, box: Box) -> tuple[str, float, bool]:
    """What the page's lines (not in red) read inside `box`, a Latin word cut by its edges completed; its
    confidence, and whether any of it is handwriting.

    Lines count when their middle runs through the box; characters by their centres.
    """
    chosen: list[tuple[float, str, float, bool]] = []
    through = [x for x in page.lines if x.script == "handwritten" and x.ink == "blue" and overlap(line_box(x), box) > 0]
    for line in page.lines:
        if through and line.ink != "blue":  # blue writing stands here: what is black is print
            continue
        outline = line_box(line)
        middle = (outline[1] + outline[3]) / 2
        if line.ink == "red" or len(line.xs) != len(line.text) or not box[1] <= middle <= box[3]:
            continue
        edge = _EDGE * (box[3] - box[1]) if line.script == "printed" else 0.0
        inside = [
            i
            for i, (x, c) in enumerate(zip(line.xs, line.text, strict=True))
            if c.strip() and box[0] + (m := edge if _is_print(c) else edge / 5) <= x <= box[2] - m
        ]
        while len(inside) > 1 and line.text[inside[0]] in ".．、,)）":  # of the printed number before the place
            inside.pop(0)
        if not inside:
            continue
        first, last = inside[0], inside[-1] + 1
        overshoot = box[0] - outline[0] > box[3] - box[1]
        if line.script == "handwritten" and not overshoot and 2 * len(inside) >= len(line.text.replace(" ", "")):
            first, last = _without_number(line, box), len(line.text)  # it only overshoots its place
        while last < len(line.text) and _continues(line, last):
            last += 1
        if first == inside[0] > 0 and _continues(line, first):
            first -= 1
        sure = line.confidences[first:last] if len(line.confidences) == len(line.text) else (line.confidence,)
        chosen.append((line.xs[first], line.text[first:last], sum(sure) / len(sure), line.script == "handwritten"))
    chosen.sort()
    text = " ".join(t.strip() for _, t, _, _ in chosen)
    return text, min((c for _, _, c, _ in chosen), default=0.0), any(h for *_, h in chosen)


def _without_number(line: Line, box: Box) -> int:
    """Where the writing of a line starts that has the printed number before the place still in it: 61. known."""
    number = re.match(r"[\s_]*(?:\d{1,3}\s*[.．、]?|[.．、])[\s_]*", line.text)
    if number and number.end() < len(line.text) and line.xs[max(0, number.end() - 2)] < box[0]:
        return number.end()
    return 0


def is_underline(page: Page, spot: Spot) -> bool:
    """Whether a short rule only underlines print: the line above it runs on through both its edges without a gap."""
    box = spot.box
    height = box[3] - box[1]
    if spot.kind != "rule" or box[2] - box[0] > _SHORT_RULE * height:
        return False
    for line in page.lines:
        outline = line_box(line)
        if line.script != "printed" or not box[1] <= (outline[1] + outline[3]) / 2 <= box[3]:
            continue
        if len(line.xs) != len(line.text) or not outline[0] < box[0] - height or not box[2] + height < outline[2]:
            continue
        near = [(x, c) for x, c in zip(line.xs, line.text, strict=True) if box[0] - height <= x <= box[2] + height]
        gaps = [b[0] - a[0] for a, b in pairwise(near)]
        words = sum("一" <= c <= "鿿" for _, c in near)
        if gaps and max(gaps) < _SHORT_RULE * height and words > 0.6 * len(near):
            return True
    return False


def without_print(text: str, page: Page, box: Box) -> str:
    """`text` of a place without the printed character that its edge cut in: 是-4 after 记作是."""
    reach = box[3] - box[1]
    bare = text.strip()
    for line in page.lines:
        outline = line_box(line)
        middle = (outline[1] + outline[3]) / 2
        if line.script != "printed" or len(line.xs) != len(line.text) or not box[1] <= middle <= box[3]:
            continue
        near = [(x, c) for x, c in zip(line.xs, line.text, strict=True) if _is_print(c)]
        left = [c for x, c in near if box[0] - reach <= x <= box[0] + _EDGE * reach]
        right = [c for x, c in near if box[2] - _EDGE * reach <= x <= box[2] + reach]
        if len(bare) > 1 and left and bare[0] in left[-2:]:
            bare = bare[1:].strip()
        if len(bare) > 1 and right and bare[-1] in right[:2]:
            bare = bare[:-1].strip()
    return bare


def _is_print(char: str) -> bool:
    """Whether a character is of those that stems are made of and blanks seldom begin or end with."""
    return "一" <= char <= "鿿" or char in "，。；：、,;:（）()"


def _continues(line: Line, at: int) -> bool:
    """Whether the letter at `at` continues a Latin word begun before it."""
    a, b = line.text[at - 1], line.text[at]
    if not (a.isascii() and a.isalpha() and b.isascii() and b.isalpha()):
        return False
    pitch = (line.xs[-1] - line.xs[0]) / max(1, len(line.xs) - 1)
    return line.xs[at] - line.xs[at - 1] < 1.5 * pitch


def lines_of(question: Question, reading: Reading) -> list[Piece]:
    """The question's handwritten lines in order, without the teacher's red ink."""
    pages = {p.page: p for p in reading.pages}
    found = []
    for ref in question.lines:
        page = pages.get(ref.page)
        if page is None or ref.index >= len(page.lines):
            continue
        line = page.lines[ref.index]
        text = line.text[ref.start : ref.end]
        if line.ink != "red" and text.strip() and not is_seal(text):
            box, xs = _part_box(line, ref.start, ref.end), line.xs[ref.start : ref.end]
            found.append(Piece("line", page.page, box, text, line.confidence, xs=xs))
    return found


def is_seal(text: str) -> bool:
    """Whether a line is one character of the warning along the binding edge: 密封线内不要答题."""
    return len(text.strip()) == 1 and text.strip() in "密封线内不要得答题題装订弥"


def _part_box(line: Line, start: int, end: int | None) -> Box:
    box = line_box(line)
    xs = line.xs[start:end]
    if not xs or (start == 0 and end is None) or len(line.xs) != len(line.text):
        return box
    half = (box[3] - box[1]) / 2
    return (max(box[0], xs[0] - half), box[1], min(box[2], xs[-1] + half), box[3])


def overlap(a: Box, b: Box) -> float:
    """Share of the smaller box that lies in the other."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return width * height / smaller if smaller > 0 else 0.0


def outside(lines: Iterable[Piece], spots: list[Piece]) -> list[Piece]:
    """Lines that are not the writing inside one of the spots."""
    return [p for p in lines if all(p.page != s.page or overlap(p.box, s.box) < 0.5 for s in spots)]


def in_order(pieces: Iterable[Piece], regions: Sequence[Region]) -> list[Piece]:
    """Pieces by region (a question has one per page or column, in reading order), row and x."""
    by_region: dict[tuple[int, int], list[Piece]] = {}
    for piece in pieces:
        by_region.setdefault((piece.page, _region_of(piece, regions)), []).append(piece)
    return [piece for key in sorted(by_region) for piece in _by_row(by_region[key])]


def _region_of(piece: Piece, regions: Sequence[Region]) -> int:
    """Which region holds most of a piece; the first when none does."""
    shares = [overlap(piece.box, r.box) if r.page == piece.page else 0.0 for r in regions]
    return max(range(len(shares)), key=shares.__getitem__, default=0)


def _by_row(pieces: Iterable[Piece]) -> list[Piece]:
    """Pieces from top to bottom, those on one row from left to right."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: p.box[1] + p.box[3]):
        if rows and same_row(rows[-1][-1], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [p for row in rows for p in sorted(row, key=lambda p: p.box[0])]


def same_row(a: Piece, b: Piece) -> bool:
    """Whether two pieces of one page stand on the same row."""
    centre = abs((a.box[1] + a.box[3]) - (b.box[1] + b.box[3])) / 2
    return a.page == b.page and centre < 0.5 * max(1.0, min(a.box[3] - a.box[1], b.box[3] - b.box[1]))
