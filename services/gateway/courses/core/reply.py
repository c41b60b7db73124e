"""What a model says of a passage, and what of it can be held against the text."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from pydantic import BaseModel, Field

from services.gateway.courses.core.found import Found, Tie, cut, key_of, stands_in
from services.gateway.courses.core.lines import Line

_PRIVATE = (
    re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"),
    re.compile(r"(?<![\d.])\d(?:[ -]?\d){6,}(?![\d.])"),
    re.compile(
        r"(?:姓名|学生|学号|考号|准考证号?|班级|任课教师|教师|老师|作者|学校|电话|手机|微信|QQ|name|students?|teacher|lecturer|instructor|author"
        r"|class|school|phone|e-?mail)\s*[:：]\s*([^\n]+)",
        re.IGNORECASE,
    ),
)


class LinkReply(BaseModel):
    """What a point builds on."""

    name: str = Field(min_length=1, max_length=80)
    quote: str = Field(min_length=1, max_length=400)


class PointReply(BaseModel):
    """A point of the passage."""

    name: str = Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f<>]+$")
    quote: str = Field(min_length=1, max_length=400)
    part_of: str | None = Field(default=None, max_length=80)
    requires: list[LinkReply] = Field(default=[], max_length=12)


class CourseReply(BaseModel):
    """What a model found in a passage."""

    points: list[PointReply] = Field(max_length=60)


@dataclass(frozen=True)
class Passage:
    """Lines of a course that are read together."""

    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """As it is sent: without addresses, long numbers and what follows the word for a person's name."""
        return masked("\n".join(line.raw for line in self.lines))


def passages(lines: Sequence[Line], most: int) -> list[Passage]:
    """The lines in passages of about `most` characters, parted at headings where there is one in the second half."""
    found: list[Passage] = []
    now: list[Line] = []
    size = 0
    for line in lines:
        if now and (size + len(line.raw) > most or (line.level and 2 * size > most)):
            found.append(Passage(tuple(now)))
            now, size = [], 0
        now.append(Line(line.number, line.text[:most], line.level, line.raw[:most]))
        size += len(line.raw) + 1
    return [*found, Passage(tuple(now))] if now else found


def masked(text: str) -> str:
    """Without what may name a person: asterisks stand for it, one for each character."""
    for pattern in _PRIVATE:
        text = pattern.sub(_starred, text)
    return text


def _starred(match: re.Match[str]) -> str:
    private = match[match.lastindex or 0]
    return match[0][: len(match[0]) - len(private)] + "＊" * len(private)


def flaws(reply: CourseReply, text: str, known: Collection[str]) -> list[str]:
    """What must be mended before a reply counts: a place and a rule each. `known`: keys of the points that hold."""
    whole, own = key_of(text), {key_of(point.name) for point in reply.points}
    wrong = []
    for at, point in enumerate(reply.points):
        if not key_of(point.name) or (key_of(point.name) not in known and key_of(point.name) not in whole):
            wrong.append(f"points.{at}.name: must be words of the passage")
        if not stands_in(point.quote, text):
            wrong.append(f"points.{at}.quote: must be copied from the passage character by character")
        for n, link in enumerate(point.requires):
            key = key_of(link.name)
            if key not in own and key not in known and (not key or key not in whole):
                wrong.append(
                    f"points.{at}.requires.{n}.name: is no point of this reply, known point or word of the passage"
                )
            if not stands_in(link.quote, text):
                wrong.append(f"points.{at}.requires.{n}.quote: must be copied from the passage character by character")
    try:
        graph = {key_of(p.name): {key_of(link.name) for link in p.requires} for p in reply.points}
        TopologicalSorter(graph).prepare()
    except CycleError:
        wrong.append("requires: points build on each other in a circle")
    return wrong[:12]


def found_in(reply: CourseReply, passage: Passage) -> list[Found]:
    """The points of a reply that has no flaw, at their lines."""
    return [
        Found(
            name=" ".join(point.name.split()),
            topic=point.part_of,
            ties=tuple(Tie(" ".join(link.name.split()), "model", cut(link.quote)) for link in point.requires),
            quote=cut(point.quote),
            line=_line_of(point.quote, passage),
        )
        for point in reply.points
    ]


def _line_of(quote: str, passage: Passage) -> int:
    wanted, ends, so_far = key_of(quote), [], ""
    for line in passage.lines:
        so_far += key_of(masked(line.raw))
        ends.append(len(so_far))
    at = max(0, so_far.find(wanted))
    return next(
        (line.number for line, end in zip(passage.lines, ends, strict=True) if at < end), passage.lines[0].number
    )
