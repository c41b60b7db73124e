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
from services.ocr.core.likeness import Likeness
from services.ocr.core.numbers import Numbers
from services.ocr.core.rows import FLAT, Level, level_of

Boxes = npt.NDArray[np.float64]
"""(n, 4): x, y, width, height."""

INK_LEVELS = (INK_BELOW, 165, 130)
"""Where a lens joins the letter inside to its outline, the two still stand apart in darker ink."""
FAINT_LEVELS = (218, 234)
"""The same for outlines in a pale colour, which are paler still where they are thin."""
MIN_SIDE, MAX_SIDE = 9, 190
ASPECTS = (0.45, 3.2)
MIN_AREA = 0.68
"""Share of its bounding box that a hole fills: a circle 0.785, a box about 1."""
COVERED = 0.5
"""Share of ink from which a place beside a bubble is taken for a filled bubble rather than for print."""
ALIKE = 0.6
"""Correlation with the mean of the bubbles seen, from which a place shows one whose outline is broken."""
MIN_BUBBLES = 6
MIN_USED = 0.6
"""Share of the equal shapes of a page that must belong to items."""
MIN_USED_PAIRS = 0.8
"""The same where items have two: halves of characters stand in pairs, too."""
MIN_CONTRAST = 0.25
"""A page whose darkest bubble is not darker than the empty ones by this is a page of empty ones."""
EQUAL = 0.16
"""Difference of the logarithms of two bubbles' sides, at most."""
WALL = 3
"""Pixels, at scale 1, between two cells that share a wall."""
MAX_KINDS = 3
MANY_MORE = 1.5
"""Times the bubbles of plain outlines from which the faint outlines are the card."""


class _Kind(NamedTuple):
    """Shapes of one size."""

    width: float
    height: float
    seeds: list[Shape]
    level: Level = FLAT


_Card = tuple[_Kind, list[Group]]
"""A kind of bubbles with its items."""


def find_bubbles(leaf: Leaf, lines: Sequence[Line], engine: Engine) -> list[Bubble]:
    """Bubbles of a page, item by item. `lines` give the item numbers and the printed labels.

    Numbers too small for the lines to hold are read one by one with the engine.
    """
    flat = leaf.grey
    ink = np.asarray(cv2.threshold(flat, INK_BELOW, 255, cv2.THRESH_BINARY_INV)[1], np.uint8)
    found: list[Bubble] = []
    for kind, groups in _cards(leaf, ink, lines):
        numbers = Numbers(groups, (kind.width, kind.height), kind.level).read(lines, leaf.bgr, engine)
        found += _bubbles(groups, kind, flat, lines, numbers, first=len({b.group for b in found}))
    return found


def _cards(leaf: Leaf, ink: Mask, lines: Sequence[Line]) -> list[_Card]:
    """Kinds of bubbles with their items. ink: what counts as filled."""
    # Machine-read cards print faint outlines, in a colour their readers do not see, next to examples in a darker one.
    words = of_words(lines)
    plain, faint = (_outlined(leaf, levels, ink, words) for levels in (INK_LEVELS, FAINT_LEVELS))
    if cards := faint if _beside(faint, plain) > MANY_MORE * _seen(plain) else plain:
        return cards
    grouped = [_grouped(kind, ink, leaf) for kind in _printed(lines)]
    return [(kind, groups) for kind, groups in grouped if sum(map(len, groups)) >= MIN_BUBBLES]


def _outlined(leaf: Leaf, levels: Sequence[int], ink: Mask, words: Sequence[Glyph]) -> list[_Card]:
    """Kinds whose outlines are darker than any of `levels`, with their items; the rooms inside characters are left out."""
    found = np.empty((0, 4))
    for below in levels:
        # Outlines that are paler still belong to a card whose rows showed already; noise would be most of what is found.
        if below > levels[0] and not any(_pitch(kind) for kind in _kinds(_bare(found, words))):
            break
        outlines = np.asarray(cv2.threshold(leaf.darkest, below, 255, cv2.THRESH_BINARY_INV)[1], np.uint8)
        found = np.concatenate([found, _new(_holes(outlines, leaf.unit), found)])
    cards: list[_Card] = []
    for bare in sorted(_kinds(_bare(found, words)), key=lambda kind: -kind.width * kind.height):
        kind, groups = _grouped(bare, ink, leaf)
        # What a letter leaves of its box stands as evenly as the boxes.
        if sum(map(len, groups)) >= MIN_BUBBLES and 2 * _beside([(kind, groups)], cards) > _seen([(kind, groups)]):
            cards.append((kind, groups))
    return cards


def _seen(cards: Sequence[_Card]) -> int:
    return sum(shape.seen for _, groups in cards for group in groups for shape in group)


def _beside(cards: Sequence[_Card], others: Sequence[_Card]) -> int:
    """Bubbles seen that are no rooms inside bubbles of `others`, such as a letter in a box leaves."""
    taken = [(s.x, s.y, kind.width / 2, kind.height / 2) for kind, groups in others for group in groups for s in group]
    inside = np.array(taken).reshape(-1, 4)
    own = np.array([(s.x, s.y) for _, groups in cards for group in groups for s in group if s.seen]).reshape(-1, 2)
    within: npt.NDArray[np.bool_] = (np.abs(own[:, None] - inside[:, :2]) < inside[:, 2:]).all(axis=2)
    return int((~within.any(axis=1)).sum())


def _holes(ink: Mask, scale: float) -> Boxes:
    """Holes (x, y, width, height) in the ink that are as large and as convex as a bubble may be."""
    contours, hierarchy = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    boxes = []
    inner = () if hierarchy is None else np.flatnonzero(np.asarray(hierarchy)[0, :, 3] >= 0).tolist()
    for index in inner:
        x, y, width, height = cv2.boundingRect(contours[index])
        if not MIN_SIDE * scale <= min(width, height) <= max(width, height) <= MAX_SIDE * scale:
            continue
        least = MIN_AREA * (width - 1) * (height - 1)
        if ASPECTS[0] <= width / height <= ASPECTS[1] and cv2.contourArea(contours[index]) >= least:
            boxes.append((x, y, width, height))
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)


def _new(boxes: Boxes, known: Boxes) -> Boxes:
    """The boxes but for those that are known ones, seen in darker ink."""
    if not len(boxes) or not len(known):
        return boxes
    near = (
        np.abs((boxes[:, None, :2] + boxes[:, None, 2:] / 2) - (known[:, :2] + known[:, 2:] / 2)) < 0.3 * known[:, 2:]
    )
    equal = np.abs(np.log(boxes[:, None, 2:]) - np.log(known[:, 2:])) < 2 * EQUAL
    return np.asarray(boxes[~(near & equal).all(axis=2).any(axis=1)])


def _kinds(left: Boxes) -> list[_Kind]:
    """Clusters of equal holes, largest cluster first."""
    kinds: list[_Kind] = []
    while len(left) >= MIN_BUBBLES // 2 and len(kinds) < MAX_KINDS:
        sizes = np.log(left[:, 2:])
        near = np.abs(sizes[:, None] - sizes[None]).max(axis=2) < EQUAL
        member = near[near.sum(axis=1).argmax()]
        chosen, left = left[member], left[~member]
        if len(chosen) < MIN_BUBBLES // 2:
            break
        width, height = np.median(chosen[:, 2:], axis=0)
        seeds = [Shape(x + w / 2, y + h / 2) for x, y, w, h in chosen]
        kinds.append(_Kind(float(width), float(height), seeds))
    return kinds


def _bare(boxes: Boxes, words: Sequence[Glyph]) -> Boxes:
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


def _grouped(kind: _Kind, ink: Mask, leaf: Leaf) -> tuple[_Kind, list[Group]]:
    pitch = _pitch(kind)
    # Cells of a table share their walls; bubbles stand apart.
    if pitch is None or pitch - kind.width < max(0.12 * kind.width, WALL * leaf.unit):
        return kind, []

    likeness = Likeness(leaf.darkest, kind.seeds, (kind.width, kind.height))

    def covered(x: float, y: float) -> bool:
        return _mean(ink, x, y, kind, 0.8) > COVERED or likeness.at(x, y) > ALIKE

    level = level_of(kind.seeds, pitch, kind.height)
    groups = lattice.items(kind.seeds, pitch, kind.height, level.at, covered)
    # Holes of characters are everywhere; a card's shapes are nearly all in its rows.
    used = sum(shape.seen for group in groups for shape in group)
    least = MIN_USED if max(map(len, groups), default=0) > 2 else MIN_USED_PAIRS
    return kind._replace(level=level), groups if used >= least * len(kind.seeds) else []


def _pitch(kind: _Kind) -> float | None:
    return lattice.pitch_of(kind.seeds, kind.width, kind.height)


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
