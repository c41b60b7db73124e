"""知识点 of the subjects: names, topics above them and what they build on; one JSON file a subject, our own work.

A school's own taxonomy is the same JSON, read by `Taxonomy.model_validate_json`.
"""

import math
from collections.abc import Iterable, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from typing import Literal, Self

from pydantic import model_validator

from contracts.base import Contract

OWN = "given."
"""Codes that begin so are a school's own: the rest is the name."""


class Point(Contract):
    """`name_en`: what English reports call it. `parent`: the topic that it is part of. `requires`: codes of what should be
    known before it. `aliases`: other words by which a question shows it.
    """

    code: str
    name: str
    name_en: str | None = None
    parent: str | None = None
    requires: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


class Taxonomy(Contract):
    """The points of one subject. Refused with ValueError: a code twice, an unknown code, a circle."""

    subject: str
    licence: str = ""
    points: tuple[Point, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        known = {point.code for point in self.points}
        if len(known) < len(self.points):
            raise ValueError("a code occurs twice")
        named = {code for point in self.points for code in (*point.requires, *_one(point.parent))}
        if named - known:
            raise ValueError(f"unknown codes: {sorted(named - known)[:5]}")
        for way in ({p.code: p.requires for p in self.points}, {p.code: _one(p.parent) for p in self.points}):
            try:
                TopologicalSorter(way).prepare()
            except CycleError as circle:
                raise ValueError(f"in a circle: {circle.args[1]}") from circle
        return self

    def with_own(self, own: Iterable[Point]) -> Self:
        """With a school's own points, and with its links beside those of points that are here already.

        A link to an unknown code, or one that closes a circle, is left out: what was checked when it was accepted may no
        longer fit a taxonomy that has grown since, and must fail no exam.
        """
        mine = {point.code: point for point in own}
        if not mine:
            return self
        theirs = {point.code: point for point in self.points}
        joined = theirs | {code: _joined(theirs[code], p) if code in theirs else p for code, p in mine.items()}
        before: dict[str, list[str]] = {point.code: list(point.requires) for point in self.points}
        above: dict[str, list[str]] = {point.code: list(_one(point.parent)) for point in self.points}
        for code, point in joined.items():
            for graph, wanted in ((before, point.requires), (above, _one(point.parent))):
                held = graph.setdefault(code, [])
                held += [n for n in wanted if n not in held and n in joined and not _reaches(graph, n, code)]
        points = (
            point.model_copy(update={"requires": tuple(before[code]), "parent": next(iter(above[code]), None)})
            for code, point in joined.items()
        )
        return self.model_copy(update={"points": tuple(points)})

    def called(self, language: Literal["zh", "en"]) -> Self:
        """With the points' names in a language, where they have one in it."""
        if language != "en":
            return self
        points = tuple(p.model_copy(update={"name": p.name_en}) if p.name_en else p for p in self.points)
        return self.model_copy(update={"points": points})

    def parent_of(self, code: str) -> Point | None:
        """The topic that a point is part of; None for a topic and for an unknown code."""
        by_code = {point.code: point for point in self.points}
        point = by_code.get(code)
        return by_code[point.parent] if point is not None and point.parent is not None else None

    def parts_of(self, points: Sequence[tuple[str, float]]) -> list[float]:
        """Of a question's weight what speaks for each of its points, given as codes and confidences.

        Confidence over the root of all confidence: two sure points get 0.7 each, more than a half, since the answer does
        speak for both; two half-sure ones a half each; a single doubtful one less than the whole. A topic and its part
        share nothing: what speaks for the part speaks for the topic.
        """
        above = {point.code: point.parent for point in self.points}
        surest: dict[str, float] = {}
        for code, confidence in points:
            topic = above.get(code) or code
            surest[topic] = max(confidence, surest.get(topic, 0.0))
        root = math.sqrt(sum(surest.values()))
        return [confidence / root for _, confidence in points]

    def roots_of(self, code: str) -> tuple[str, ...]:
        """All that a point builds on, directly or not, through its topic too; the nearest first."""
        by_code = {point.code: point for point in self.points}
        found: dict[str, None] = {}
        queue = [code]
        for at in queue:
            point = by_code.get(at)
            if point is None:
                continue
            for before in (*point.requires, *_one(point.parent)):
                if before not in found and before != code:
                    found[before] = None
                    queue.append(before)
        topics: set[str] = set()
        below = by_code.get(code)
        while below is not None and below.parent is not None:
            topics.add(below.parent)
            below = by_code.get(below.parent)
        return tuple(each for each in found if each not in topics)


@cache
def taxonomy(subject: str) -> Taxonomy:
    """The one that ships; empty for a subject without one. Raises ValueError when its file is damaged."""
    path = files(__name__).joinpath(f"{subject}.json")
    if not path.is_file():
        return Taxonomy(subject=subject)
    return Taxonomy.model_validate_json(path.read_bytes())


def _joined(shipped: Point, own: Point) -> Point:
    """A point that ships keeps its name and its topic."""
    return shipped.model_copy(update={"requires": tuple(dict.fromkeys((*shipped.requires, *own.requires)))})


def _reaches(graph: dict[str, list[str]], start: str, goal: str) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        if (at := waiting.pop()) == goal:
            return True
        new = [n for n in graph.get(at, ()) if n not in seen]
        seen.update(new)
        waiting += new
    return False


def _one(code: str | None) -> tuple[str, ...]:
    return () if code is None else (code,)
