"""Blanks: what stands in each blank of a question, joined by `|` in reading order."""

import math
import re
from dataclasses import replace

from contracts.artefacts.paper import Question
from contracts.artefacts.reading import Reading
from services.analyzer.core.equality.wording import edit_distance
from services.analyzer.core.evidence import UNREAD, Found, Piece, in_order, lines_of, outside, spots_of
from services.analyzer.core.text import script_of, short_answer
from services.analyzer.core.uncut import beside_print
from services.analyzer.core.words import Words, is_known, mended, nearest, tokens

_SHORT_RULE = 0.6
"""Share of a question's widest answer place below which a rule may be an underline."""
_STRIP_WORDS = 4
"""Words of a Latin text after a number that may be nothing but the answer."""
_CLEAR, _FAIR = 0.85, 0.8
"""Confidence from which the longer of two views is believed: its own reading of a place, the line's."""
_EMPTY_PLACE = re.compile(r"[(（]\s*[)）]|_{2,}|＿{2,}")
_FILLED_BRACKET = re.compile(r"[(（]\s*([^()（）]{1,12}?)\s*[)）]")


def read_blanks(question: Question, reading: Reading, expected: int, words: Words = frozenset()) -> Found:
    """The contents of the question's blanks; `expected`: how many the key or the stem has, 0 when unknown.

    `words`: of English, to choose between two views of a word and to know how sure one is; empty when not at hand.
    """
    places = [s for s in spots_of(question, reading) if not (s.blank and s.source in ("beside", "option"))]
    spots = [_settled(s, words) for s in beside_print(places, reading)]
    lines = outside(lines_of(question, reading), [s for s in spots if not s.blank])
    lines, spots = _into_empty(lines, spots)
    inked_places = sum(not s.blank for s in spots)
    if inked_places >= max(expected, 1):  # every blank has its place: what stands outside is print
        lines = []
    pieces = in_order([*spots, *lines], question.regions)
    if not any(not p.blank for p in pieces):
        return _nothing(question, spots, expected)
    entries = _entries(pieces, expected)
    texts = [short_answer(_unnumbered("".join(p.text for p in entry), question.path[-1])) for entry in entries]
    inked = [p for p in pieces if not p.blank]
    raw = math.prod(p.confidence for p in inked)
    while len(texts) < expected:
        texts.append("")
    doubt = len(entries) != max(expected, 1)  # where nobody says how many blanks there are, several are doubtful
    unread = any((p.ink > 0 and not p.text) or p.mended for p in inked)
    kind = "fill_line" if any(p.source == "line" for p in inked) else "fill_spot"
    kind = "fill_agreed" if all(p.agreed for p in inked) else kind
    answer = "|".join(texts)
    views = tuple(_views(text, entry) for text, entry in zip(texts, entries, strict=False))
    script = script_of(answer)
    if script == "word" and words:
        script = "known" if is_known(answer, words) else "unknown"
    if script == "known" and kind == "fill_spot" and all(p.agreed or _is_near(p, words) for p in inked):
        kind = "fill_near"
    return Found(answer, f"{kind}:{script}", raw, tuple(inked), doubt or unread, views)


def _views(text: str, entry: list[Piece]) -> tuple[str, ...]:
    """What else a blank may say: its other view, and either without a first character that was struck out.

    A strike-out looks like a doubled character, or like one that two views read differently where they agree on the rest.
    Digits and letters may well stand twice, so they are left alone.
    """
    other = short_answer(entry[0].inline) if len(entry) == 1 else text
    views = [text, other]
    views += [short_answer(seen) for seen, _ in entry[0].candidates if len(entry) == 1 and len(seen) > 1]
    views += [v[1:] for v in (text, other) if len(v) > 1 and v[0] == v[1] and _is_whole(v[0])]
    if len(text) > 1 and text[1:] == other[1:] and text[0] != other[0] and (_is_whole(text[0]) or _is_whole(other[0])):
        views.append(text[1:])
    views += [v[1:] for v in (text, other) if re.fullmatch(r"[^\W\dA-Za-z][-\d.]+", v)]
    return tuple(dict.fromkeys(v for v in views if v))


def _is_whole(char: str) -> bool:
    """Whether a character means something by itself, as no letter or digit does: a Chinese one, a circled number."""
    return "一" <= char <= "鿿" or "①" <= char <= "⑳"


def _unnumbered(text: str, number: str) -> str:
    """An answer without its question's own number before it: 61. known."""
    return re.sub(rf"^\s*{re.escape(number)}(?:\s*[.．、:：]\s*(?!\d)|\s+(?!\d)|(?=[A-Za-z一-鿿]))(?=\S)", "", text)


def _settled(spot: Piece, words: Words) -> Piece:
    """A spot with the better of its two views, an English word before what is none, then mended if it is none."""
    best = _known_among(_better(spot, words), words)
    fixed = _mended(best, words) if words and not spot.blank and not is_known(best.text, words) else None
    return replace(best, text=fixed, mended=True) if fixed else best


def _mended(spot: Piece, words: Words) -> str | None:
    """What is no English mended: from its reading, else from whichever view of it can be, else from all of them."""
    views = [spot.text] if spot.agreed else [spot.text, spot.inline, *(text for text, _ in spot.candidates)]
    views = [v for view in views if len(v := short_answer(view)) > 1]
    if not views or not any(map(tokens, views)):
        return None
    first = mended(views[0], words)
    able = {first} if first else {m for v in views if (m := mended(v, words))}
    return able.pop() if len(able) == 1 else nearest(views, words)


def _known_among(spot: Piece, words: Words) -> Piece:
    """A spot whose reading is no English with the English one that most of its other views have, if any has."""
    if not words or spot.blank or is_known(spot.text, words):
        return spot
    others = [(p, t) for text, p in spot.candidates if (t := short_answer(text)) != spot.text and len(t) > 1]
    known = [(p, t) for p, t in others if is_known(t, words) and _like(t, short_answer(spot.text))]
    if not known:
        return spot
    share, text = max(known)
    return replace(spot, text=text, confidence=min(spot.confidence, share))


def _better(spot: Piece, words: Words) -> Piece:
    """A spot with the better of its two views; agreement is worth more than either."""
    own, inline = short_answer(spot.text), short_answer(spot.inline)
    own, inline = _without_number(own, inline), _without_number(inline, own)
    if not inline or spot.blank:
        return spot
    chosen = spot if own == inline else _chosen(spot, own, inline, words)
    wordy = is_known(chosen.text, words) or script_of(own) == "han"
    if own == inline or (wordy and _same_letters(own, inline)):
        return replace(chosen, confidence=max(spot.confidence, spot.inline_confidence), agreed=True)
    return chosen


def _chosen(spot: Piece, own: str, inline: str, words: Words) -> Piece:
    """The spot with the better of two views that are not the same."""
    # Only a place's own reading knows what is stacked, and what was struck out.
    stacked = re.search("[√/^]", own) and not re.search("[√/^]", inline)
    if stacked or (own and spot.struck and spot.source == "rule"):
        return _taken(spot, own, inline, better=False)
    if is_known(own, words) != is_known(inline, words) and _like(own, inline):
        return _taken(spot, own, inline, better=is_known(inline, words))
    better = spot.inline_confidence > spot.confidence or _lost_descenders(own, inline)
    if own == inline[:1] + inline or inline == own[:1] + own:  # a first character seen twice, where two views meet
        return _taken(spot, own, inline, better=len(inline) < len(own))
    if inline in own:
        better = spot.confidence < _CLEAR and own[0] not in "-−—"
    elif own in inline:
        better = spot.inline_confidence >= _FAIR
    return _taken(spot, own, inline, better=better)


def _same_letters(own: str, inline: str) -> bool:
    """Whether two views of words differ only in case and in what stands between letters: Later and later, act.ual and
    actual. In numbers and formulas every sign counts.
    """
    bare = ["".join(c for c in view.lower() if c.isalpha()) for view in (own, inline)]
    wordy = not any(c.isdigit() or c in "-−+=<>/^√%" for c in own + inline)
    return wordy and bare[0] == bare[1] and len(bare[0]) > 1


def _without_number(view: str, other: str) -> str:
    """A view of Latin writing without the printed number that only this view holds: 61. known beside known."""
    return view if other[:1].isdigit() else re.sub(r"^\d{1,3}\s*[.．、]?\s*(?=[A-Za-z])", "", view)


def _taken(spot: Piece, own: str, inline: str, *, better: bool) -> Piece:
    """The spot with the better view as its text, the other kept beside it."""
    if better:
        return replace(spot, text=inline, confidence=spot.inline_confidence, inline=own)
    return replace(spot, text=own, inline=inline)


def _like(own: str, inline: str) -> bool:
    """Whether two views are of one word: of like length, and most letters the same."""
    apart = edit_distance(own.lower(), inline.lower())
    return apart <= max(1, max(len(own), len(inline)) // 3)


def _is_near(spot: Piece, words: Words) -> bool:
    """Whether a place's other view misreads the English word that one of them has: practices and Dractices."""
    sure = is_known(spot.text, words) and not is_known(spot.inline, words) and not spot.mended
    return sure and bool(spot.inline) and _like(short_answer(spot.text), short_answer(spot.inline))


def _lost_descenders(own: str, inline: str) -> bool:
    """Whether two readings of a word differ only where the line has a letter that reaches below: its rule hid it."""
    pairs = list(zip(own.lower(), inline.lower(), strict=False))
    return len(own) == len(inline) > 1 and all(a == b or b in "gyjpq" for a, b in pairs)


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
