"""Points from headings and definitions, and what they build on, without a model.

A heading is a point; so is a term that the text defines. A point builds on what the text says it does, on earlier points
that its own passage speaks of, and, where nothing of the kind is said, on the one before it under the same heading.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from services.gateway.courses.core.found import Found, Tie, cut, key_of, reaches, united
from services.gateway.courses.core.lines import Line

_TERM_ZH = r"[“「\"]?([^\s，。；：、,;:.“”「」\"（）()]{2,20}?)[”」\"]?"
_TERM_EN = r"((?:[A-Za-z][A-Za-z'\-]*)(?: [A-Za-z][A-Za-z'\-]*){0,4}?)"
_DEFINED = (
    re.compile(rf"(?:叫做|叫作|称为|称作|简称)(?:该[^，。]{{0,8}}的)?{_TERM_ZH}(?=[，。；;,（(]|$)"),
    re.compile(
        rf"(?:^|[。；;，,：:])(?:所谓|我们把|通常把)?{_TERM_ZH}(?:[（(][^（()）]{{1,40}}[）)])?，?(?:是指|指的是|就是指|定义为)"
    ),
    re.compile(
        rf"\b(?:is|are) (?:called|known as|termed) (?:an? |the )?{_TERM_EN}(?=[.,;:(]| (?:if|when|and|or|with|in)\b|$)"
    ),
    re.compile(rf"(?:^|[.;] )(?:An? |The )?{_TERM_EN} (?:is|are) defined (?:as|to be)\b"),
    re.compile(rf"(?:^|[.;] )(?:An? |The )?{_TERM_EN} refers? to\b"),
)
_BOLD = re.compile(r"(?:\*\*|__)([^*_\n]{2,30})(?:\*\*|__)")
_NAMED_BEFORE = (
    re.compile(
        r"^(?:前置知识|先修(?:内容|知识|课程)?|预备知识|知识基础|prerequisites?|requires|builds on)\s*[:：]\s*(.+)$",
        re.IGNORECASE,
    ),
    re.compile(r"以([^，。；]{2,60}?)(?:作?为)(?:学习)?基础"),
    re.compile(r"在(?:学习|掌握|学过|已学)?(?:了)?([^，。；]{2,60}?)的?基础上"),
    re.compile(r"(?:需要|应|必须)?先(?:学习|学会|掌握|复习|理解)了?([^，。；]{2,60})"),
    re.compile(
        r"\b(?:builds? (?:up)?on|assumes?|requires?|depends? on|relies on)\b (?:the |a |an )?(?:knowledge|understanding|ideas?)?(?: of)?([^.;:]{2,120})",
        re.IGNORECASE,
    ),
)
_SENTENCES = re.compile(r"[^。！？!?；;]+?(?:[。！？!?；;]+|\.(?=\s|$)|$)")
_NO_POINT = re.compile(
    r"(?:前言|序言?|目录|引言|绪论|导言|概述|概论|小结|总结|本[章节课单元].{0,4}|复习.{0,4}|习题.{0,4}|练习.{0,4}|作业|思考.{0,3}|例题?\s*\d*"
    r"|解答?|证明|答案|附录.{0,4}|参考(?:文献|书目|资料)|教学.{0,4}|课程.{0,4}|学习.{0,4}|考试.{0,4}|课时.{0,4}|课后.{0,4}|课堂.{0,4}|板书.{0,4}|.{0,4}导入|情境.{0,6}|活动.{0,4}|典型例题|知识点.{0,4}|考点.{0,4}|概念|定义|性质|公式|注意.{0,4}"
    r"|重点|难点|说明|要求|目标"
    r"|(?:the )?(?:introduction|overview|contents|table of contents|summary|review|exercises?|practice|homework|references|appendix.*"
    r"|bibliography|objectives?|learning .*|course .*|syllabus|schedule|assessment|preface|examples?|solutions?|proof|definitions?"
    r"|key (?:terms|ideas|points)|warm-?up|activit(?:y|ies)\b.*|discussion|materials|readings?|resources|grading|vocabulary|prerequisites?|notes?))",
    re.IGNORECASE,
)
_NO_TERM = re.compile(
    r"[它其这那此该]|[一二两三]个|[它他她]们|[的了着是]|(?:it|this|that|they|these|those|there|which|what|we|he|she|you)\b.*",
    re.IGNORECASE,
)
_LONGEST_NAME = 80
_LONGEST_ENTRY = 40
_ENTRY = 7
"""The level of what a list names: below all headings."""


@dataclass(frozen=True)
class _Section:
    """A heading and the lines below it until the next; `above`: the headings that it stands under, the nearest last."""

    heading: Line | None
    body: tuple[Line, ...]
    above: tuple[Line, ...]


def extract(lines: Sequence[Line], known: Iterable[str] = (), most: int = 300) -> list[Found]:
    """The points of a text, in the order in which it brings them; each link goes to an earlier point or is stated.

    `known`: names of points that the text may name as its basis without bringing them itself. Of more points than `most`, the
    others come without links.
    """
    points: list[Found] = []
    passages: dict[str, list[Line]] = {}
    for section in _sections(_listed(lines)):
        topic = next((line.text for line in reversed(section.above) if _is_point(line.text)), None)
        here = section.heading.text if section.heading and _is_point(section.heading.text) else None
        if here is not None and section.heading is not None:
            points.append(Found(here, topic, (), cut(section.heading.text), section.heading.number))
            passages.setdefault(key_of(here), []).extend(section.body)
        for line in section.body:
            for term, sentence in _defined(line):
                points.append(Found(term, here or topic, (), cut(sentence), line.number))
                passages.setdefault(key_of(term), []).append(line)
    placed = _placed(united(points))
    return _tied(placed[:most], passages, known) + placed[most:]


def _listed(lines: Sequence[Line]) -> Iterator[Line]:
    """What a list names under a heading that is a point, as a syllabus does, are headings below it."""
    under = False
    for line in lines:
        if line.level:
            under = _is_point(line.text)
        listed = under and line.bullet and len(line.text) <= _LONGEST_ENTRY and _is_term(line.text)
        yield replace(line, level=_ENTRY) if listed else line


def _sections(lines: Iterable[Line]) -> Iterator[_Section]:
    above: list[Line] = []
    heading: Line | None = None
    body: list[Line] = []
    for line in lines:
        if not line.level:
            body.append(line)
            continue
        yield _Section(heading, tuple(body), tuple(above[:-1]))
        above = [*(h for h in above if h.level < line.level), line]
        heading, body = line, []
    yield _Section(heading, tuple(body), tuple(above[:-1]))


def _is_point(title: str) -> bool:
    return 1 < len(title) <= _LONGEST_NAME and bool(key_of(title)) and not _NO_POINT.fullmatch(title.strip(" :：。."))


def _defined(line: Line) -> Iterator[tuple[str, str]]:
    """The terms that a line defines, each with its sentence."""
    for sentence in _sentences(line.text):
        for pattern in _DEFINED:
            for match in pattern.finditer(sentence):
                if _is_term(match[1]):
                    yield match[1].strip(), sentence
    bold = dict.fromkeys(" ".join(match[1].split()).strip(" ：:") for match in _BOLD.finditer(line.raw))
    sentences = [(key_of(sentence), sentence) for sentence in _sentences(line.text)] if bold else []
    for term in bold:
        where = next((sentence for key, sentence in sentences if key_of(term) in key), None)
        if where is not None and _is_term(term):
            yield term, where


def _is_term(term: str) -> bool:
    return _is_point(term) and not _NO_TERM.match(term) and not re.search(r"[=<>$\\]|[。；;！？!?，,]", term)


def _sentences(text: str) -> list[str]:
    return [match[0].strip() for match in _SENTENCES.finditer(text) if match[0].strip()]


def _placed(points: Sequence[Found]) -> list[Found]:
    """A topic only where it is a point that comes before; none is part of itself."""
    seen: set[str] = set()
    placed = []
    for point in points:
        topic = point.topic if point.topic and key_of(point.topic) in seen else None
        placed.append(replace(point, topic=topic))
        seen.add(key_of(point.name))
    return placed


def _tied(points: Sequence[Found], passages: dict[str, list[Line]], known: Iterable[str]) -> list[Found]:
    """The points with what each builds on; what follows from other links is not said again."""
    names = {key_of(name): name for name in known} | {key_of(point.name): point.name for point in points}
    above = {key_of(point.name): _above(point, points) for point in points}
    topics = {key_of(point.topic) for point in points if point.topic}
    graph: dict[str, list[str]] = {}
    tied = []
    for at, point in enumerate(points):
        key, body = key_of(point.name), passages.get(key_of(point.name), [])
        earlier = {key_of(p.name) for p in points[:at]} - above[key] - {key}
        stated = tuple({key_of(t.name): t for t in _stated(body, names, {key} | above[key])}.values())
        told = {key_of(tie.name) for tie in stated}
        ties = (*stated, *(t for t in _mentions(body, names, earlier) if key_of(t.name) not in told))
        if not ties and key not in topics and (before := _sibling(point, points[:at], topics)):
            ties = (Tie(before, "order"),)
        kept = _nearest(ties, graph, key)
        graph[key] = [key_of(tie.name) for tie in kept]
        tied.append(replace(point, ties=kept))
    return tied


def _above(point: Found, points: Sequence[Found]) -> set[str]:
    topics = {key_of(p.name): p.topic for p in points}
    found: set[str] = set()
    at = point.topic
    while at is not None and key_of(at) not in found:
        found.add(key_of(at))
        at = topics.get(key_of(at))
    return found


def _stated(body: Sequence[Line], names: dict[str, str], never: set[str]) -> Iterator[Tie]:
    for line in body:
        for sentence in _sentences(line.text):
            for match in (m for pattern in _NAMED_BEFORE for m in pattern.finditer(sentence)):
                for key in _named_in(match[1], names):
                    if key not in never:
                        yield Tie(names[key], "stated", cut(sentence))


def _mentions(body: Sequence[Line], names: dict[str, str], earlier: set[str]) -> Iterator[Tie]:
    seen: set[str] = set()
    for line in body:
        for sentence in _sentences(line.text):
            for key in _named_in(sentence, names):
                if key in earlier and key not in seen:
                    seen.add(key)
                    yield Tie(names[key], "mentioned", cut(sentence))


def _named_in(text: str, names: dict[str, str]) -> Iterator[str]:
    """Keys of the points that a text names; a name within a longer one is not meant."""
    folded = text.casefold()
    taken = [False] * len(folded)
    found: list[tuple[int, str]] = []
    for key, name in sorted(names.items(), key=lambda pair: -len(pair[1])):
        if name.casefold() not in folded:
            continue
        word = re.escape(name.casefold())
        bound = rf"(?<![a-z]){word}(?:s|es)?(?![a-z])" if name.isascii() else word
        for match in re.finditer(bound, folded):
            if not any(taken[match.start() : match.end()]):
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
                found.append((match.start(), key))
    return (key for _, key in sorted(found))


def _sibling(point: Found, before: Sequence[Found], topics: set[str]) -> str | None:
    same = (p.name for p in reversed(before) if p.topic == point.topic and key_of(p.name) not in topics)
    return next(same, None) if point.topic else None


def _nearest(ties: Sequence[Tie], graph: dict[str, list[str]], key: str) -> tuple[Tie, ...]:
    """Without links that close a circle, and without mere mentions that other links lead to anyway."""
    open_ties = [tie for tie in ties if not reaches(graph, key_of(tie.name), key)]
    kept = []
    for tie in open_ties:
        others = [t for t in open_ties if t is not tie]
        implied = any(reaches(graph, key_of(other.name), key_of(tie.name)) for other in others)
        if tie.basis == "stated" or not implied:
            kept.append(tie)
    return tuple(kept)
