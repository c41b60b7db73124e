"""Blanks: what stands in each blank of a question, joined by `|` in reading order."""

import math
import re

from contracts.artefacts.paper import Question
from contracts.artefacts.reading import Reading
from services.analyzer.core.evidence import UNREAD, Found, Piece, in_order, lines_of, outside
from services.analyzer.core.overwritten import overwritten
from services.analyzer.core.places import spots_of
from services.analyzer.core.text import is_whole, script_of, short_answer
from services.analyzer.core.uncut import beside_print
from services.analyzer.core.views import is_near, settled
from services.analyzer.core.words import Words, is_known, tokens

_SHORT_RULE = 0.6
"""Share of a question's widest answer place below which a rule may be an underline."""
_SPECKS = 0.012
"""Share of ink from which an empty place is one whose writing could not be read."""
_LONG = 5
"""Letters from which an English word is long."""
_STRIP_WORDS = 4
"""Words of a Latin text after a number that may be nothing but the answer."""
_EMPTY_PLACE = re.compile(r"[(（]\s*[)）]|_{2,}|＿{2,}")
_FILLED_BRACKET = re.compile(r"[(（]\s*([^()（）]{1,12}?)\s*[)）]")


def read_blanks(question: Question, reading: Reading, expected: int, words: Words = frozenset()) -> Found:
    """The contents of the question's blanks; `expected`: how many the key or the stem has, 0 when unknown.

    `words`: of English, to choose between two views of a word and to know how sure one is; empty when not at hand.
    """
    places = [s for s in spots_of(question, reading) if not (s.blank and s.source in ("beside", "option"))]
    spots = [settled(s, words) for s in beside_print(places, reading)]
    crowded = False
    if len(spots) == 1:
        spots[0], crowded = overwritten(spots[0], reading, words)
    lines = outside(lines_of(question, reading), [s for s in spots if not s.blank])
    lines, spots = _into_empty(lines, spots)
    if _are_all(spots, expected):  # what stands outside is print, unless its ink says otherwise
        crowded = crowded or any(p.blue for p in lines)
        lines = []
    pieces = in_order([*spots, *(settled(p, words) for p in lines)], question.regions)
    if not any(not p.blank for p in pieces):
        return _nothing(question, spots, expected)
    entries = _entries(pieces, expected)
    texts = [short_answer(_unnumbered("".join(p.text for p in entry), question.path[-1])) for entry in entries]
    texts = [_listed_once(text) for text in texts]
    inked = [p for p in pieces if not p.blank]
    raw = math.prod(p.confidence for p in inked)
    while len(texts) < expected:
        texts.append("")
    doubt = len(entries) != max(expected, 1)  # where nobody says how many blanks there are, several are doubtful
    unread = any(not p.text and p.ink > (_SPECKS if p.blank else 0) for p in pieces)
    answer = "|".join(texts)
    views = tuple(_views(text, entry) for text, entry in zip(texts, entries, strict=False))
    return Found(answer, _evidence(answer, inked, words), raw, tuple(inked), doubt or unread or crowded, views)


def _evidence(answer: str, inked: list[Piece], words: Words) -> str:
    """How a blank was found and what it is made of.

    A long English word has few that look like it: two views that see it, or nearly, are surer than of a short one.
    """
    kind = "fill_line" if any(p.source == "line" for p in inked) else "fill_spot"
    kind = "fill_agreed" if all(p.agreed for p in inked) else kind
    script = script_of(answer)
    if script == "word" and words:
        script = (
            "unknown" if not is_known(answer, words) else "known" if min(map(len, tokens(answer))) < _LONG else "long"
        )
    if script in ("known", "long") and kind == "fill_spot" and all(p.agreed or is_near(p, words) for p in inked):
        kind = "fill_near"
    return f"fill_mended:{script}" if any(p.mended for p in inked) else f"{kind}:{script}"


def _are_all(spots: list[Piece], expected: int) -> bool:
    """Whether every blank has its place: as many are written in, or there are as many rules and one is written on."""
    rules = [s for s in spots if s.source == "rule"]
    written = sum(not s.blank for s in spots)
    return written >= max(expected, 1) or (written > 0 and len(rules) == len(spots) == expected)


def _views(text: str, entry: list[Piece]) -> tuple[str, ...]:
    """What else a blank may say: its other view, and either without a first character that was struck out.

    A strike-out looks like a doubled character, or like one that two views read differently where they agree on the rest.
    Digits and letters may well stand twice, so they are left alone.
    """
    other = short_answer(entry[0].inline) if len(entry) == 1 else text
    views = [text, other]
    views += [short_answer(seen) for seen, _ in entry[0].others if len(entry) == 1]
    views += [short_answer(seen) for seen in entry[0].seconds if len(entry) == 1]
    views += [v[1:] for v in (text, other) if len(v) > 1 and v[0] == v[1] and is_whole(v[0])]
    if len(text) > 1 and text[1:] == other[1:] and text[0] != other[0] and (is_whole(text[0]) or is_whole(other[0])):
        views.append(text[1:])
    views += [v[1:] for v in (text, other) if re.fullmatch(r"[^\W\d][-\d.]+", v)]
    return tuple(dict.fromkeys(v for v in views if v))


def _listed_once(text: str) -> str:
    """A list of circled numbers without its struck first one: none is listed twice."""
    circled = len(text) > 2 and all("①" <= c <= "⑳" for c in text)
    return text[1:] if circled and text[0] == text[1] else text


def _unnumbered(text: str, number: str) -> str:
    """An answer without its question's own number before it: 61. known."""
    return re.sub(rf"^\s*{re.escape(number)}(?:\s*[.．、:：]\s*(?!\d)|\s+(?!\d)|(?=[A-Za-z一-鿿]))(?=\S)", "", text)


def _into_empty(lines: list[Piece], spots: list[Piece]) -> tuple[list[Piece], list[Piece]]:
    """A line over a spot that was thought empty is that spot's content."""
    rest = []
    filled = list(spots)
    for line in lines:
        home = next((i for i, s in enumerate(filled) if s.page == line.page and s.blank and _stands_in(line, s)), None)
        if home is None:
            rest.append(line)
        else:
            filled[home] = line
    return rest, filled


def _stands_in(line: Piece, spot: Piece) -> bool:
    width = min(line.box[2], spot.box[2]) - max(line.box[0], spot.box[0])
    height = min(line.box[3], spot.box[3]) - max(line.box[1], spot.box[1])
    return width > 0.5 * (line.box[2] - line.box[0]) and height > 0.3 * min(
        line.box[3] - line.box[1], spot.box[3] - spot.box[1]
    )


def _entries(pieces: list[Piece], expected: int) -> list[list[Piece]]:
    """One list of pieces per blank.

    More pieces than blanks: first short rules go, which underline words rather than wait for an answer, then empty
    places; then the closest neighbours are one answer that was wrapped.
    """
    pieces = _without_surplus(pieces, expected)
    entries = [[p] for p in pieces]
    while expected and len(entries) > expected:
        i = min(range(len(entries) - 1), key=lambda k: _distance(entries[k][-1], entries[k + 1][0]))
        entries[i : i + 2] = [entries[i] + entries[i + 1]]
    return entries


def _without_surplus(pieces: list[Piece], expected: int) -> list[Piece]:
    kept = list(pieces)
    for source in ("rule", "bracket"):  # as many rules as blanks: a bracket among them holds print
        own = [p for p in kept if p.source == source]
        if expected and len(own) == expected < len(kept) and not any(p.source == "line" for p in kept):
            kept = own
    while expected and len(kept) > expected:
        widest = max(_width(p) for p in kept)
        short = [p for p in kept if p.source == "rule" and not p.handwritten and _width(p) < _SHORT_RULE * widest]
        surplus = min(short, key=_width, default=None) or next((p for p in reversed(kept) if p.blank), None)
        if surplus is None:
            break
        kept = [p for p in kept if p is not surplus]
    return kept


def _width(piece: Piece) -> float:
    return piece.box[2] - piece.box[0]


def _distance(a: Piece, b: Piece) -> float:
    """Horizontal gap on one row; the next row counts as far unless the first ends late and the second starts early."""
    if a.page != b.page:
        return 1e6
    rows = abs((a.box[1] + a.box[3]) - (b.box[1] + b.box[3])) / 2
    return max(0.0, b.box[0] - a.box[2]) + 3 * rows


def _nothing(question: Question, spots: list[Piece], expected: int) -> Found:
    if spots:
        return Found(
            "|" * (max(expected, 1) - 1), "blank_empty", 1.0 - min(1.0, max(s.ink for s in spots)), tuple(spots)
        )
    inside = [m for m in _FILLED_BRACKET.findall(question.text) if m.strip()]
    if expected and len(inside) == expected:
        return Found("|".join(short_answer(m) for m in inside), "stem", 0.3, doubt=True)
    words = question.text.split()
    if 1 <= len(words) <= _STRIP_WORDS and expected <= 1 and not re.search(r"[一-鿿_]", question.text):
        bare = re.sub(r"[\s.]+\d{1,3}[\s.]*$", "", question.text)  # an answer strip: the answer and the next number
        return Found(short_answer(bare), "stem", 0.5, doubt=True)
    if _EMPTY_PLACE.search(question.text):
        return Found("", "blank_stem", 0.5)
    return UNREAD
