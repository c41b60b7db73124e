"""What a page's lines say of one answer place: the writing they read in it, and the print that its edges cut."""

import re
from itertools import pairwise
from typing import NamedTuple

from contracts.artefacts.reading import Line, Page, Spot
from contracts.base import Box
from services.analyzer.core.evidence import line_box, overlap

_SHORT_RULE = 1.6
"""Widths and gaps in line heights: shorter rules may be underlines, wider gaps part words from answers."""

_EDGE = 0.25
"""Line heights from a place's edge within which a printed character is one that the edge cut."""


class Inline(NamedTuple):
    """What lines read in a place. handwritten: whether any of it is; guessed: whether a character of it was."""

    text: str
    confidence: float
    handwritten: bool
    guessed: bool


def inline_text(page: Page, box: Box) -> Inline:
    """What the page's lines (not in red) read inside `box`, a Latin word cut by its edges completed.

    Lines count when their middle runs through the box; characters by their centres.
    """
    chosen: list[tuple[float, Inline]] = []
    through = [x for x in page.lines if x.script == "handwritten" and x.ink == "blue" and overlap(line_box(x), box) > 0]
    for line in page.lines:
        if through and line.ink != "blue" and not _is_sign(line):  # blue writing stands here: what is black is print
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
        guessed = any(first <= place < last for place in line.guessed)
        part = Inline(line.text[first:last], sum(sure) / len(sure), line.script == "handwritten", guessed)
        chosen.append((line.xs[first], part))
    parts = [part for _, part in sorted(chosen)]
    text = re.sub(r"^([-−—–]) (?=[\d√(])", r"\1", " ".join(part.text.strip() for part in parts))
    sure_of = min((part.confidence for part in parts), default=0.0)
    return Inline(text, sure_of, any(part.handwritten for part in parts), any(part.guessed for part in parts))


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


def _is_sign(line: Line) -> bool:
    """Whether a line is no more than a written minus, too thin for the colour of its ink to be told."""
    return line.script == "handwritten" and line.text.strip() in {"-", "−", "—", "–"}


def _continues(line: Line, at: int) -> bool:
    """Whether the letter at `at` continues a Latin word begun before it."""
    a, b = line.text[at - 1], line.text[at]
    if not (a.isascii() and a.isalpha() and b.isascii() and b.isalpha()):
        return False
    pitch = (line.xs[-1] - line.xs[0]) / max(1, len(line.xs) - 1)
    return line.xs[at] - line.xs[at - 1] < 1.5 * pitch
