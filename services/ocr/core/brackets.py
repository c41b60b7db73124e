"""Insides of printed brackets that are wide enough to write into."""

import re
from collections.abc import Sequence

from contracts.artefacts.reading import Line
from services.ocr.core.flat import Mask
from services.ocr.core.glyphs import Glyph, centre_y, glyphs_of
from services.ocr.core.parens import unread
from services.ocr.core.places import Place

OPEN, CLOSE = "(（〔", ")）〕"
NARROW = 1.6
"""In ems between the brackets' middles: closer ones hold print, such as (1) or f(x)."""
TIGHT = 2.2
"""The same, up to which a character fills its brackets as print does."""
WIDE = 9.0
CONTENT = re.compile(r"[A-Za-z0-9√×✓✔✗✘VvXx口□°/\\.,、·\-—_~ ]{0,5}")
"""What handwriting (or nothing) in a bracket is read as; a lone character may be anything."""
ANSWERS, MOST_LETTERS = "ABCDEFGH√×✓✗TF ", 3
SIGNS, SIGNED = "+-−×÷·^/√", ("+", "-", "−", "—")
ROOM = (2.1, 7.0)
"""In ems from the stem's last character to a closing bracket without an opening one: room for a letter or several."""
OPTION = re.compile(r"[A-H]\s*[.．、]")
"""Where the options begin no answer wraps to."""


def brackets(lines: Sequence[Line], ink: Mask, em: float) -> list[Place]:
    """Insides of bracket pairs that are wide enough to write into, whole or with one bracket lost under the ink."""
    glyphs = glyphs_of([line for line in lines if line.ink != "red"])
    glyphs += unread(ink, glyphs, em)
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
        elif j not in used and (start := _room_before(glyphs[j], glyphs, em)) is not None:
            places.append(_between(start, glyphs[j].x, glyphs[j].y, em))
    return places


def _room_before(closer: Glyph, glyphs: Sequence[Glyph], em: float) -> float | None:
    """Where room for an answer begins whose opening bracket is lost under a struck letter: after the stem; None without.

    Answers are told from the stem by their letters.
    """
    row = sorted((g for g in glyphs if _level(g, closer, em) and g.x < closer.x), key=lambda g: -g.x)
    stem = next((g for g in row if g.char not in ANSWERS), None)
    if stem is None or sum(g.x > stem.x for g in row) > MOST_LETTERS:
        return None
    wide = ROOM[0] * em < closer.x - stem.x < ROOM[1] * em
    return stem.x + 0.6 * em if wide and ("一" <= stem.char <= "鿿" or stem.char in "?？。") else None


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
    filled = room < (0.62 * len(text) + 1.9) * em
    if filled and text[:1] in SIGNED and text[1:].strip() and _is_term(opener, glyphs, em):
        return False
    if re.fullmatch(r"[\d一二三四五六七八九十ivxIVX]{1,2}", text):
        return room > 2.1 * em
    if len(text.strip()) <= 1:
        return not ("一" <= text.strip()[:1] <= "鿿" and room < TIGHT * em and _goes_on(opener, closer, glyphs, em))
    # Print fills its brackets; handwriting of so few characters leaves room.
    return bool(CONTENT.fullmatch(text)) and room > (0.62 * len(text) + 1.3) * em


def _goes_on(opener: Glyph, closer: Glyph, glyphs: Sequence[Glyph], em: float) -> bool:
    """Whether Chinese text runs right up to a bracket and right on behind it: 蒸发（腾）的."""
    chinese = [g.x for g in glyphs if "一" <= g.char <= "鿿" and _level(g, opener, em)]
    return any(0 < opener.x - x < 1.4 * em for x in chinese) and any(0 < x - closer.x < 1.4 * em for x in chinese)


def _is_term(opener: Glyph, glyphs: Sequence[Glyph], em: float) -> bool:
    """Whether a bracket opens right behind a sign of arithmetic, as around a signed number: -(-9)."""
    return any(g.char in SIGNS and _level(g, opener, em) and 0 < opener.x - g.x < 0.9 * em for g in glyphs)


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
