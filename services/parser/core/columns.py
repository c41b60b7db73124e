"""Text columns of a page: where no line crosses, and what stands right of the gap is text of its own.

Options in two columns and strips of numbered blanks leave gaps too; they are told apart by what begins there.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from contracts.artefacts import Page
from contracts.base import Box

_OPTION = re.compile(r"^\W{0,2}[A-HΑΒС]\s{0,2}[.．、:：,，)）\]]")
_NUMBER = re.compile(r"^\W{0,3}(\d{1,3})(?!\d)")
_ITEM = re.compile(r"^\W{0,3}\d{1,3}\s?[.．、]\s?(?!\d)")
_BESIDE = 0.75
"""Share of the texts right of a gap that stand beside options from which they are options themselves."""
_CROSSING = 0.04
"""Share of the text's height that may cross a gutter: a detector joins two columns' lines now and then."""
_SPACE = 0.15
"""Line heights: less than any space between words, and far less than a gutter."""
_SHORT = (0.55, 0.68)
"""Shares of the page's width between which a lone column is short lines: narrower, it may be the left one of two."""
_LONG_RULE = 0.4
"""A vertical rule of this share of the page's height between columns is meant as one."""


def columns_of(page: Page, boxes: Sequence[Box]) -> list[Box]:
    """Boxes of a page's columns, left to right; one around everything when there are no gutters."""
    if not boxes:
        return [(0.0, 0.0, float(page.width), float(page.height))]
    gutters = _gutters(page, boxes)
    edges = [-1.0, *gutters, float(page.width) + 1]
    shares = [_inside(boxes, a, b, gutters) for a, b in pairwise(edges)]
    return _even([_around(share) for share in shares if share] or [_around(boxes)], boxes, float(page.width))


def _gutters(page: Page, boxes: Sequence[Box]) -> list[float]:
    pitch = median(b[3] - b[1] for b in boxes)
    ruled = _ruled(page, boxes)
    found = list(ruled)
    for x in sorted(_gaps(page, boxes, pitch), key=lambda x: -_begun(page, boxes, x, pitch)):
        apart = all(abs(x - g) > 0.15 * page.width for g in found)
        if apart and not _bridged(page, boxes, x) and _parts_text(page, boxes, x, pitch):
            found.append(x)
    return sorted(found)


def _ruled(page: Page, boxes: Sequence[Box]) -> list[float]:
    """Middle lines of the sheet: long vertical rules with text on both sides."""
    out: list[float] = []
    for rule in page.rules:
        (x0, y0), (x1, y1) = rule.start, rule.end
        x = (x0 + x1) / 2
        steep = abs(y1 - y0) > _LONG_RULE * page.height and abs(x1 - x0) < 0.05 * page.height
        both = sum(b[2] < x for b in boxes) >= 3 and sum(b[0] > x for b in boxes) >= 1
        central = 0.2 * page.width < x < 0.8 * page.width and all(abs(x - g) > 0.1 * page.width for g in out)
        if steep and both and central and _crossing(boxes, x) <= 2 * _CROSSING:
            out.append(x)
    return out


def _gaps(page: Page, boxes: Sequence[Box], pitch: float) -> list[float]:
    """Middles of the vertical strips that hardly any line crosses, widest first."""
    step = max(2.0, pitch / 6)
    xs = [0.15 * page.width + i * step for i in range(int(0.7 * page.width / step) + 1)]
    free = [x for x in xs if _below_title(boxes, x) and _crossing(_body(boxes, x), x) <= _CROSSING]
    strips: list[list[float]] = []
    for x in free:
        if strips and x - strips[-1][-1] <= 1.5 * step:
            strips[-1].append(x)
        else:
            strips.append([x])
    wide = [s for s in strips if s[-1] - s[0] >= 0.5 * pitch]
    return [(s[0] + s[-1]) / 2 for s in sorted(wide, key=lambda s: s[0] - s[-1])]


def _bridged(page: Page, boxes: Sequence[Box], x: float) -> bool:
    """Whether frames run across a gap: two or more long rules, below where the text on its right begins."""
    top = min((b[1] for b in boxes if b[0] > x), default=0.0)
    long = [
        r
        for r in page.rules
        if abs(r.end[0] - r.start[0]) > 0.35 * page.width
        and min(r.start[0], r.end[0]) < x - 0.05 * page.width
        and max(r.start[0], r.end[0]) > x + 0.05 * page.width
        and (r.start[1] + r.end[1]) / 2 > top
    ]
    return len(long) >= 2


def _crosses(box: Box, x: float) -> bool:
    slack = 0.3 * (box[3] - box[1])
    return box[0] + slack < x < box[2] - slack


def _crossing(boxes: Sequence[Box], x: float) -> float:
    total = sum(b[3] - b[1] for b in boxes)
    return sum(b[3] - b[1] for b in boxes if _crosses(b, x)) / total if total else 1.0


def _body(boxes: Sequence[Box], x: float) -> list[Box]:
    """Lines below the head that runs across both columns."""
    right = [b[1] for b in boxes if b[0] > x]
    top = min(right, default=0.0)
    return [b for b in boxes if not (_crosses(b, x) and b[3] < top + 0.5 * (b[3] - b[1]))]


def _below_title(boxes: Sequence[Box], x: float) -> bool:
    left = sum(b[2] <= x for b in boxes)
    return left >= 3 and any(b[0] >= x for b in boxes)


def _parts_text(page: Page, boxes: Sequence[Box], x: float, pitch: float) -> bool:
    """Whether what begins right of a gap is a column: not options, not the next blank of a strip, not a lone scrap."""
    printed = [(b, q.text) for b, q in zip(boxes, page.lines, strict=True) if q.script == "printed"]
    right = [(b, text) for b, text in printed if b[0] >= x - 0.3 * pitch]
    left = [(b, text) for b, text in printed if b[2] <= x + 0.3 * pitch]
    if not right or sum(b[3] - b[1] for b, _ in right) < 2.5 * pitch:
        return False
    edge = min(b[0] for b, _ in right)
    first = [(b, t) for b, t in right if b[0] < edge + 4 * pitch]
    options = sum(bool(_OPTION.match(t)) for _, t in first)
    if first and options >= 0.4 * len(first) and not _numbers(first):
        return False
    if _continues_options(left, first, pitch):
        return False
    widest = max(b[2] - b[0] for b, _ in right)
    if widest < 0.18 * page.width and not _numbers(first):
        return False
    return not (_interleaved(left, first, pitch) or _cut_in_two(boxes, x, pitch))


def _cut_in_two(boxes: Sequence[Box], x: float, pitch: float) -> bool:
    """Whether lines go on across a gap without a space: one was read in pieces, and their ends happen to lie below others."""
    left = [b for b in boxes if b[2] <= x + 0.3 * pitch]
    right = [b for b in boxes if b[0] >= x - 0.3 * pitch]
    cut = sum(any(abs(b[0] - a[2]) < _SPACE * pitch and _on_one_level(a, b) for a in left) for b in right)
    return cut > _CROSSING * len(right)


def _on_one_level(a: Box, b: Box) -> bool:
    return abs(a[1] + a[3] - b[1] - b[3]) < min(a[3] - a[1], b[3] - b[1])


def _begun(page: Page, boxes: Sequence[Box], x: float, pitch: float) -> int:
    """How many numbers begin at the edge of what stands right of a gap; two tell as much as more."""
    right = [(b, q.text) for b, q in zip(boxes, page.lines, strict=True) if b[0] >= x - 0.3 * pitch]
    edge = min((b[0] for b, _ in right), default=0.0)
    return min(2, sum(b[0] < edge + pitch and bool(_ITEM.match(text)) for b, text in right))


def _continues_options(left: Sequence[tuple[Box, str]], right: Sequence[tuple[Box, str]], pitch: float) -> bool:
    """Whether what begins right of a gap are last options, even if their letters are under rings: A. B. C. | D."""
    options = [(b[1] + b[3]) / 2 for b, text in left if _OPTION.match(text)]
    level = [any(abs((b[1] + b[3]) / 2 - y) < 0.5 * pitch for y in options) for b, _ in right]
    plain = any(beside and _OPTION.match(text) for beside, (_, text) in zip(level, right, strict=True))
    return plain and sum(level) >= _BESIDE * len(level)


def _numbers(lines: Sequence[tuple[Box, str]]) -> int:
    return sum(bool(_NUMBER.match(t)) for _, t in lines)


def _interleaved(left: Sequence[tuple[Box, str]], right: Sequence[tuple[Box, str]], pitch: float) -> bool:
    """Whether numbers count up across the gap in the same row (13 | 14): one strip, no columns."""
    pairs = 0
    numbered = [(b, int(m[1])) for b, t in right if (m := _NUMBER.match(t))]
    for box, number in numbered:
        middle = (box[1] + box[3]) / 2
        beside = [
            int(m[1]) for b, t in left if abs((b[1] + b[3]) / 2 - middle) < 0.5 * pitch and (m := _NUMBER.match(t))
        ]
        pairs += any(number - n in (1, 2, 3) for n in beside)
    return pairs >= max(1, 0.5 * len(numbered)) if numbered else False


def _inside(boxes: Sequence[Box], a: float, b: float, gutters: Sequence[float]) -> list[Box]:
    """Boxes whose middle lies between two gutters and that cross none."""
    return [box for box in boxes if a < (box[0] + box[2]) / 2 <= b and not any(_crosses(box, g) for g in gutters)]


def _around(boxes: Sequence[Box]) -> Box:
    """The box around a column; a scrap far left of its lines is none of them."""
    ranked = sorted(boxes)
    scraps = next((i for i, (a, b) in enumerate(pairwise(ranked)) if not _is_scrap(a, b)), 0)
    x0, y0, x1, y1 = zip(*ranked[scraps:], strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def _is_scrap(box: Box, following: Box) -> bool:
    """Whether a box is a lone sign's, with more room behind it than between words."""
    height = box[3] - box[1]
    return box[2] - box[0] < 1.5 * height and following[0] - box[2] > height


def _even(columns: list[Box], boxes: Sequence[Box], width: float) -> list[Box]:
    """Columns of a page are equally wide: one that holds only short lines reaches as far as the widest would.

    A lone column of short lines that end here and there keeps the right margin as wide as the left one.
    """
    if not columns:
        return columns
    if len(columns) == 1:
        x0, y0, x1, y1 = columns[0]
        flush = sum(b[2] > x1 - 0.03 * width for b in boxes)
        ragged = flush <= 2 and _SHORT[0] < (x1 - x0) / width < _SHORT[1] and x0 < 0.2 * width
        return [(x0, y0, max(x1, width - x0), y1)] if ragged else columns
    widest = max(c[2] - c[0] for c in columns)
    out = []
    for i, (x0, y0, x1, y1) in enumerate(columns):
        limit = columns[i + 1][0] - 4 if i + 1 < len(columns) else width
        out.append((x0, y0, max(x1, min(x0 + widest, limit)), y1))
    return out
