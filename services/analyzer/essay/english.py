"""Mistakes of an English text that no reading of it can excuse. Pure; words outside the list may be names or rare."""

import re
from collections.abc import Callable, Iterator

from services.analyzer.core.words import Words
from services.analyzer.essay.found import Flaw
from services.analyzer.essay.lengths import WORD, Span, sentences
from services.analyzer.essay.spelling import respelt

_TWICE = re.compile(r"\b(the|a|an|of|to|and|my|your|our|their|they|we|is|are|was|were|with|for) +\1\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\b([Aa]n?) +([A-Za-z]+)")
_LOUD_AS_CONSONANT = re.compile(r"(?:one|once|eu|ewe|u(?:ni|s[aeiu]|t[eio]|ki|bi|ra|re)|ouija)", re.IGNORECASE)
_SILENT_H = re.compile(r"(?:hour|honest|honou?r|heir)", re.IGNORECASE)
_LONE_I = re.compile(r"(?<![\w.'’(&/-])i(?=[ ,;!?]|['’](?:m|ve|ll|d)\b|$)(?! *\))")
_GAP = re.compile(r"(?<=\w)( +)([,;!?]|\.(?![\w.]))")
_CLOSE = re.compile(r"(?<=[A-Za-z]{2})([,;!?])(?=[A-Za-z])|(?<=[a-z]{2})(\.)(?=[A-Z][a-z])")
_WIDE = re.compile(r"(?<=[A-Za-z0-9])([，。！？；：、])")
_NARROW = {"，": ",", "。": ".", "！": "!", "？": "?", "；": ";", "：": ":", "、": ","}
_TWO = re.compile(r"(?<=\w)(,{2,}|;{2,}|(?<!\.)\.\.(?!\.))")


def flaws(text: str, words: Words) -> Iterator[Flaw]:
    """All of them, in no order; they may overlap."""
    for rule in _RULES:
        yield from rule(text)
    yield from _small_starts(text, words)
    if words:
        yield from _misspelt(text, words)


def _twice(text: str) -> Iterator[Flaw]:
    for found in _TWICE.finditer(text):
        yield Flaw(found.start(), found.end(), "repetition", found[1], "twice")


def _articles(text: str) -> Iterator[Flaw]:
    for found in _ARTICLE.finditer(text):
        article, word = found[1], found[2]
        if len(word) < 3 or word.isupper():  # letters and abbreviations are said by their names
            continue
        vowel = word[0].lower() in "aeiou"
        loud = (vowel and not _LOUD_AS_CONSONANT.match(word)) or bool(_SILENT_H.match(word))
        if (
            vowel
            and word[0] in "uU"
            and _LOUD_AS_CONSONANT.match(word) is None
            and word[:2].lower() not in ("un", "up")
        ):
            continue  # an umbrella, but a Ukrainian: not settled by letters
        if loud == (len(article) == 2):
            continue
        right = article[0] + ("n" if loud else "")
        yield Flaw(found.start(1), found.end(1), "grammar", right, "article")


def _lone_i(text: str) -> Iterator[Flaw]:
    for found in _LONE_I.finditer(text):
        yield Flaw(found.start(), found.start() + 1, "format", "I", "capital_i")


def _gaps(text: str) -> Iterator[Flaw]:
    for found in _GAP.finditer(text):
        after = text[found.end() : found.end() + 1]
        yield Flaw(found.start(), found.end(), "punctuation", found[2] + (" " if after.isalnum() else ""), "gap")
    for found in _CLOSE.finditer(text):
        yield Flaw(found.start(), found.end(), "punctuation", found[0] + " ", "close")


def _signs(text: str) -> Iterator[Flaw]:
    for found in _WIDE.finditer(text):
        after = text[found.end() : found.end() + 1]
        right = _NARROW[found[1]] + (" " if after.isalnum() else "")
        yield Flaw(found.start(), found.end(), "punctuation", right, "wide")
    for found in _TWO.finditer(text):
        yield Flaw(found.start(), found.end(), "punctuation", found[0][0], "doubled_sign")


def _small_starts(text: str, words: Words) -> Iterator[Flaw]:
    spans = sentences(text, "en")
    for before, span in zip([Span(0, 0), *spans], spans, strict=False):
        found = WORD.match(text, span.start)
        ended = text[: span.start].rstrip()
        after_quote = ended.endswith(('"', "”", "’"))
        # After "…?" or a quoted sentence, who said it follows in small letters; so may anything after three dots.
        stopped = before.end == 0 or (ended.endswith((".", "!", "?")) and not ended.endswith("..."))
        if found and stopped and found[0].islower() and len(found[0]) > 1 and not after_quote:
            right = respelt(found[0], words) if words else None
            if right is not None:
                yield Flaw(span.start, found.end(), "spelling", right.capitalize(), "misspelt")
            else:
                yield Flaw(span.start, span.start + 1, "format", found[0][0].upper(), "capital")


def _misspelt(text: str, words: Words) -> Iterator[Flaw]:
    for found in WORD.finditer(text):
        right = respelt(found[0], words)
        if right is not None:
            yield Flaw(found.start(), found.end(), "spelling", right, "misspelt")


_RULES: tuple[Callable[[str], Iterator[Flaw]], ...] = (_twice, _articles, _lone_i, _gaps, _signs)
