"""The structure of written formulas, from where their strokes stand (Chan and Yeung, 2000, survey such methods).

The widest bar of a fraction or root comes first, then what stands over, under and beside it, in the same way.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.formulas import Fraction, Leaf, Radical, Raised, Row, leaves

Bools = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]

BAR_WIDTH = 0.45
"""In ems, the shortest bar of a fraction; FLAT: the most it may rise, as a share of its width."""
FLAT = 0.4
TERM = 0.3
"""In ems, how high the tallest stroke above and below a bar is at least: the dots of ÷ and the second stroke of = are not."""
NEAR = 0.8
"""In ems, how far a bar may be from what it divides."""
RADICAL = 0.6
"""In ems, the least height of a radical sign."""
COVERED = 0.33
"""Share of a stroke's width that lies under the sign whose root it is in."""
LEANS = 0.75
"""Share of a sign's width, from the left, that its lower half takes at most."""
JOINT = 0.35
"""In ems, how far the roof of a radical sign may be from its tick where they are two strokes."""
RAISED = 0.72
"""A raised character is at most this share as high as what it stands on, and ends above its middle."""
TALL, TOUCHED = 1.3, 0.7
"""In ems: writing that is this high may be a fraction whose parts touch; the length of its bar, at least."""
ALMOST, CRUMB = 0.8, 0.15
"""Share of the longest bar's length from which another is one; in ems, what cutting bars out leaves of touching strokes."""
MINUS, JOINED = (0.15, 1.0), 0.6
"""In ems: the width of a minus sign, and how far it stands from its number at most."""
THIN, TOUCHING = 0.22, 0.22
"""In ems: the thickness of a minus that touches its number, and how far it sticks out at least."""
MOST_BLOBS = 24
LONGEST = 12
"""Leaves of a formula; more is a sketch, not an answer."""


class _Blob(NamedTuple):
    label: int
    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        return self.y1 - self.y0

    @property
    def x(self) -> float:
        return (self.x0 + self.x1) / 2

    @property
    def y(self) -> float:
        return (self.y0 + self.y1) / 2


class _Whole(NamedTuple):
    """A bar or root, the groups of strokes that it governs, and other strokes of its own."""

    head: _Blob
    groups: list[list[_Blob]]
    own: list[_Blob]


def formula_of(mask: Bools, em: float) -> tuple[Row, Labels] | None:
    """The tree of a formula's strokes and their labels (h, w); None where everything stands on one row, or too much."""
    labels = _labelled(mask)
    if labels.max(initial=0) > MOST_BLOBS:
        return None
    found = _row(_blobs(labels), labels, em)
    if not _has_fraction(found) and (cut := _cut_at_bars(mask, em)) is not None:
        split = _row(_blobs(cut), cut, em)
        found, labels = (split, cut) if _has_fraction(split) else (found, labels)
    plain = all(isinstance(part, Leaf) for part in found.parts)
    return None if plain or not 0 < len(leaves(found)) <= LONGEST else (found, labels)


def opens_with_minus(mask: Bools, em: float, characters: int) -> bool:
    """Whether a number of so many characters opens with a level stroke at the height of its middle: a sign overlooked.

    Where more stands than was read, something was struck out, and lines through writing are no signs.
    """
    labels = _labelled(mask)
    blobs = sorted(_blobs(labels), key=lambda b: b.x0)
    bodies = [b for b in blobs if b.height > TERM * em]
    if not 0 < len(bodies) <= characters:
        return False
    body = bodies[0]
    before = [b for b in blobs if b.x < body.x0]
    if before:
        sign = before[-1]
        level = MINUS[0] * em < sign.width < MINUS[1] * em and sign.height < min(0.6 * sign.width, 0.25 * em)
        near = body.x0 - sign.x1 < JOINED * em and 0.25 < (sign.y - body.y0) / body.height < 0.8
        return level and near and len(before) == 1
    return _starts_level(labels[body.y0 : body.y1, body.x0 : body.x1] == body.label, em)


def _starts_level(body: Bools, em: float) -> bool:
    """Whether a stroke comes out of the middle of a digit's left side: a minus that touches it."""
    tops, bottoms = body.argmax(axis=0), len(body) - body[::-1].argmax(axis=0)
    middles = (tops + bottoms) / 2
    thin = (bottoms - tops <= THIN * em) & (middles > 0.25 * len(body)) & (middles < 0.8 * len(body))
    run = int(np.argmin(np.append(thin, [False])))
    return run >= TOUCHING * em and float(np.ptp(middles[:run])) < 0.15 * em


def _labelled(mask: Bools) -> Labels:
    return np.asarray(cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[1], np.int32)


def _blobs(labels: Labels) -> list[_Blob]:
    found = []
    for label in range(1, int(labels.max(initial=0)) + 1):
        rows, columns = np.nonzero(labels == label)
        if len(rows):
            found.append(_Blob(label, int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1))
    return found


def _has_fraction(row: Row) -> bool:
    return any(isinstance(part, Fraction) for part in row.parts)


def _cut_at_bars(mask: Bools, em: float) -> Labels | None:
    """Labels of strokes where long level ones are strokes of their own, though others touch them; None without such."""
    if np.ptp(np.flatnonzero(mask.any(axis=1))) < TALL * em:
        return None
    level = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((1, round(0.4 * em)), np.uint8))
    # A sloping bar is a stair of level runs.
    level = cv2.morphologyEx(level, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) & mask.astype(np.uint8)
    _, bars, stats, _ = cv2.connectedComponentsWithStats(level, connectivity=8)
    long = [i for i, (_, _, w, h, _) in enumerate(stats.tolist()) if i and w >= TOUCHED * em and h <= FLAT * w]
    if not long:
        return None
    # The level stroke of a 4 is shorter than the bar over it.
    longest = max(int(stats[i, 2]) for i in long)
    bar = np.isin(bars, [i for i in long if stats[i, 2] > ALMOST * longest])
    edge = cv2.dilate(bar.astype(np.uint8), np.ones((3, 1), np.uint8)) > 0
    _, rest, sizes, _ = cv2.connectedComponentsWithStats((mask & ~edge).astype(np.uint8), connectivity=8)
    rest[(sizes[:, 2:4].max(axis=1) < CRUMB * em)[rest]] = 0
    return np.asarray(np.where(bar, bars + len(sizes), rest), np.int32)


def _row(blobs: Sequence[_Blob], labels: Labels, em: float) -> Row:
    """The parts of strokes that hang together: the widest bar or root first, then what stands beside it."""
    if not blobs:
        return Row(())
    wholes = [*_fractions(blobs, em), *_radicals(blobs, labels, em)]
    if not wholes:
        return Row(_raised(blobs, em))
    head, groups, own = max(wholes, key=lambda whole: (whole.head.width, whole.head.height))
    taken = {head.label, *(b.label for group in [own, *groups] for b in group)}
    rest = [b for b in blobs if b.label not in taken]
    left, right = [b for b in rest if b.x < head.x], [b for b in rest if b.x >= head.x]
    inner = [_row(group, labels, em) for group in groups]
    middle = Fraction(inner[0], inner[1]) if len(inner) == 2 else Radical(inner[0])
    return Row((*_row(left, labels, em).parts, middle, *_row(right, labels, em).parts))


def _fractions(blobs: Sequence[_Blob], em: float) -> Iterator[_Whole]:
    """Bars with the strokes above and below them."""
    for bar in blobs:
        if bar.width < BAR_WIDTH * em or bar.height > FLAT * bar.width:
            continue
        over = [b for b in blobs if b is not bar and bar.x0 - 0.1 * em < b.x < bar.x1 + 0.1 * em]
        above = [b for b in over if b.y < bar.y and b.y1 < bar.y1 + 0.2 * em]
        below = [b for b in over if b.y > bar.y and b.y0 > bar.y0 - 0.2 * em]
        if _is_term(above, em) and _is_term(below, em):
            gaps = (bar.y0 - max(b.y1 for b in above), min(b.y0 for b in below) - bar.y1)
            if max(gaps) < NEAR * em:
                yield _Whole(bar, [above, below], [])


def _is_term(blobs: Sequence[_Blob], em: float) -> bool:
    return max((b.height for b in blobs), default=0) > TERM * em


def _radicals(blobs: Sequence[_Blob], labels: Labels, em: float) -> Iterator[_Whole]:
    """Strokes that run from the lower left over the top of others, with these."""
    for sign in blobs:
        if sign.height < RADICAL * em or sign.width < BAR_WIDTH * em:
            continue
        under = [b for b in blobs if b is not sign and _is_under(b, sign)]
        if _is_term(under, em) and _covers(sign, under, labels, em):
            yield _Whole(sign, [under], _hooks(sign, blobs, em))
    for roof in blobs:
        if roof.width < BAR_WIDTH * em or roof.height > FLAT * roof.width:
            continue
        ticks = [
            b for b in blobs if abs(b.x1 - roof.x0) < JOINT * em and b.x0 < roof.x0 and -JOINT * em < b.y0 - roof.y0
        ]
        ticks = [b for b in ticks if b.height > RADICAL * em and b.y0 < roof.y1 + JOINT * em][:1]
        under = [b for b in blobs if b.y0 > roof.y0 and roof.x0 - 0.1 * em < b.x < roof.x1 + 0.2 * em]
        under = [b for b in under if b is not roof and b not in ticks]
        over = [b for b in blobs if roof.x0 < b.x < roof.x1 and b.y < roof.y0]
        if ticks and _is_term(under, em) and not over:
            yield _Whole(roof, [under], ticks)


def _covers(sign: _Blob, under: Sequence[_Blob], labels: Labels, em: float) -> bool:
    """Whether a stroke runs over others and comes from below, left of them."""
    start = min(b.x0 for b in under)
    own = labels[sign.y0 : sign.y1, sign.x0 : sign.x1] == sign.label
    lowest = int(np.flatnonzero(own[-2:].any(axis=0)).mean()) + sign.x0
    rows = np.flatnonzero(own[:, max(0, start + (sign.x1 - start) // 3 - sign.x0) :].any(axis=1))
    # The lower half of a sign is its tick, on the left; that of a 3 with a flat top goes back and forth.
    leans = np.flatnonzero(own[len(own) // 2 :].any(axis=0)).max(initial=0) < LEANS * sign.width
    return leans and len(rows) > 0 and lowest < start + 0.2 * em and sign.y0 + int(rows[-1]) < min(b.y for b in under)


def _hooks(sign: _Blob, blobs: Sequence[_Blob], em: float) -> list[_Blob]:
    """The low start of a sign that is a stroke of its own: no digit before it."""
    return [
        b
        for b in blobs
        if b is not sign
        and b.x < sign.x0 + 0.3 * sign.width
        and b.x1 > sign.x0 - 0.1 * sign.height
        and b.height < min(0.6 * sign.height, RADICAL * em)
        and b.y0 > sign.y0 + 0.25 * sign.height
    ]


def _is_under(blob: _Blob, sign: _Blob) -> bool:
    covered = min(sign.x1, blob.x1) - max(sign.x0, blob.x0) > COVERED * blob.width
    inside = covered and sign.x0 + 0.2 * sign.width < blob.x < sign.x1 + 0.15 * sign.height
    return inside and blob.y0 > sign.y0 - 0.1 * sign.height and sign.y0 < blob.y < sign.y1 + 0.25 * sign.height


def _raised(blobs: Sequence[_Blob], em: float) -> tuple[Leaf | Raised, ...]:
    """A row without bars and roots, cut where characters are raised."""
    parts: list[tuple[bool, list[_Blob]]] = []
    base: _Blob | None = None
    ordered = sorted(blobs, key=lambda b: b.x)
    for blob, following in zip(ordered, [*ordered[1:], None], strict=True):
        up = base is not None and (_is_raised(blob, base, em) or _is_sign(blob, following, base, em))
        if not up and blob.height > TERM * em:
            base = blob
        if parts and parts[-1][0] == up:
            parts[-1][1].append(blob)
        else:
            parts.append((up, [blob]))
    cut = [(up, Leaf(tuple(b.label for b in group))) for up, group in parts]
    return tuple(Raised(Row((leaf,))) if up else leaf for up, leaf in cut)


def _is_sign(blob: _Blob, following: _Blob | None, base: _Blob, em: float) -> bool:
    """Whether a level stroke is the minus of the raised character after it."""
    if following is None or not _is_raised(following, base, em):
        return False
    level = blob.height < min(0.6 * blob.width, 0.2 * em) and blob.width > MINUS[0] * em
    return level and following.y0 < blob.y < following.y1 and blob.x1 < following.x0 + 0.1 * em


def _is_raised(blob: _Blob, base: _Blob, em: float) -> bool:
    """Whether a character stands at the upper right of its base; dots, dashes and what leans over it do not."""
    small = 0.2 * em < blob.height < RAISED * base.height and blob.width < 1.2 * em
    beside = blob.x0 > base.x and blob.x0 < base.x1 + em
    return small and beside and blob.y1 < base.y + 0.12 * base.height and blob.y < base.y0 + 0.3 * base.height
