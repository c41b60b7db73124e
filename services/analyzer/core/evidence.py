"""Pieces of what was written for one question, in reading order, and the answer found in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.artefacts.paper import Question, Region
from contracts.artefacts.reading import Line, Page, Reading
from contracts.base import Box

Source = Literal["bracket", "rule", "cell", "beside", "option", "line"]

_SEAL, _SEALED = "密封线内不要得答题題装订弥", 3
"""Characters of the warning along the binding edge; how many of them a page that bears it has as lines of their own."""
_LEAST_SHARE = 0.1
"""Every view of several has more."""


@dataclass(frozen=True)
class Piece:
    """One place with, or made for, a student's writing.

    `seconds`: what its text may be instead, sign by sign. `xs`: the centres of a line's characters. `mended`: a sign was guessed.
    `blue`: its ink is no print's. `inline`: what the lines that run through a spot read there: a second view of the same ink, with its
    confidence, and whether it was mended.
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
    inline_mended: bool = False
    agreed: bool = False
    handwritten: bool = False
    xs: tuple[float, ...] = ()
    mended: bool = False
    blue: bool = False
    seconds: tuple[str, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether nothing stands here."""
        return not self.text.strip() and not self.candidates

    @property
    def others(self) -> tuple[tuple[str, float], ...]:
        """What other views of free writing say, with their share: no sets of letters that were only weighed."""
        return tuple((text, share) for text, share in self.candidates if len(text) > 1 and share >= _LEAST_SHARE)

    @property
    def region(self) -> Region:
        """Where it stands, for crops."""
        return Region(page=self.page, box=self.box)


@dataclass(frozen=True)
class Found:
    """A student's answer with where and how it was found. `raw`: the evidence's own confidence, not yet calibrated.

    `views`: per blank, everything that was read there, the best first; empty where an answer is not made of blanks.
    `keyed`: the key chose among what was read, or stands for it, so it cannot confirm it.
    """

    answer: str | None
    evidence: str
    raw: float
    pieces: tuple[Piece, ...] = ()
    doubt: bool = False
    views: tuple[tuple[str, ...], ...] = ()
    keyed: bool = False


def is_written(found: Found) -> bool:
    """Whether something was read that is not blank."""
    return found.answer is not None and bool(found.answer.replace("|", "").strip())


def is_mended(found: Found) -> bool:
    """Whether a sign of it was guessed: the student may have written what is wrong where the usual one is right."""
    return found.evidence.partition(":")[0].endswith("_mended")


UNREAD = Found(None, "none", 0.0)


def line_box(line: Line) -> Box:
    """The upright box around a line."""
    xs, ys = [p[0] for p in line.box], [p[1] for p in line.box]
    return (min(xs), min(ys), max(xs), max(ys))


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
        if line.ink != "red" and text.strip() and not is_seal(text, page):
            box, xs = _part_box(line, ref.start, ref.end), line.xs[ref.start : ref.end]
            mended = any(ref.start <= place < len(line.text[: ref.end]) for place in line.guessed)
            blue = line.ink == "blue"
            found.append(Piece("line", page.page, box, text, line.confidence, xs=xs, mended=mended, blue=blue))
    return found


def is_seal(text: str, page: Page) -> bool:
    """Whether a line is one character of the warning along the binding edge, 密封线内不要答题: others of it stand on the
    page too. 得 and 不 alone are answers.
    """
    if len(text.strip()) != 1 or text.strip() not in _SEAL:
        return False
    return len({sign for line in page.lines if len(sign := line.text.strip()) == 1 and sign in _SEAL}) >= _SEALED


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
