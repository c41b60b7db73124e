"""How long an essay is, and how long it was to be."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from contracts.artefacts.essay import Measures, Repeated
from contracts.equality.numerals import SIGNS, numeral

_HAN_UNITS = re.compile(r"[A-Za-z0-9]+(?:[.,'’\-][A-Za-z0-9]+)*|\S")
WORD = re.compile(r"[A-Za-z]+(?:['’\-][A-Za-z]+)*")
_WORDS = re.compile(r"[A-Za-z]+(?:['’\-][A-Za-z]+)*|\d+(?:[.,:]\d+)*")
_HAN_END = re.compile(r"[。！？!?…]+[”’」』）)]*|\n+")
_ENGLISH_END = re.compile(r"[.!?]+[\"'”’)]*(?=\s|$)|\n{2,}|\n(?=\s*[A-Z])")
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|No|Prof|vs|etc|e\.g|i\.e|a\.m|p\.m|U\.S|U\.K)|\b[A-Z])$")

_LONGEST_ABBREVIATION = 6

_N = r"(\d{2,5})"
_UNIT = r"\s*个?\s*(?:汉字|单词|英文词|字|词|words?\b)"
_SPELLED = re.compile(rf"[{SIGNS}]{{2,8}}(?=\s*(?:个?\s*汉?[字词]|[至到]))")
"""A length in words: 不少于六百字."""
_TO = rf"{_N}\s*(?:[-~–—]+|至|到|to)\s*{_N}"
_RANGES = (
    re.compile(_TO + _UNIT, re.IGNORECASE),
    re.compile(rf"(?:词数|字数)\s*(?:为|:|应为|约|约为|在)?\s*{_TO}"),
)
_LEAST = (
    re.compile(rf"不(?:得|能)?(?:少于|低于|短于)[^0-9]{{0,4}}{_N}{_UNIT}"),
    re.compile(rf"{_N}{_UNIT}\s*以上"),
    re.compile(rf"(?:at least|no less than|no fewer than|not less than|minimum of)\s*{_N}{_UNIT}", re.IGNORECASE),
)
_MOST = (
    re.compile(rf"不(?:得|能)?(?:超过|多于|超出)[^0-9]{{0,4}}{_N}{_UNIT}"),
    re.compile(rf"{_N}{_UNIT}\s*(?:以内|之内|以下)"),
    re.compile(rf"(?:no more than|at most|up to|within|not exceed(?:ing)?)\s*{_N}{_UNIT}", re.IGNORECASE),
)
_ABOUT = (
    re.compile(rf"{_N}{_UNIT}\s*(?:左右|or so\b)", re.IGNORECASE),
    re.compile(rf"(?:大约|约|about|around|approximately|some)\s*{_N}{_UNIT}", re.IGNORECASE),
    re.compile(rf"(?:词数|字数)\s*(?:为|:|应为|约|约为|在)?\s*{_N}(?:{_UNIT})?\s*(?:左右)?"),
)
_NEAR = 0.1
"""Share by which an essay of "about 100 words" may be shorter or longer."""

_CONNECTIVES = ("然后", "但是", "因为", "所以", "于是", "接着", "后来", "非常", "觉得", "突然", "虽然", "而且")
_COMMON = frozenset(
    WORD.findall(
        """the and for that this with you she him her his they them their there was were are have has had not but from will
    would can could about what when which who all our out into some more than then also just very because there's it's i'm
    its your one two been being did does don't didn't how why where here these those such only after before over
    should may might must any each other my me we us is be to of in on at as an a it he i so if or do by up no go"""
    )
)
_OFTEN, _SHARE = 5, 0.025
_LONG_ENOUGH = {"zh": 8, "en": 5}


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` of a text."""

    start: int
    end: int


def wanted(*texts: str | None) -> tuple[int | None, int | None]:
    """(Least, most) length that a task asks for in words, each None when it doesn't say."""
    text = _SPELLED.sub(_in_digits, unicodedata.normalize("NFKC", "\n".join(each for each in texts if each)))
    if found := next((each for pattern in _RANGES if (each := pattern.search(text))), None):
        low, high = int(found[1]), int(found[2])
        return (low, high) if low <= high else (None, None)
    least, most = _first(_LEAST, text), _first(_MOST, text)
    if least is None and most is None and (about := _first(_ABOUT, text)) is not None:
        return round(about * (1 - _NEAR)), round(about * (1 + _NEAR))
    return least, most


def _in_digits(spelled: re.Match[str]) -> str:
    value = numeral(spelled[0])
    return str(value) if value is not None and value.denominator == 1 else spelled[0]


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> int | None:
    return next((int(found[1]) for pattern in patterns if (found := pattern.search(text))), None)


def length(text: str, language: str) -> int:
    """English words; of Chinese, characters with punctuation, a foreign word or number as one."""
    return len((_WORDS if language == "en" else _HAN_UNITS).findall(text))


def sentences(text: str, language: str) -> list[Span]:
    """The sentences of a text, without blanks at their edges."""
    found: list[Span] = []
    start = 0
    for stop in (_ENGLISH_END if language == "en" else _HAN_END).finditer(text):
        before = text[max(start, stop.start() - _LONGEST_ABBREVIATION) : stop.start()]
        if language == "en" and stop[0].startswith(".") and _ABBREVIATION.search(before):
            continue
        found.append(Span(start, stop.end()))
        start = stop.end()
    found.append(Span(start, len(text)))
    return [trimmed for each in found if (trimmed := _trimmed(text, each)) is not None]


def _trimmed(text: str, span: Span) -> Span | None:
    inside = text[span.start : span.end]
    if not re.search(r"\w", inside):
        return None
    start = span.start + len(inside) - len(inside.lstrip())
    return Span(start, start + len(inside.strip()))


def measured(
    text: str, language: str, asked: tuple[int | None, int | None], spans: list[Span], *, typed: bool
) -> Measures:
    """What can be counted of an essay with those sentences. `typed`: its lines are the student's own."""
    longest = max((length(text[s.start : s.end], language) for s in spans), default=0)
    paragraphs = sum(bool(line.strip()) for line in text.split("\n"))
    return Measures(
        unit="words" if language == "en" else "characters",
        length=length(text, language),
        least=asked[0],
        most=asked[1],
        approximate=not typed,
        paragraphs=paragraphs if typed else None,
        sentences=len(spans),
        longest_sentence=longest,
        repeated=(*_sentences_again(text, language, spans), *_words_again(text, language)),
    )


def _sentences_again(text: str, language: str, spans: list[Span]) -> list[Repeated]:
    said = Counter(" ".join(text[s.start : s.end].split()) for s in spans)
    return [
        Repeated(text=sentence, count=count)
        for sentence, count in said.most_common(3)
        if count > 1 and length(sentence, language) >= _LONG_ENOUGH[language]
    ]


def _words_again(text: str, language: str) -> list[Repeated]:
    if language == "en":
        words = [word.lower() for word in WORD.findall(text)]
        counts = Counter(word for word in words if len(word) > 2 and word not in _COMMON)
        often = max(_OFTEN, round(_SHARE * len(words)))
    else:
        counts, often = Counter({word: text.count(word) for word in _CONNECTIVES}), _OFTEN
    return [Repeated(text=word, count=count) for word, count in counts.most_common(5) if count >= often]
