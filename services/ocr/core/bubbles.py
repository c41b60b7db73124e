"""Answer-card bubbles without a template: equal outlined shapes (or printed [A] brackets) in regular rows."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from contracts.artefacts.reading import Bubble, Line
from services.ocr.core import lattice
from services.ocr.core.counters import of_words
from services.ocr.core.engine import Engine
from services.ocr.core.flat import INK_BELOW, Leaf, Mask
from services.ocr.core.glyphs import Glyph, glyphs_of, height_of
from services.ocr.core.lattice import Group, Shape
from services.ocr.core.numbers import Numbers

FAINT_BELOW = 218
"""As INK_BELOW, for outlines in pale colour."""
MIN_SIDE, MAX_SIDE = 9, 190
ASPECTS = (0.45, 3.2)
MIN_AREA = 0.68
"""Share of its bounding box that a hole fills: a circle 0.785, a box about 1."""
COVERED = 0.5
"""Share of ink from which a place beside a bubble is taken for a filled bubble rather than for print."""
MIN_BUBBLES = 6
MIN_USED = 0.6
"""Share of the equal shapes of a page that must belong to items."""
MIN_CONTRAST = 0.25
"""A page whose darkest bubble is not darker than the empty ones by this is a page of empty ones."""
MAX_KINDS = 3
MANY_MORE = 1.5
"""Times the bubbles of plain outlines from which the faint outlines are the card."""


class _Kind(NamedTuple):
    """Shapes of one size."""

    width: float
    height: float
    seeds: list[Shape]
    slope: float = 0.0


def find_bubbles(leaf: Leaf, lines: Sequence[Line], engine: Engine) -> list[Bubble]:
    """Bubbles of a page, item by item. `lines` give the item numbers and the printed labels.

    Numbers too small for the lines to hold are read one by one with the engine.
    """
    flat = leaf.grey
    ink = np.asarray(cv2.threshold(flat, INK_BELOW, 255, cv2.THRESH_BINARY_INV)[1], np.uint8)
    found: list[Bubble] = []
    for kind, groups in _cards(leaf, ink, lines):
        numbers = Numbers(groups, (kind.width, kind.height), kind.slope).read(lines, leaf.bgr, engine)
        found += _bubbles(groups, kind, flat, lines, numbers, first=len({b.group for b in found}))
    return found


def _cards(leaf: Leaf, ink: Mask, lines: Sequence[Line]) -> list[tuple[_Kind, list[Group]]]:
    """Kinds of bubbles with their items. ink: what counts as filled."""
    # Machine-read cards print faint outlines, in a colour their readers do not see, next to examples in a darker one.
    words = of_words(lines)
    plain, faint = (_outlined(leaf, below, ink, words) for below in (INK_BELOW, FAINT_BELOW))
    if cards := faint if _count(faint) > MANY_MORE * _count(plain) else plain:
        return cards
    grouped = [_grouped(kind, ink) for kind in _printed(lines)]
    return [(kind, groups) for kind, groups in grouped if sum(map(len, groups)) >= MIN_BUBBLES]


def _outlined(leaf: Leaf, below: int, ink: Mask, words: Sequence[Glyph]) -> list[tuple[_Kind, list[Group]]]:
    """Kinds whose outlines are darker than `below`, with their items; the rooms inside characters are left out."""
    outlines = np.asarray(cv2.threshold(leaf.darkest, below, 255, cv2.THRESH_BINARY_INV)[1], np.uint8)
    grouped = [_grouped(kind, ink) for kind in _kinds(outlines, leaf.unit, words)]
    return [(kind, groups) for kind, groups in grouped if sum(map(len, groups)) >= MIN_BUBBLES]


def _count(cards: Sequence[tuple[_Kind, list[Group]]]) -> int:
    return sum(len(group) for _, groups in cards for group in groups)


def _kinds(ink: Mask, scale: float, words: Sequence[Glyph]) -> list[_Kind]:
    """Clusters of equal holes that are not rooms inside characters, largest cluster first."""
    contours, hierarchy = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None:
        return []
    boxes = []
    for contour, links in zip(contours, hierarchy[0], strict=True):
        if links[3] < 0:
            continue
        x, y, width, height = cv2.boundingRect(contour)
        if not MIN_SIDE * scale <= min(width, height) <= max(width, height) <= MAX_SIDE * scale:
            continue
        if ASPECTS[0] <= width / height <= ASPECTS[1] and cv2.contourArea(contour) >= MIN_AREA * (width - 1) * (
            height - 1
        ):
            boxes.append((x, y, width, height))
    left = _bare(np.array(boxes, dtype=np.float64).reshape(-1, 4), words)
    kinds: list[_Kind] = []
    while len(left) >= MIN_BUBBLES // 2 and len(kinds) < MAX_KINDS:
        sizes = np.log(left[:, 2:])
        near = np.abs(sizes[:, None] - sizes[None]).max(axis=2) < 0.16
        member = near[near.sum(axis=1).argmax()]
        chosen, left = left[member], left[~member]
        if len(chosen) < MIN_BUBBLES // 2:
            break
        width, height = np.median(chosen[:, 2:], axis=0)
        seeds = [Shape(x + w / 2, y + h / 2) for x, y, w, h in chosen]
        kinds.append(_Kind(float(width), float(height), seeds))
    return kinds


def _bare(boxes: npt.NDArray[np.float64], words: Sequence[Glyph]) -> npt.NDArray[np.float64]:
    """The holes (x, y, width, height) but for those that are smaller than a character and stand where one is read."""
    if not words or not len(boxes):
        return boxes
    x, y, height = (np.array([getattr(glyph, name) for glyph in words]) for name in ("x", "y", "height"))
    across = np.abs(boxes[:, None, 0] + boxes[:, None, 2] / 2 - x) < 0.35 * height
    along = np.abs(boxes[:, None, 1] + boxes[:, None, 3] / 2 - y) < 0.5 * height
    inside = boxes[:, None, 3] < 0.75 * height
    rooms: npt.NDArray[np.bool_] = (across & along & inside).any(axis=1)
    return np.asarray(boxes[~rooms])


def _printed(lines: Sequence[Line]) -> list[_Kind]:
    """Bubbles that are only printed brackets, [A] [B] [C] [D]: the letters that OCR could still read."""
    seeds, heights, widths = [], [], []
    for line in lines:
        if len(line.xs) != len(line.text) or len(re.findall(r"[\[【〔［][A-H]?|[A-H][\]】〕］]", line.text)) < 2:
            continue
        letters = [g for g in glyphs_of([line]) if g.char in "ABCDEFGH"]
        seeds += [Shape(g.x, g.y) for g in letters]
        heights.append(0.62 * height_of(line))
        widths.append(0.9 * height_of(line))
    return [_Kind(float(np.median(widths)), float(np.median(heights)), seeds)] if len(seeds) >= 3 else []


def _grouped(kind: _Kind, ink: Mask) -> tuple[_Kind, list[Group]]:
    pitch = lattice.pitch_of(kind.seeds, kind.width, kind.height)
    # Cells of a table share their walls; bubbles stand apart.
    if pitch is None or pitch < 1.12 * kind.width + 3:
        return kind, []

    def covered(x: float, y: float) -> bool:
        return _mean(ink, x, y, kind, 0.8) > COVERED

    slope = lattice.slope_of(kind.seeds, pitch, kind.height)
    groups = lattice.items(kind.seeds, pitch, kind.height, slope, covered)
    # Holes of characters are everywhere; a card's shapes are nearly all in its rows.
    used = sum(shape.seen for group in groups for shape in group)
    return kind._replace(slope=slope), groups if used >= MIN_USED * len(kind.seeds) else []


def _mean(values: Mask, x: float, y: float, kind: _Kind, share: float) -> float:
    """Mean (0..1) over the inner `share` of a shape at (x, y)."""
    half_width, half_height = kind.width * share / 2, kind.height * share / 2
    top, bottom = max(0, round(y - half_height)), round(y + half_height) + 1
    left, right = max(0, round(x - half_width)), round(x + half_width) + 1
    patch = values[top:bottom, left:right]
    return float(patch.mean()) / 255 if patch.size else 0.0


def _bubbles(
    groups: list[Group], kind: _Kind, flat: Mask, lines: Sequence[Line], numbers: Sequence[int | None], *, first: int
) -> list[Bubble]:
    darkness = [[1 - _mean(flat, s.x, s.y, kind, 0.72) for s in group] for group in groups]
    fills = _normalised(darkness)
    labels = _labels(groups, kind, glyphs_of(lines))
    return [
        Bubble(
            box=(s.x - kind.width / 2, s.y - kind.height / 2, s.x + kind.width / 2, s.y + kind.height / 2),
            fill=round(fill, 4),
            group=first + index,
            index=place,
            label=labels[min(place, len(labels) - 1)],
            number=None if numbers[index] is None else str(numbers[index]),
        )
        for index, group in enumerate(groups)
        for place, (s, fill) in enumerate(zip(group, fills[index], strict=True))
    ]


def _normalised(darkness: list[list[float]]) -> list[list[float]]:
    """Darkness to fill: 0 at what empty bubbles of that label show (their printed letter), 1 at the page's filled ones."""
    everything = np.concatenate([np.array(row) for row in darkness])
    empty = float(np.percentile(everything, 30))
    full = max(float(np.percentile(everything, 97)), empty + MIN_CONTRAST)
    by_label = []
    for place in range(max(map(len, darkness))):
        column = [row[place] for row in darkness if place < len(row)]
        # A label that most pupils chose is mostly filled: its own level must stay near the page's.
        by_label.append(min(float(np.percentile(column, 30)), empty + 0.35 * (full - empty)))
    return [
        [float(np.clip((d - by_label[i]) / (full - by_label[i]), 0, 1)) for i, d in enumerate(row)] for row in darkness
    ]


def _labels(groups: list[Group], kind: _Kind, glyphs: Sequence[Glyph]) -> list[str]:
    """A, B, C ... by position, or what is printed inside most bubbles of a position when it is another row of characters.

    A row that is mostly A, B, C ... is that, whatever a filled bubble's letter looks like: an O is a C there.
    """
    length = max(map(len, groups))
    default = [chr(ord("A") + i) if i < 26 else str(i) for i in range(length)]
    votes: list[dict[str, int]] = [{} for _ in range(length)]
    inside = [g for g in glyphs if g.char.isalnum() or g.char in "√×"]
    xs = np.array([g.x for g in inside])
    ys = np.array([g.y for g in inside])
    for group in groups if inside else ():
        for place, s in enumerate(group):
            near = (np.abs(xs - s.x) < 0.45 * kind.width) & (np.abs(ys - s.y) < 0.5 * kind.height)
            for i in np.flatnonzero(near):
                votes[place][inside[i].char] = votes[place].get(inside[i].char, 0) + 1
    printed = [max(v, key=lambda c: (v[c], c)) if v else "" for v in votes]
    sure = all(p and v[p] >= 2 and v[p] > 0.6 * sum(v.values()) for p, v in zip(printed, votes, strict=True))
    usual = sum(p == letter for p, letter in zip(printed, default, strict=True))
    return printed if sure and len(set(printed)) == length and 2 * usual < length else default
