"""Two readings of one answer place made one: its own, and that of the line through it."""

import re
import unicodedata
from collections import defaultdict
from dataclasses import replace

from contracts.equality.wording import edit_distance
from services.analyzer.core.evidence import Piece
from services.analyzer.core.text import is_whole, script_of, short_answer
from services.analyzer.core.typography import bare
from services.analyzer.core.words import Words, closed_up, is_known, mended, nearest, tokens, unblotted, without_struck

_LONG_WORD = 8
"""Letters from which a word is no syllable of pinyin."""
_CLEAR, _FAIR = 0.85, 0.8
"""Confidence from which the longer of two views is believed: its own reading of a place, the line's."""

_CLEAN, _LIKELY = 0.97, 0.5
"""Confidence from which a place's own reading ends where the place does; from which a Chinese one is believed to be whole."""
_MOST = 0.75
"""Share of views by which one reading must outnumber another."""
_INKED, _SECOND_HAND = 0.1, 0.5
"""Share of ink from which a rule is written on, though its own reading took the writing for print; what the line's reading
of it is worth then, of its confidence.
"""


def settled(spot: Piece, words: Words) -> Piece:
    """A spot with the better of its two views, an English word before what is none, then mended if it is none."""
    best = _known_among(_better(spot, words), words)
    fixed = unblotted(short_answer(best.text), words)
    if words and not spot.blank and not is_known(best.text, words):
        fixed = _mended(best, words)
    return replace(best, text=fixed, mended=True) if fixed else best


def _mended(spot: Piece, words: Words) -> str | None:
    """What is no English mended: from its reading, else from whichever view of it can be, else from all of them."""
    views = [spot.text] if spot.agreed else [spot.text, spot.inline, *(text for text, _ in spot.others)]
    views = [v for view in views if len(v := _unaccented(short_answer(view))) > 1]
    if not views or not any(map(tokens, views)):
        return None
    closed = {whole for v in views if (whole := closed_up(v, words)) != v}
    first = closed.pop() if len(closed) == 1 else mended(views[0], words)
    able = {first} if first else {m for v in views if (m := mended(v, words))}
    return able.pop() if len(able) == 1 else without_struck(views, words) or nearest(views, words)


def _unaccented(text: str) -> str:
    """A long Latin word's letters without accents, which English lacks: a dot drawn as a stroke is none. Pinyin is short."""
    if len(text) < _LONG_WORD or not text.isalpha():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _known_among(spot: Piece, words: Words) -> Piece:
    """A spot whose reading is no English with the English one that most of its other views have, if any has."""
    if not words or spot.blank or is_known(spot.text, words):
        return spot
    others = [(p, t) for text, p in spot.others if (t := short_answer(text)) != spot.text and len(t) > 1]
    known = [(p, t) for p, t in others if is_known(t, words) and _like(t, short_answer(spot.text))]
    if not known:
        return spot
    share, text = max(known)
    return replace(spot, text=text, confidence=min(spot.confidence, share))


def _better(spot: Piece, words: Words) -> Piece:
    """A spot with the better of its two views; agreement is worth more than either."""
    if spot.blank and spot.source == "rule" and spot.ink > _INKED and spot.inline:
        sure = _SECOND_HAND * spot.inline_confidence
        return replace(spot, text=spot.inline, confidence=sure, mended=spot.inline_mended)
    own, inline = short_answer(spot.text), short_answer(spot.inline)
    own, inline = _without_number(own, inline), _without_number(inline, own)
    if not inline or spot.blank:
        return spot
    chosen = spot if own == inline else _chosen(spot, own, inline, words)
    wordy = is_known(chosen.text, words) or script_of(own) == "han"
    if own == inline or (wordy and _same_letters(own, inline)):
        sure = max(spot.confidence, spot.inline_confidence)  # what one view guesses and the other sees is seen
        return replace(chosen, confidence=sure, agreed=True, mended=spot.mended and spot.inline_mended)
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
    if (_with_print(own, inline) and spot.confidence >= _CLEAN) or _is_seen_more(spot, own, inline):
        return _taken(spot, own, inline, better=False)
    if inline in own:
        if own.endswith(f"-{inline}") and inline[0].isdigit():  # a minus, behind what was struck out
            return _taken(spot, own, f"-{inline}", better=True)
        decimal = re.fullmatch(r"\d+\.\d+", own) and inline[0].isdigit()
        least = _LIKELY if script_of(own) == script_of(inline) == "han" else _CLEAR
        better = spot.confidence < least and own[0] not in "-−—" and not decimal
    elif own in inline:
        better = spot.inline_confidence >= _FAIR
    return _taken(spot, own, inline, better=better)


def _with_print(own: str, inline: str) -> bool:
    """Whether a line's view has no more than the end of the print before the place as well: 是 of 作用是隔绝空气, 5 of 16.5g."""
    return (
        own != "" and inline[1:] == own and (is_whole(inline[0]) or inline[0] == "=" or (inline[0] + own[0]).isdigit())
    )


def _is_seen_more(spot: Piece, own: str, inline: str) -> bool:
    """Whether the other views of Chinese writing say what its place's own reading does, and hardly any what the line's."""
    if script_of(own) != "han" or script_of(inline) != "han" or bare(own) == bare(inline):
        return False
    seen = defaultdict[str, float](float)
    for text, share in spot.others:
        seen[bare(short_answer(text))] += share
    return seen[bare(own)] - seen[bare(inline)] >= _MOST


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
        sure, mended = spot.inline_confidence, spot.inline_mended
        return replace(spot, text=inline, confidence=sure, mended=mended, inline=own, inline_mended=spot.mended)
    return replace(spot, text=own, inline=inline)


def _like(own: str, inline: str) -> bool:
    """Whether two views are of one word: of like length, and most letters the same."""
    apart = edit_distance(own.lower(), inline.lower())
    return apart <= max(1, max(len(own), len(inline)) // 3)


def is_near(spot: Piece, words: Words) -> bool:
    """Whether a place's other view misreads the English word that one of them has: practices and Dractices."""
    sure = is_known(spot.text, words) and not is_known(spot.inline, words) and not spot.mended
    return sure and bool(spot.inline) and _like(short_answer(spot.text), short_answer(spot.inline))


def _lost_descenders(own: str, inline: str) -> bool:
    """Whether two readings of a word differ only where the line has a letter that reaches below: its rule hid it."""
    pairs = list(zip(own.lower(), inline.lower(), strict=False))
    return len(own) == len(inline) > 1 and all(a == b or b in "gyjpq" for a, b in pairs)
