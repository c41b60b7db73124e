"""Knowledge points as items and requests name them: by code or by name, topics for all that is part of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from contracts.taxonomy import OWN, Taxonomy, taxonomy


class UnknownPoint(Exception):
    """A name that the subject's taxonomy doesn't have; the message says which are near."""


@dataclass(frozen=True)
class Points:
    """The points of one subject."""

    subject: str
    names: dict[str, str]
    codes: dict[str, str]
    requires: dict[str, tuple[str, ...]]
    topics: dict[str, tuple[str, ...]]
    """A point and the topics it is part of, the nearest first."""
    known: Taxonomy

    def code(self, name: str) -> str:
        """The code of a code or name; UnknownPoint. A subject without a taxonomy takes any."""
        if name in self.names or not self.names:
            return name
        if name in self.codes:
            return self.codes[name]
        near = get_close_matches(name, [*self.codes, *self.names], n=3, cutoff=0.4)
        hint = f"; near it are {', '.join(near)}" if near else ""
        raise UnknownPoint(f"is no knowledge point of {self.subject}: {name[:60]}{hint}")

    def name(self, code: str) -> str:
        """What people call it; a point that a school named itself is called so."""
        return self.names.get(code, code.removeprefix(OWN))

    def covers(self, wanted: str, tested: Iterable[str]) -> bool:
        """Whether an item on the points `tested` practises `wanted`: the point itself, or part of the topic."""
        return any(wanted in self.topics.get(code, (code,)) for code in tested)

    def before(self, code: str) -> tuple[str, ...]:
        """What it directly builds on."""
        return self.requires.get(code, ())

    def rests_on(self, code: str, other: str) -> bool:
        """Whether a point builds on another, directly or not, through its topic too."""
        return other in self.known.roots_of(code)

    def own_parts(self, code: str) -> list[str]:
        """The school's own points that are part of a topic: items are stored without topics that a school may change."""
        return [part for part, topics in self.topics.items() if part.startswith(OWN) and code in topics[1:]]


@cache
def points_of(subject: str) -> Points:
    """The points of the taxonomy that ships."""
    return points_in(taxonomy(subject))


def points_in(known: Taxonomy) -> Points:
    """The points of a taxonomy."""
    names = {point.code: point.name for point in known.points}
    english = {point.name_en: point.code for point in reversed(known.points) if point.name_en}
    return Points(
        subject=known.subject,
        known=known,
        names=names,
        codes=english | {name: code for code, name in reversed(names.items())},
        requires={point.code: point.requires for point in known.points},
        topics={point.code: _topics(known, point.code) for point in known.points},
    )


def _topics(known: Taxonomy, code: str) -> tuple[str, ...]:
    found = [code]
    while (parent := known.parent_of(found[-1])) is not None:
        found.append(parent.code)
    return tuple(found)


def codes_of(points: Points, names: Sequence[str]) -> list[str]:
    """Codes, each once; UnknownPoint."""
    return list(dict.fromkeys(points.code(name) for name in names))
