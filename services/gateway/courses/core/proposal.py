"""From what was found in a text to points that a person can accept: under their codes, without circles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from contracts.taxonomy import OWN, Taxonomy
from services.gateway.courses.core.found import Basis, Found, key_of, reaches


class Link(BaseModel):
    """What a point builds on, and why it is said to."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="ProposedLink")

    code: str
    name: str
    basis: Basis = Field(
        description="`stated`: the text says so. `mentioned`: the point's passage speaks of it. `order`: it comes before it"
        " under the same heading. `model`: a model says so."
    )
    quote: str = Field(description="The words of the text; empty for `order`.")


class ProposedPoint(BaseModel):
    """A knowledge point, as the text brings it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    name: str
    known: bool = Field(description="It is a point of the subject already; accepting adds links to it at most.")
    parent: str | None = Field(description="Code of the topic that it is part of.")
    requires: list[Link] = Field(description="What it builds on.")
    quote: str = Field(description="The words of the text that bring it.")
    line: int = Field(description="Where they stand, from 1.")


@dataclass(frozen=True)
class Draft:
    """`left_out`: links that would have closed a circle; `more`: points beyond the most that are proposed."""

    points: tuple[ProposedPoint, ...]
    left_out: int = 0
    more: int = 0


def draft(found: Sequence[Found], known: Taxonomy, most: int) -> Draft:
    """What is proposed of `found`, beside the points that hold already."""
    kept = list(found)[:most]
    codes = {key_of(point.name): (point.code, point.name) for point in reversed(known.points)}
    held = frozenset(codes)
    codes |= {key: (OWN + each.name, each.name) for each in kept if (key := key_of(each.name)) not in held}
    before = {point.code: list(point.requires) for point in known.points}
    above = {point.code: [point.parent] if point.parent else [] for point in known.points}
    points, left_out = [], 0
    for each in kept:
        code, name = codes[key_of(each.name)]
        parent = _topic(each, code, codes, above) if code not in before else next(iter(above[code]), None)
        implied = set(known.roots_of(code)) | {code, parent}
        links = []
        for tie in each.ties:
            other = codes.get(key_of(tie.name))
            if other is None or other[0] in implied:
                continue
            if reaches(before, other[0], code):
                left_out += 1
                continue
            before.setdefault(code, []).append(other[0])
            links.append(Link(code=other[0], name=other[1], basis=tie.basis, quote=tie.quote))
        points.append(
            ProposedPoint(
                code=code,
                name=name,
                known=key_of(each.name) in held,
                parent=parent,
                requires=links,
                quote=each.quote,
                line=each.line,
            )
        )
    return Draft(tuple(points), left_out, max(0, len(found) - most))


def _topic(each: Found, code: str, codes: dict[str, tuple[str, str]], above: dict[str, list[str]]) -> str | None:
    topic = codes.get(key_of(each.topic)) if each.topic else None
    if topic is None or reaches(above, topic[0], code):
        return None
    above[code] = [topic[0]]
    return topic[0]


def quoted(points: Iterable[ProposedPoint]) -> Iterable[str]:
    """All words that are said to be the text's."""
    for point in points:
        yield point.quote
        yield from (link.quote for link in point.requires if link.quote)
