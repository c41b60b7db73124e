"""Choices and judgements: the letters or the sign a student gave, under the constraint of what is admissible."""

import re
from dataclasses import replace

from contracts.artefacts.paper import Question
from contracts.artefacts.reading import Reading
from contracts.notation.ticks import truth_sign
from services.analyzer.core import bubbles
from services.analyzer.core.covering import before_options, covering
from services.analyzer.core.evidence import UNREAD, Found, Piece, lines_of, overlap
from services.analyzer.core.places import spots_of
from services.analyzer.core.text import choice_letters, rounded, shows
from services.analyzer.core.uncut import choice_in_print, judgement_in_print

_LETTERS = frozenset("ABCDEFGH")
_PRINTED_RINGS = 4
"""Ringed options of one question from which the rings are printed bubbles."""
_LAST, _TELLING = "D", 3
"""The last option of most questions; options that must be known to tell which one is not."""
_GUESSED = 0.5
"""Confidence of a ring by what it hides."""
_CLEAR = 0.8
"""Confidence of a written letter from which bubbles beside it are not asked."""
_FREE = ("line", "free_line")
"""Evidence of free text, which may be another question's."""
_FREE_WEIGHT = 0.6
"""What a free reading of a letter adds to its constrained probability."""
_LIKELIER = 0.5
"""Share of a letter below which what is no letter is likelier: then the key confirms it only where it was read freely."""
_WORDS = re.compile(r"[一-鿿]{2}")
_TRACE = 0.03
"""Share of a place's ink that no letter is as faint as; a cross over an empty bracket leaves as much."""
_CROSSED = re.compile(r"\s*([A-H]{1,3})\s*[X×V√/\\]\s*")
"""Letters with a teacher's mark read at their end."""
_NOISE = 0.02
"""Share of a letter below which its place says no more than the lines."""
_EITHER = 0.5
"""Confidence of a place that was read in two ways: with and without what was struck in it, or by itself and by its line."""
_CORRECTED = 0.5
"""Share of its confidence that the last of several letters of a single choice keeps: those before it are struck out."""


def read_choice(question: Question, reading: Reading, *, multiple: bool) -> Found:
    """The letters of a choice, "" when its place is empty, unread when it has no place."""
    admissible = _admissible(question)
    spots = [s for s in spots_of(question, reading) if not _is_marker(s, question)]
    spots = before_options(spots, question, reading)
    found = [_spot_letters(s, admissible, multiple=multiple) for s in spots if not s.blank and s.source != "option"]
    lines = [p for p in lines_of(question, reading) if not _is_marker(p, question)]
    read = [_line_letters(p, admissible, multiple=multiple) for p in lines]
    mixed = any(_WORDS.search(p.text) and not _is_inside(p, question) for p in lines)
    found += [replace(f, doubt=True) if mixed else f for f in read]  # a cell that other print runs through
    sure = [f for f in found if f.answer]
    written = _agree(sure) if sure else None
    card = bubbles.marked(question, reading, multiple=multiple)
    if card is not None and (written is None or written.raw < _CLEAR):
        return card
    ringed = _ringed([s for s in spots if s.source == "option"], admissible, multiple=multiple)
    if ringed is not None and (written is None or written.raw < min(_CLEAR, ringed.raw)):
        return ringed
    if written is not None:
        return written
    hidden = _ringed_unread([s for s in spots if s.source == "option"], question)
    if hidden is not None:
        return hidden
    printed, place = choice_in_print(question, reading, admissible)
    if printed and (multiple or len(printed) == 1):
        return Found(printed, "stem", place.confidence if place else 0.8, (place,) if place else ())
    empty = any(s.blank and s.source != "option" for s in spots)
    covers = None if multiple or empty else covering(question, reading, admissible)
    return covers or _nothing(question, spots, reading)


def _is_inside(piece: Piece, question: Question) -> bool:
    return any(r.page == piece.page and overlap(piece.box, r.box) > 0 for r in question.regions)


def _is_marker(piece: Piece, question: Question) -> bool:
    """Whether a piece is the printed letter of an option that the parser lacks ("A."), taken for writing."""
    marker = re.match(r"\s*([A-H])\s*[.．、,，]", piece.text)
    if marker is None or piece.source not in ("bracket", "line"):
        return False
    if question.options:
        return marker[1] not in question.options
    following = chr(ord(marker[1]) + 1)  # the options could not be told apart, for want of this one
    return re.search(rf"(?<![A-Za-z]){following}\s*[.．、]", question.text) is not None


def lettered(question: Question, reading: Reading) -> bool:
    """Whether a question of another type has a letter in a bracket: a choice whose options were not found."""
    brackets = [s for s in spots_of(question, reading) if s.source in ("bracket", "beside") and s.candidates]
    return any(s.candidates[0][0] in _LETTERS and s.candidates[0][1] >= _CLEAR for s in brackets)


def _admissible(question: Question) -> frozenset[str]:
    """Letters up to the last option's, at least A to D: a ring or a stain may hide an option from the parser."""
    known = [k for k in question.options if k in _LETTERS]
    return frozenset(c for c in _LETTERS if c <= max(*known, "D")) if len(known) > 1 else _LETTERS


def read_judgement(question: Question, reading: Reading) -> Found:
    """√ or ×; "" when its place is empty, unread when it has no place."""
    card = bubbles.marked(question, reading, multiple=False)
    if card is not None:
        sign = {"A": "√", "T": "√", "√": "√", "对": "√", "B": "×", "F": "×", "×": "×", "错": "×"}
        return Found(sign.get(card.answer or "", card.answer), card.evidence, card.raw, card.pieces, card.doubt)
    spots = spots_of(question, reading)
    found = []
    for piece in (*spots, *lines_of(question, reading)):
        masses = {"√": 0.0, "×": 0.0}
        for text, p in piece.candidates:
            sign_read = truth_sign(text)
            if sign_read:
                masses[sign_read] += p
        top = max(masses, key=lambda k: masses[k])
        total = sum(masses.values())
        free = truth_sign(piece.text)
        if total > 0:
            found.append(Found(top, f"spot_{piece.source}", masses[top], (piece,)))
        elif free:
            found.append(Found(free, f"free_{piece.source}", piece.confidence, (piece,)))
    if found:
        return _agree(found)
    printed = judgement_in_print(question, reading)
    if printed:
        return Found(printed, "stem", 0.8)
    return _nothing(question, spots, reading)


def _spot_letters(piece: Piece, admissible: frozenset[str], *, multiple: bool) -> Found:
    """The letters in one place, from three views of it: constrained, free, and by the line that runs through it."""
    free, inline = (choice_letters(t, admissible) for t in (piece.text, piece.inline))
    several = _spot_set(piece, free, inline, admissible) if multiple else None
    if several is not None:
        return several
    mass = {c: p for c, p in piece.candidates if c in admissible}
    if not multiple:
        free, inline = (_last(t, admissible) for t in (piece.text, piece.inline))
        for text, p in piece.candidates:
            if len(text) > 1 and text[-1] in admissible:
                mass[text[-1]] = mass.get(text[-1], 0.0) + _CORRECTED * p
    for text, sure in ((free, piece.confidence), (inline, piece.inline_confidence)):
        if len(text) == 1:
            mass[text] = mass.get(text, 0.0) + _FREE_WEIGHT * sure
    if not mass:
        return Found("", "none", 0.0, (piece,), doubt=True)
    ranked = sorted(mass, key=lambda c: -mass[c])
    seen = ((free, piece.text), (inline, piece.inline), *((text, text) for text, _ in piece.candidates[:1]))
    views = sum(letter == ranked[0] and shows(text, letter) for letter, text in seen)
    share = mass[ranked[0]] / max(1.0, sum(mass.values()))
    torn = piece.struck and piece.confidence == _EITHER
    if multiple:
        return Found(ranked[0], "letter_set", share, (piece,), doubt=torn)
    # A letter that something runs over, a tick in grey for one, may look like another for sure.
    agreeing = 0 if piece.struck else views
    guessed = share < _LIKELIER and ranked[0] not in (free, inline)
    return Found(ranked[0], f"letter_{agreeing}", share, (piece,), doubt=guessed or torn, views=(tuple(ranked),))


def _spot_set(piece: Piece, free: str, inline: str, admissible: frozenset[str]) -> Found | None:
    """Several letters that the place's own reading or its line's shows; None where neither does."""
    if rounded(piece.text):
        letters = choice_letters(re.sub("[O0]", "D", piece.text), admissible)
        return Found(letters, f"set_{piece.source}", piece.confidence, (piece,), doubt=True)
    for text, sure in ((free, piece.confidence), (inline, piece.inline_confidence)):
        if len(text) > 1:
            torn = piece.struck and piece.confidence == _EITHER
            differs = free != inline and bool(inline and free)
            return Found(text, f"set_{piece.source}", sure, (piece,), doubt=torn or differs)
    return None


def _ringed_unread(options: list[Piece], question: Question) -> Found | None:
    """The one option whose letter was not read, where a ring stands whose letter was not read either: it hid it."""
    rings = [p for p in options if p.blank]
    known = sorted(question.options)
    usual = sorted(c for c in _LETTERS if c <= max([_LAST, *known]))
    missing = [c for c in usual if c not in known]
    if not rings or len(known) < _TELLING or len(missing) != 1:
        return None
    return Found(missing[0], "ringed", _GUESSED, (rings[0],), doubt=True)


def _ringed(options: list[Piece], admissible: frozenset[str], *, multiple: bool) -> Found | None:
    """The options a ring was drawn around; None when all have one, as where rings are printed."""
    kept = [p for p in options if not p.struck and p.text in admissible] or [p for p in options if p.text in admissible]
    letters = sorted({p.text for p in kept})
    if not letters or len(letters) >= _PRINTED_RINGS:
        return None
    if multiple:
        raw = min(p.confidence for p in kept)
        return Found("".join(letters), "ringed", raw, tuple(kept), doubt=raw <= _EITHER)
    best = max(kept, key=lambda p: p.ink)
    doubt = len(letters) > 1 or best.confidence <= _EITHER
    return Found(best.text, "ringed", best.confidence, tuple(kept), doubt)


def _line_letters(piece: Piece, admissible: frozenset[str], *, multiple: bool) -> Found:
    letters = choice_letters(piece.text, admissible)
    crossed = _CROSSED.fullmatch(piece.text)
    if crossed and not letters and not multiple and admissible.issuperset(crossed[1]):
        return Found(crossed[1][-1], "line", _CORRECTED * piece.confidence, (piece,), doubt=True)
    if multiple or len(letters) < 2:
        return Found(letters, "line", piece.confidence, (piece,))
    return Found(_last(piece.text, admissible), "line", _CORRECTED * piece.confidence, (piece,), doubt=True)


def _last(text: str, admissible: frozenset[str]) -> str:
    """The last letter written, where a single choice shows several: the others were struck out."""
    for char in reversed(text):
        letter = choice_letters(char, admissible)
        if letter:
            return letter if choice_letters(text, admissible) else ""
    return ""


def _agree(found: list[Found]) -> Found:
    """Several places of one question: constrained spots outrank free text; disagreement is doubt."""
    rank = sorted(found, key=lambda f: (f.evidence in _FREE or f.raw < _NOISE, -f.raw))
    top = rank[0]
    clear = top.evidence == "letter_3"  # three views of one place outweigh a stray line
    others = [f for f in rank[1:] if f.answer != top.answer and not (clear and f.evidence in _FREE)]
    pieces = tuple(p for f in rank for p in f.pieces)
    return Found(top.answer, top.evidence, top.raw, pieces, top.doubt or bool(others), top.views)


def _nothing(question: Question, spots: list[Piece], reading: Reading) -> Found:
    """No admissible answer: blank where an answer place is empty, unread where ink could not be read."""
    inked = [s for s in spots if not s.blank and s.source not in ("rule", "option")]
    if inked and all(s.ink < _TRACE for s in inked):
        return Found("", "blank_spot", 1.0 - max(s.ink for s in inked), tuple(inked), doubt=True)
    if inked:
        return Found(None, "unread", 0.0, tuple(inked), doubt=True)
    places = [s for s in spots if s.blank and s.source != "option"]
    if any(_is_wrapped(s, question) for s in places):
        return Found(None, "unread", 0.0, tuple(places), doubt=True)
    if places:
        return Found("", "blank_spot", 1.0 - min(1.0, max(s.ink for s in places)), tuple(places))
    if lines_of(question, reading):
        return Found(None, "unread", 0.0, tuple(lines_of(question, reading)), doubt=True)
    return UNREAD


def _is_wrapped(spot: Piece, question: Question) -> bool:
    """Whether a bracket opens before its column begins: only its end stands here, its beginning on the row above."""
    return spot.source == "bracket" and any(
        r.page == spot.page and r.box[1] <= spot.box[1] <= r.box[3] and spot.box[0] < r.box[0] for r in question.regions
    )
