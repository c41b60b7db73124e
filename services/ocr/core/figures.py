"""Figures of a rectified page."""

from collections.abc import Sequence

import cv2
import numpy as np

from contracts.artefacts.reading import Line, Rule
from contracts.base import Box
from services.ocr.core.flat import Leaf
from services.ocr.core.glyphs import text_height
from services.ocr.core.outlines import outlined
from services.ocr.core.rules import is_level, length_of

MIN_FIGURE = 2.2
"""Smallest figure's side, in line heights."""
MIN_INK = 0.9
"""In square line heights."""


def find_figures(leaf: Leaf, lines: Sequence[Line], rules: Sequence[Rule]) -> list[Box]:
    """Boxes of drawings and photographs on a page: connected ink that is neither text nor a ruled line."""
    (width, height), scale = leaf.size, leaf.unit
    mask = leaf.ink.copy()
    em = text_height(lines, 30 * scale)
    for line in lines:
        # A label inside a drawing is text too, but it is short; what is wiped of the drawing with it is little.
        quad = np.array(line.box, dtype=np.int32)
        cv2.fillPoly(mask, [quad], 0)
    for rule in rules:
        if length_of(rule) > (0.3 * width if is_level(rule) else 0.25 * height):
            start, end = (round(rule.start[0]), round(rule.start[1])), (round(rule.end[0]), round(rule.end[1]))
            cv2.line(mask, start, end, 0, max(5, round(7 * scale)))
    side = max(3, round(0.5 * em))
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)), np.uint8)
    boxes: list[Box] = []
    for stroke in outlined(mask):
        x, y, w, h = stroke.box
        if (
            min(w, h) >= MIN_FIGURE * em
            and w * h < 0.5 * width * height
            and stroke.own(mask).sum() >= MIN_INK * em * em
        ):
            boxes.append((float(x), float(y), float(x + w), float(y + h)))
    return _united([b for b in boxes if b[0] > 2 and b[1] > 2 and b[2] < width - 2 and b[3] < height - 2], 0.6 * em)


def _united(boxes: list[Box], near: float) -> list[Box]:
    """Boxes that touch or nearly do, as one; top to bottom."""
    done: list[Box] = []
    for box in sorted(boxes, key=lambda b: b[1]):
        merged = box
        again = True
        while again:
            touching = [o for o in done if _gap(o, merged) < near]
            again = bool(touching)
            for other in touching:
                done.remove(other)
                merged = (
                    min(merged[0], other[0]),
                    min(merged[1], other[1]),
                    max(merged[2], other[2]),
                    max(merged[3], other[3]),
                )
        done.append(merged)
    return sorted(done, key=lambda b: (b[1], b[0]))


def _gap(a: Box, b: Box) -> float:
    """Larger of the horizontal and vertical distance between two boxes; negative when they overlap."""
    return max(max(a[0], b[0]) - min(a[2], b[2]), max(a[1], b[1]) - min(a[3], b[3]))
