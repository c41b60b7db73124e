"""A school's own points of a subject: named by people, put together and checked."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from contracts.taxonomy import OWN, Point, Taxonomy
from services.gateway.courses.core.found import key_of, reaches
from services.gateway.courses.core.proposal import ProposedPoint

_MOST_ALIASES = 20
Name = Annotated[
    str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")
]
Code = Annotated[str, Field(min_length=1, max_length=90, pattern=r"^[^\x00-\x1f\x7f]+$")]
Alias = Annotated[
    str, Field(min_length=2, max_length=40, pattern=r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$")
]
POINTS = TypeAdapter(tuple[Point, ...])


class NewPoint(BaseModel):
    """A point as a person wants it. Others are named by name or code."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    name_en: Name | None = Field(
        default=None, description="What English reports call it. A point that ships keeps the one that it has."
    )
    parent: Code | None = Field(default=None, description="The topic that it is part of.")
    requires: list[Code] = Field(default=[], max_length=20, description="What should be known before it.")
    aliases: list[Alias] = Field(
        default=[],
        max_length=_MOST_ALIASES,
        description="Other words by which a question shows it. A point that ships has its own words, and takes none.",
    )


class Refused(Exception):
    """(JSON pointer, what is wrong) of each point that can't be taken."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = list(errors)


def as_wanted(points: Sequence[ProposedPoint]) -> list[NewPoint]:
    """A proposal, taken as it is."""
    return [NewPoint(name=p.name, parent=p.parent, requires=[link.code for link in p.requires]) for p in points]


def own_points(shipped: Taxonomy, own: Sequence[Point], wanted: Sequence[NewPoint]) -> tuple[Point, ...]:
    """The school's points with those that are wanted; Refused.

    A wanted point that is there already keeps its links and gets the new ones. Of points that ship, only further links are
    kept. No link may close a circle.
    """
    names = _Names(shipped, own, wanted)
    theirs = {point.code: point for point in shipped.points}
    mine = {point.code: point for point in own}
    before: dict[str, list[str]] = {p.code: list(p.requires) for p in shipped.points}
    above: dict[str, list[str]] = {p.code: [p.parent] if p.parent else [] for p in shipped.points}
    for point in own:
        before[point.code] = list(dict.fromkeys((*before.get(point.code, ()), *point.requires)))
        if point.code not in theirs:
            above[point.code] = [point.parent] if point.parent else []
    for at, new in enumerate(wanted):
        code = names.code_of(new.name) or ""
        held = mine.get(code, Point(code=code, name=names.name_of(code)))
        parent = held.parent
        if new.parent is not None and code not in theirs:
            parent = names.found(new.parent, f"/points/{at}/parent")
            above[code] = [] if parent == held.parent else above.get(code, [])
            names.refuse_circle(above, code, parent, f"/points/{at}/parent")
            above[code] = [parent] if parent else []
        links = [names.found(each, f"/points/{at}/requires/{n}") for n, each in enumerate(new.requires)]
        for n, link in enumerate(links):
            if link and link not in before.setdefault(code, []):
                names.refuse_circle(before, code, link, f"/points/{at}/requires/{n}")
                before[code].append(link)
        told = tuple(n for n in before.get(code, ()) if code not in theirs or n not in theirs[code].requires)
        words = () if code in theirs else tuple(dict.fromkeys((*held.aliases, *new.aliases)))[:_MOST_ALIASES]
        mine[code] = held.model_copy(update={"parent": parent, "requires": told, "aliases": words})
        if new.name_en is not None and code not in theirs:
            mine[code] = mine[code].model_copy(update={"name_en": new.name_en.strip()})
    if names.errors:
        raise Refused(names.errors)
    return tuple(p for code, p in sorted(mine.items()) if code not in theirs or p.requires)


class _Names:
    """Codes of everything that a point may be linked with, by name and by code; collects what is wrong."""

    def __init__(self, shipped: Taxonomy, own: Sequence[Point], wanted: Sequence[NewPoint]) -> None:
        self.errors: list[tuple[str, str]] = []
        self._names: dict[str, str] = {point.code: point.name for point in (*shipped.points, *own)}
        self._codes = {key_of(point.name): point.code for point in reversed((*shipped.points, *own))}
        seen: dict[str, int] = {}
        for at, new in enumerate(wanted):
            name = new.name.strip()
            key = key_of(name)
            if not key:
                self.errors.append((f"/points/{at}/name", "must have a letter, a digit or a sign"))
            if key in seen:
                self.errors.append((f"/points/{at}/name", f"is point {seen[key]} of this list already"))
            seen.setdefault(key, at)
            if key not in self._codes and name not in self._names:
                self._codes[key] = OWN + name
                self._names[OWN + name] = name

    def code_of(self, name: str) -> str | None:
        """Of a name or code."""
        name = name.strip()
        return name if name in self._names else self._codes.get(key_of(name))

    def name_of(self, code: str) -> str:
        return self._names.get(code, code.removeprefix(OWN))

    def found(self, name: str, pointer: str) -> str | None:
        """The code, or None and an error."""
        code = self.code_of(name)
        if code is None:
            near = get_close_matches(name, self._names.values(), n=3, cutoff=0.4)
            hint = f"; near it are {', '.join(near)}" if near else ""
            self.errors.append((pointer, f"is no point of this list or of the subject: {name[:60]}{hint}"))
        return code

    def refuse_circle(self, graph: Mapping[str, Sequence[str]], code: str, other: str | None, pointer: str) -> None:
        """An error when `other` leads back to the point."""
        if other is not None and reaches(graph, other, code):
            both = f"{self.name_of(other)} builds on {self.name_of(code)} already, or is part of it"
            self.errors.append((pointer, f"closes a circle: {both}"))
