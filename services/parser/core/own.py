"""A school's own knowledge points, found in a question by their names and by the words that the school gave.

No model knows an imported taxonomy, but its names stand in many a stem. What may mean several points, or is part of a
longer name, shows none.
"""

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from contracts.artefacts import KnowledgePoint
from contracts.taxonomy import Point

_MOST = 2
_CERTAIN = 0.85
_LEAST = 3
"""Two signs (整数, 时间) set the scene more often than they name what is asked: they must stand twice, or be an alias."""
_LEAST_LATIN = 4
_GENERAL = re.compile(
    r"(?:的?(?:定义|概念|意义|含义|性质|图[象像]|公式|法则|定理|定律|判定|判断|认识|表示|分类|特征|特点|解法|求法|求值|化简|计算|运算|应用"
    r"|实际|简单|综合|初步|基础|复习|练习|专题|题型)(?:[与和及、](?=.))?)+$|(?:应用题|问题)$"
)
"""Ends of names that say what is done with a thing, and seldom stand in a question about it."""
_JOINED = re.compile(r"[、,，;；/&+]|[与及](?=..)")
_BRACKETS = re.compile(r"[（(【\[][^（）()【】\[\]]*[）)】\]]")
_CHINESE = re.compile(r"[㐀-鿿]")
_LATIN = re.compile(r"[a-z0-9]")


@dataclass(frozen=True)
class Word:
    """What shows a point: `parts` that must all stand in the text, each `often` times."""

    parts: tuple[str, ...]
    often: int
    point: Point


@dataclass(frozen=True)
class OwnPoints:
    """`words`: the longest first. `names`: of all points, which cover the shorter words within them."""

    words: tuple[Word, ...] = ()
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, own: Iterable[Point], shipped: Iterable[str] = ()) -> "OwnPoints":
        """`shipped`: names of the points that ship. They find themselves."""
        theirs = {_plain(name) for name in shipped}
        points = [point for point in own if _plain(point.name) not in theirs]
        names = theirs | {_plain(point.name) for point in points}
        meant: dict[tuple[str, ...], list[Word]] = {}
        for word in (word for point in points for word in _words(point)):
            if not _names_another(word, names):
                meant.setdefault(word.parts, []).append(word)
        clear = [words[0] for words in meant.values() if len(words) == 1]
        clear.sort(key=lambda word: (-_weight(word), word.parts))
        return cls(tuple(clear), tuple(sorted(names, key=len, reverse=True)))

    def found(self, text: str) -> list[KnowledgePoint]:
        """The points that a question's text names, the surest first, at most two."""
        if not self.words:
            return []
        plain = _plain(text)
        names = [name for name in self.names if name in plain]
        scores: dict[str, float] = {}
        points: dict[str, Point] = {}
        for word in self.words:
            code = word.point.code
            if code not in scores and all(_count(part, plain, names) >= word.often for part in word.parts):
                scores[code], points[code] = min(3.0, _weight(word)), word.point
        total = sum(scores.values()) + 1.0
        return [
            KnowledgePoint(code=code, name=points[code].name, confidence=round(_CERTAIN * scores[code] / total, 3))
            for code in sorted(scores, key=lambda code: (-scores[code], code))[:_MOST]
        ]


def with_own(
    found: Sequence[KnowledgePoint], own: Sequence[KnowledgePoint], most: int = 3
) -> tuple[KnowledgePoint, ...]:
    """Own points and those that ship, the surest first, one of a name; own points are never crowded out."""
    names = {point.name for point in own}
    others = [point for point in found if point.name not in names][: most - len(own)]
    return tuple(sorted((*own, *others), key=lambda point: (-point.confidence, point.code)))


def _words(point: Point) -> Iterator[Word]:
    """The name, what the name is about, and the aliases; each once."""
    name = _plain(point.name)
    bare = _BRACKETS.sub("", name).strip()
    parts = tuple(part.strip() for part in _JOINED.split(bare) if part.strip())
    derived = [word for word in ((bare,), (_GENERAL.sub("", bare),), parts) if word and all(map(_says_enough, word))]
    aliases = [(alias,) for alias in map(_plain, point.aliases) if len(alias) > 1]
    if len(name) > 1:
        yield Word((name,), 1 if _says_enough(name) or (name,) in aliases else 2, point)
    for word in dict.fromkeys((*derived, *aliases)):
        if word != (name,):
            yield Word(word, 1, point)


def _names_another(word: Word, names: Container[str]) -> bool:
    """Whether what was derived of a name is the name of another point."""
    return len(word.parts) == 1 and word.parts[0] != _plain(word.point.name) and word.parts[0] in names


def _says_enough(word: str) -> bool:
    return len(word) >= (_LEAST if _CHINESE.search(word) else _LEAST_LATIN)


def _count(word: str, plain: str, names: Iterable[str]) -> int:
    """How often a word stands where it is no part of a longer name; Latin words as whole ones, or in the plural."""
    if word not in plain:
        return 0
    for name in names:  # the longest first
        if len(name) > len(word) and word in name:
            plain = plain.replace(name, "\n")
    before = "(?<![a-z0-9])" if _LATIN.match(word[0]) else ""
    after = "s?(?![a-z0-9])" if _LATIN.match(word[-1]) else ""
    return len(re.findall(before + re.escape(word) + after, plain))


def _weight(word: Word) -> float:
    return sum(len(part) / (2 if _CHINESE.search(part) else 4) for part in word.parts)


def _plain(text: str) -> str:
    """Without regard to width, case, and spaces beside Chinese signs."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).lower().replace("’", "'")).strip()
    return re.sub(r"(?<=[㐀-鿿]) | (?=[㐀-鿿])", "", text)
