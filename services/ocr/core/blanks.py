"""Room above level rules that are underlined blanks."""

from collections.abc import Sequence

import cv2
import numpy as np

from contracts.artefacts.reading import Line, Rule
from contracts.base import Box, Point
from services.ocr.core.flat import Mask
from services.ocr.core.glyphs import Glyph, glyphs_of
from services.ocr.core.overrun import carried_on
from services.ocr.core.places import Place
from services.ocr.core.rules import is_level, length_of
from services.ocr.core.tables import Cell

CROSSED = 0.8
"""In ems, the widest gap that a stroke across a rule leaves between its pieces."""
BELOW = 0.12
"""Share of ink right under a rule from which it is a fraction bar or a root, not a blank."""
THIN, FURTHER = 0.7, 0.05
"""Share of the rows under a rule that dashes take up at most; share of ink a little further down, where characters go on."""
LONGEST_DASH = 2.6
"""In ems: a Chinese dash is two."""
STROKE = 1.8
"""In ems, up to which an upright rule may be the stroke of a written 4 that crosses its blank."""
NEAREST = 1.0
"""In ems: rules of two rows are further apart."""
BARS = 3
"""Upright rules on a level one from which it is an axis: answers hold one or two straight strokes."""


def blanks(rules: Sequence[Rule], cells: Sequence[Cell], lines: Sequence[Line], ink: Mask, em: float) -> list[Place]:
    """Room above level rules that are underlined blanks: no table's or frame's edge, no fraction bar, no figure's axis."""
    upright = [r for r in rules if not is_level(r) and length_of(r) > 1.2 * em]
    drawn = [r for r in upright if length_of(r) > STROKE * em]
    width = ink.shape[1]
    glyphs = glyphs_of(lines)
    chinese = [g for g in glyphs if "一" <= g.char <= "鿿"]
    text = _extent(lines)
    places = []
    for rule in rules:
        (x0, y0), (x1, y1) = rule.start, rule.end
        if not is_level(rule) or not 1.6 * em < length_of(rule) < 0.92 * width:
            continue
        if not (text[0] - 3 * em < x0 and x1 < text[2] + 6 * em and text[1] - 3 * em < y0 < text[3] + 6 * em):
            continue
        if _is_edge(rule, upright, cells, em) or _is_stroke(rule, chinese, em):
            continue
        if _is_bar(rule, ink, em) and not _runs_under(rule, glyphs, em):
            continue
        if _is_dash(rule, glyphs, em) or _carries(rule, drawn, em):
            continue
        if any(_crosses(u, rule, em) for u in drawn) or _goes_on(rule, ink, em):
            continue
        places.append(Place("rule", (x0, min(y0, y1) - 1.35 * em, x1, max(y0, y1) + 0.2 * em), em))
    places = carried_on(_joined(places, ink, em), lines, ink)
    return [place for place in places if not any(_divides(place.box, other.box, ink, em) for other in places)]


def _joined(places: Sequence[Place], ink: Mask, em: float) -> list[Place]:
    """Places of rules, those made one that only a stroke across their rule parts."""
    found: list[Place] = []
    for place in sorted(places, key=lambda p: (round(p.box[3] / em), p.box[0])):
        last = found[-1].box if found else None
        if last is not None and _is_crossed(last, place.box, ink, em):
            box = (last[0], min(last[1], place.box[1]), place.box[2], max(last[3], place.box[3]))
            found[-1] = place._replace(box=box)
        else:
            found.append(place)
    return found


def _is_crossed(left: Box, right: Box, ink: Mask, em: float) -> bool:
    """Whether writing runs from above to below the rule in the gap between two of its pieces."""
    gap, y = right[0] - left[2], left[3] - 0.2 * em
    if abs(right[3] - left[3]) > 0.2 * em or not 0 < gap < CROSSED * em:
        return False
    across = ink[:, max(0, round(left[2]) - 2) : round(right[0]) + 3] > 0
    above, below = (across[max(0, round(y + a * em)) : round(y + b * em)].any() for a, b in ((-0.6, -0.15), (0.1, 0.3)))
    return bool(above and below)


def _divides(bar: Box, blank: Box, ink: Mask, em: float) -> bool:
    """Whether a rule is a stroke of what is written over a longer one: no row is so near, or ink stands between the two."""
    apart, within = blank[3] - bar[3], blank[0] - 0.3 * em < bar[0] and bar[2] < blank[2] + 0.3 * em
    if not within or not 0.4 * em < apart < 1.5 * em or bar[2] - bar[0] > 0.8 * (blank[2] - blank[0]):
        return False
    if apart < NEAREST * em:
        return True
    y0, y1 = round(bar[3] - 0.05 * em), round(blank[3] - 0.35 * em)
    return bool((ink[y0:y1, round(bar[0]) : round(bar[2])] > 0).any())


def _extent(lines: Sequence[Line]) -> Box:
    """The box around all text: desks and shadows have straight lines too."""
    if not lines:
        return 0.0, 0.0, 0.0, 0.0
    xs, ys = [p[0] for line in lines for p in line.box], [p[1] for line in lines for p in line.box]
    return min(xs), min(ys), max(xs), max(ys)


def _goes_on(rule: Rule, ink: Mask, em: float) -> bool:
    """Whether a stroke leads on from both ends: the flat part of an arc. Print beside a blank stands apart from it."""
    return all(_leads_on(end, step, ink, em) for end, step in ((rule.start, -1), (rule.end, 1)))


def _leads_on(end: Point, step: int, ink: Mask, em: float) -> bool:
    """Whether ink that hangs together with the rule's end crosses the strip beyond it. step: 1 rightwards, -1 leftwards."""
    near, reach = max(4, round(0.3 * em)), max(2, round(0.18 * em))
    x, y = round(end[0]), round(end[1])
    x0, x1 = sorted((x - step * 4, x + step * near))
    patch = ink[max(0, y - reach) : y + reach + 1, max(0, x0) : x1 + 1]
    if not patch.size:
        return False
    labels = cv2.connectedComponents(np.ascontiguousarray(patch if step > 0 else patch[:, ::-1]), connectivity=8)[1]
    own = set(labels[:, :3].ravel().tolist()) - {0}
    beyond = labels[:, -2:]
    return bool(own & set(beyond.ravel().tolist()))


def _is_stroke(rule: Rule, glyphs: Sequence[Glyph], em: float) -> bool:
    """Whether a short rule runs through or right under the bodies of Chinese characters: strokes that happen to join."""
    length = rule.end[0] - rule.start[0]
    if length > 3.2 * em:
        return False
    y = (rule.start[1] + rule.end[1]) / 2
    over = [
        g for g in glyphs if rule.start[0] - 0.3 * em < g.x < rule.end[0] + 0.3 * em and -0.5 * em < y - g.y < 0.5 * em
    ]
    return len(over) >= 0.6 * length / em


def _is_dash(rule: Rule, glyphs: Sequence[Glyph], em: float) -> bool:
    """Whether a short rule runs between two characters at the height of their middles, where a blank runs under them."""
    if length_of(rule) > LONGEST_DASH * em:
        return False
    (x0, y0), (x1, y1) = rule.start, rule.end
    before = any(-0.2 * em < x0 - g.x < 1.6 * em and abs(g.y - y0) < 0.27 * em for g in glyphs)
    return before and any(-0.2 * em < g.x - x1 < 1.6 * em and abs(g.y - y1) < 0.27 * em for g in glyphs)


def _runs_under(rule: Rule, glyphs: Sequence[Glyph], em: float) -> bool:
    """Whether the print right beside a rule stands on its height, as beside blanks, whatever reaches up to it from the next row.

    A fraction's bar runs at the middle of its line.
    """
    ends = ((rule.start, -1), (rule.end, 1))
    beside = [y - g.y for (x, y), step in ends for g in glyphs if -0.2 * em < step * (g.x - x) < 1.2 * em]
    return any(0.25 * em < up < 0.8 * em for up in beside) and not any(abs(up) <= 0.25 * em for up in beside)


def _carries(rule: Rule, upright: Sequence[Rule], em: float) -> bool:
    """Whether several upright rules end on the level one: bars on a chart's axis."""
    x0, x1 = rule.start[0] - 0.3 * em, rule.end[0] + 0.3 * em
    standing = [u for u in upright if x0 < u.end[0] < x1 and abs(u.end[1] - rule.start[1]) < 0.5 * em]
    return len(standing) >= BARS


def _crosses(upright: Rule, rule: Rule, em: float) -> bool:
    """Whether an upright rule crosses the level one inside: axes of a drawing."""
    x, y = (upright.start[0] + upright.end[0]) / 2, (rule.start[1] + rule.end[1]) / 2
    inside = rule.start[0] + 0.5 * em < x < rule.end[0] - 0.5 * em
    return inside and upright.start[1] < y - 0.5 * em and upright.end[1] > y + 0.7 * em


def _is_edge(rule: Rule, upright: Sequence[Rule], cells: Sequence[Cell], em: float) -> bool:
    near = 0.4 * em
    for (x0, y0, x1, y1), *_ in cells:
        across = min(rule.end[0], x1) - max(rule.start[0], x0) > 0.5 * min(x1 - x0, rule.end[0] - rule.start[0])
        if across and min(abs(rule.start[1] - y0), abs(rule.start[1] - y1)) < near:
            return True
    # A frame's edge meets upright rules at both ends.
    met = [
        any(abs(u.start[0] - x) < near and u.start[1] - near < y < u.end[1] + near for u in upright)
        for x, y in (rule.start, rule.end)
    ]
    return all(met)


def _is_bar(rule: Rule, ink: Mask, em: float) -> bool:
    """Whether characters stand right under a rule; the dashes of a frame's edge are ink too, but end sooner."""
    x0, x1 = max(0, round(rule.start[0])), round(rule.end[0])
    y = max(rule.start[1], rule.end[1])
    under = ink[round(y + 0.14 * em) + 2 : round(y + 0.55 * em), x0:x1]
    further = ink[round(y + 0.5 * em) : round(y + 0.7 * em), x0:x1]
    if not under.size or not further.size:
        return False
    thin = np.count_nonzero(under.any(axis=1)) <= THIN * len(under) and float(further.mean()) / 255 <= FURTHER
    return float(under.mean()) / 255 > BELOW and not thin
