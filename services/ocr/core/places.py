"""Where a paper leaves room for an answer: printed brackets, underlined blanks, cells of ruled tables."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

import cv2
import numpy as np

from contracts.artefacts.reading import Line, Rule
from contracts.base import Box, Point
from services.ocr.core.flat import Mask
from services.ocr.core.glyphs import Glyph, centre_y, glyphs_of, text_height
from services.ocr.core.rules import is_level, length_of
from services.ocr.core.tables import Cell

OPEN, CLOSE = "(（〔", ")）〕"
NARROW = 1.6
"""In ems between the brackets' middles: closer ones hold print, such as (1) or f(x)."""
WIDE = 9.0
CONTENT = re.compile(r"[A-Za-z0-9√×✓✔✗✘VvXx口°/\\.,、·\-—_~ ]{0,5}")
"""What handwriting (or nothing) in a bracket is read as; a lone character may be anything."""
CROSSED = 0.8
"""In ems, the widest gap that a stroke across a rule leaves between its pieces."""
OPTION = re.compile(r"[A-H]\s*[.．、]")
"""Where the options begin no answer wraps to."""
BELOW = 0.12
"""Share of ink right under a rule from which it is a fraction bar or a root, not a blank."""

LONGEST_DASH = 2.6
"""In ems: a Chinese dash is two."""
STROKE = 1.8
"""In ems, up to which an upright rule may be the stroke of a written 4 that crosses its blank."""
BARS = 3
"""Upright rules on a level one from which it is an axis: answers hold one or two straight strokes."""


class Place(NamedTuple):
    """An answer place. box: its inside, where handwriting counts; em: size of the type around it, in pixels."""

    kind: Literal["bracket", "rule", "cell", "beside", "option"]
    box: Box
    em: float
    cell: Cell | None = None


LEAST_EM = 6.0
"""In pixels; smaller type cannot be read."""
LATIN_ADVANCE = 0.5
"""Mean advance of Latin letters in ems."""


def em_of(lines: Sequence[Line], otherwise: float) -> float:
    """Size of the body text's type: a Chinese character's advance, else the Latin letters' or the lines' height.

    Text that runs downwards has no advance: all its characters stand at one x.
    """
    chinese, latin = [], []
    for line in lines:
        if len(line.xs) != len(line.text) or line.xs[-1:] <= line.xs[:1]:
            continue
        for a, b, x0, x1 in zip(line.text, line.text[1:], line.xs, line.xs[1:], strict=False):
            if "一" <= a <= "鿿" and "一" <= b <= "鿿":
                chinese.append(x1 - x0)
            elif a.isascii() and b.isascii() and a.isalpha() and b.isalpha():
                latin.append(x1 - x0)
    if len(chinese) >= 12:
        return max(LEAST_EM, float(np.median(chinese)))
    if len(latin) >= 40:
        return max(LEAST_EM, float(np.median(latin)) / LATIN_ADVANCE)
    return max(LEAST_EM, 0.72 * text_height(lines, otherwise))


def brackets(lines: Sequence[Line], em: float) -> list[Place]:
    """Insides of bracket pairs that are wide enough to write into, whole or with one bracket lost under the ink."""
    glyphs = glyphs_of(lines)
    places: list[Place] = []
    used: set[int] = set()
    closers = [i for i, g in enumerate(glyphs) if g.char in CLOSE]
    for i, opener in enumerate(glyphs):
        if opener.char not in OPEN:
            continue
        row = [
            j
            for j in closers
            if j not in used and _level(glyphs[j], opener, em) and 0 < glyphs[j].x - opener.x < WIDE * em
        ]
        match = min(row, key=lambda j: glyphs[j].x, default=None)
        if match is not None:
            used.add(match)
            if _writable(opener, glyphs[match], glyphs, em):
                places.append(_between(opener.x, glyphs[match].x, (opener.y + glyphs[match].y) / 2, em))
        elif _last(i, opener, glyphs, em) and not _closed_below(opener, glyphs, em):
            end = max([g.x for g in glyphs if _level(g, opener, em) and 0 < g.x - opener.x < 4 * em], default=opener.x)
            places.append(_between(opener.x, max(opener.x + 2.4 * em, end + 0.8 * em), opener.y, em))
            places += _wrapped(opener, lines, em)
    for j in closers:
        if j not in used and _first(glyphs[j], glyphs, em):
            places.append(_between(glyphs[j].x - 2.6 * em, glyphs[j].x, glyphs[j].y, em))
    return places


NUMBERED = re.compile(r"\s*([^\d.．、,，:：]{0,5}?)\s*(\d{1,3})\s*[.．、](?!\d)")


def before_numbers(lines: Sequence[Line], taken: Sequence[Place], em: float) -> list[Place]:
    """Room left of a line's question number, where an answer stands: "(B)1.", "A 2.", or ink that no one could read."""
    found, bracketed = [], 0
    for line in lines:
        match = NUMBERED.match(line.text)
        if not match or len(line.xs) != len(line.text) or not re.fullmatch(r"[^一-鿿]*", match.group(1)):
            continue
        number = line.xs[match.start(2)]
        start = (line.box[0][0] + line.box[3][0]) / 2
        prefix = match.group(1)
        if number - start < (1.3 if prefix else 1.9) * em:
            continue
        bracketed += bool(re.search(r"[()（）]", prefix))
        y = centre_y(line, start)
        # The bracket's ends stand at the room's ends; contents drop them there.
        found.append(Place("beside", (start + 0.05 * em, y - 0.85 * em, number - 0.45 * em, y + 0.85 * em), em))
    if 2 * bracketed >= len(found):
        found = [place._replace(kind="bracket") for place in found]
    return [p for p in found if not any(_overlap(p.box, o.box) > 0.3 for o in taken)]


def _overlap(a: Box, b: Box) -> float:
    """Shared area as a share of the smaller box."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return max(0.0, width) * max(0.0, height) / max(1.0, smaller)


def _level(a: Glyph, b: Glyph, em: float) -> bool:
    return abs(a.y - b.y) < 0.55 * em


def _between(x0: float, x1: float, y: float, em: float) -> Place:
    return Place("bracket", (x0 + 0.22 * em, y - 0.8 * em, x1 - 0.22 * em, y + 0.8 * em), em)


def _writable(opener: Glyph, closer: Glyph, glyphs: Sequence[Glyph], em: float) -> bool:
    if closer.x - opener.x < NARROW * em:
        return False
    between = sorted((g for g in glyphs if opener.x < g.x < closer.x and _level(g, opener, em)), key=lambda g: g.x)
    text = "".join(g.char for g in between if g is not opener and g is not closer)
    room = closer.x - opener.x
    if re.fullmatch(r"[\d一二三四五六七八九十ivxIVX]{1,2}", text):
        return room > 2.1 * em
    if len(text.strip()) <= 1:
        return True
    # Print fills its brackets; handwriting of so few characters leaves room.
    return bool(CONTENT.fullmatch(text)) and room > (0.62 * len(text) + 1.3) * em


def _last(index: int, opener: Glyph, glyphs: Sequence[Glyph], em: float) -> bool:
    """Whether nothing but an unclear answer follows the opener in its row."""
    after = [g for j, g in enumerate(glyphs) if j != index and _level(g, opener, em) and 0 < g.x - opener.x < 4.5 * em]
    letters = len(after) <= 4 and all("A" <= g.char <= "H" for g in after)
    return letters or (len(after) <= 2 and all(g.x - opener.x < 2.6 * em and CONTENT.fullmatch(g.char) for g in after))


def _wrapped(opener: Glyph, lines: Sequence[Line], em: float) -> list[Place]:
    """The start of the next row, when the opener stands at its row's end and the closer was lost under ink."""
    own = [
        line
        for line in lines
        if line.box[0][0] < opener.x < line.box[1][0] + em and _near(line, opener.x, opener.y, em)
    ]
    if not own or min(line.box[0][0] for line in own) > opener.x - 8 * em:
        return []
    left = min(line.box[0][0] for line in own)
    y = opener.y + 1.7 * em
    taken = [
        line
        for line in lines
        if left - em < line.box[0][0] < left + 2.4 * em and abs(centre_y(line, left) - y) < 0.8 * em
    ]
    if any(len(line.text) > 3 or OPTION.match(line.text) for line in taken):
        return []
    if not all(CONTENT.fullmatch(line.text.strip("()（）")) for line in taken):
        return []
    return [Place("bracket", (left, y - 0.9 * em, left + 2.8 * em, y + 0.9 * em), em)]


def _near(line: Line, x: float, y: float, em: float) -> bool:
    return abs(centre_y(line, x) - y) < 0.55 * em


def _closed_below(opener: Glyph, glyphs: Sequence[Glyph], em: float) -> bool:
    """Whether the next row starts with the closing bracket: "... （" / "B）"."""
    below = [g for g in glyphs if 0.8 * em < g.y - opener.y < 2.8 * em and g.x < opener.x]
    start = min(below, key=lambda g: g.x, default=None)
    if start is None:
        return False
    return any(g.char in CLOSE and g.x - start.x < 3 * em and _level(g, start, em) for g in below)


def _first(closer: Glyph, glyphs: Sequence[Glyph], em: float) -> bool:
    """Whether nothing but an unclear answer stands left of the closer in its row."""
    before = [g for g in glyphs if g is not closer and _level(g, closer, em) and 0 < closer.x - g.x < 5 * em]
    return len(before) <= 2 and all(closer.x - g.x < 2.4 * em and CONTENT.fullmatch(g.char) for g in before)


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
        if _is_edge(rule, upright, cells, em) or _is_bar(rule, ink, em) or _is_stroke(rule, chinese, em):
            continue
        if _is_dash(rule, glyphs, em) or _carries(rule, drawn, em):
            continue
        if any(_crosses(u, rule, em) for u in drawn) or _goes_on(rule, ink, em):
            continue
        places.append(Place("rule", (x0, min(y0, y1) - 1.35 * em, x1, max(y0, y1) + 0.2 * em), em))
    places = _joined(places, ink, em)
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
    """Whether a rule is the bar of a fraction written over a longer one: ink stands between the two."""
    apart, within = blank[3] - bar[3], blank[0] - 0.3 * em < bar[0] and bar[2] < blank[2] + 0.3 * em
    if not within or not 0.4 * em < apart < 1.5 * em or bar[2] - bar[0] > 0.8 * (blank[2] - blank[0]):
        return False
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
    x0, x1 = round(rule.start[0]), round(rule.end[0])
    y = max(rule.start[1], rule.end[1])
    under = ink[round(y + 0.14 * em) + 2 : round(y + 0.55 * em), max(0, x0) : x1]
    return bool(under.size) and float(under.mean()) / 255 > BELOW


def cells_of(cells: Sequence[Cell], em: float) -> list[Place]:
    """Insides of table cells, without their borders."""
    inset = max(2.0, 0.1 * em)
    return [
        Place("cell", (x0 + inset, y0 + inset, x1 - inset, y1 - inset), em, cell)
        for cell in cells
        for x0, y0, x1, y1 in [cell.box]
        if x1 - x0 > 3 * inset and y1 - y0 > 3 * inset
    ]
