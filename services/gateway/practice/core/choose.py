"""Which items of a bank a paper takes: fitting the points, spread around a facility, none twice, the same for a seed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.names import Language
from services.gateway.practice.core.item import Item, ItemType
from services.gateway.practice.core.plan import Need, Share
from services.gateway.practice.core.points import Points

Level = Literal["basic", "standard", "advanced"]
TARGETS: dict[Level, float] = {"basic": 0.8, "standard": 0.65, "advanced": 0.45}
"""Facility around which items are chosen: 分层作业."""
_SPREAD = 0.15
"""The first item of a point is so much easier than the target, the last so much harder."""
_UNKNOWN_FACILITY, _FOR_UNKNOWN = 0.6, 0.08
_FOR_GRADES_BELOW, _FOR_OTHER_POINTS = 0.04, 0.06
_CHANCE = 0.05
"""Items that differ by less are equally good, so that another seed is another paper."""


@dataclass(frozen=True)
class Wish:
    """What a paper is to be like. `used`: items and families that the student has had."""

    target: float
    seed: int
    grade: int | None = None
    types: frozenset[ItemType] | None = None
    language: Language | None = None
    used: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Chosen:
    """Items of one point, the easiest first. `meant`: how many were wanted."""

    need: Need
    items: tuple[Item, ...]
    meant: int


def choose(bank: Sequence[Item], plan: Sequence[Share], points: Points, wish: Wish) -> list[Chosen]:
    """Items for each share of the plan, in its order. What a point lacks, the others get, as far as they have it."""
    fitting = _by_point(bank, plan, points, wish)
    found, taken = _own(fitting, plan, wish)
    missing = sum(share.items for share in plan) - sum(map(len, found.values()))
    for share in plan:
        if missing <= 0:
            break
        more = _pick(fitting[share.need.code], missing, taken, wish)
        found[share.need.code] += more
        missing -= len(more)
    return [Chosen(share.need, tuple(sorted(found[share.need.code], key=_ease)), share.items) for share in plan]


def first(bank: Sequence[Item], plan: Sequence[Share], points: Points, wish: Wish) -> list[Item]:
    """Items for each share alone: nobody gets what another lacks."""
    found, _ = _own(_by_point(bank, plan, points, wish), plan, wish)
    return [item for share in plan for item in found[share.need.code]]


def lacking(bank: Sequence[Item], plan: Sequence[Share], points: Points, wish: Wish) -> list[Share]:
    """What the bank has too few items for, before others get what a point lacks."""
    found, _ = _own(_by_point(bank, plan, points, wish), plan, wish)
    short = ((share, share.items - len(found[share.need.code])) for share in plan)
    return [Share(share.need, missing) for share, missing in short if missing > 0]


def _by_point(bank: Sequence[Item], plan: Sequence[Share], points: Points, wish: Wish) -> dict[str, list["_Candidate"]]:
    return {share.need.code: _fitting(bank, share.need, points, wish) for share in plan}


def _own(
    fitting: Mapping[str, Sequence["_Candidate"]], plan: Sequence[Share], wish: Wish
) -> tuple[dict[str, list[Item]], set[str]]:
    """Items of each point, as many as are meant for it at most; and the groups that they are of."""
    taken: set[str] = set()
    found: dict[str, list[Item]] = {}
    # Who has the fewest chooses first: an item on two points goes where it is needed.
    for share in sorted(plan, key=lambda s: (len(fitting[s.need.code]), plan.index(s))):
        found[share.need.code] = _pick(fitting[share.need.code], share.items, taken, wish)
    return found, taken


def facility_of(item: Item) -> float:
    """What is known of it, or the usual."""
    return _UNKNOWN_FACILITY if item.facility is None else item.facility


@dataclass(frozen=True)
class _Candidate:
    """An item on a point. `beside`: it is on it, too, but mainly on another."""

    item: Item
    beside: bool


def _fitting(bank: Sequence[Item], need: Need, points: Points, wish: Wish) -> list[_Candidate]:
    return [
        _Candidate(item, beside=not points.covers(need.code, item.points[:1]))
        for item in bank
        if points.covers(need.code, item.points) and _allowed(item, wish)
    ]


def _allowed(item: Item, wish: Wish) -> bool:
    return (
        (wish.grade is None or item.grade <= wish.grade)
        and (wish.types is None or item.type in wish.types)
        and (wish.language is None or item.language == wish.language)
        and item.id not in wish.used
    )


def _pick(fitting: Sequence[_Candidate], count: int, taken: set[str], wish: Wish) -> list[Item]:
    """Up to `count` items whose facilities are spread around the target; `taken` (groups) grows by them."""
    found: list[Item] = []
    for aim in _aims(wish.target, count):
        free = [candidate for candidate in fitting if candidate.item.group not in taken]
        if not free:
            break
        best = min(free, key=lambda each: (_cost(each, aim, wish), _lot(each.item, wish.seed))).item
        taken.add(best.group)
        found.append(best)
    return found


def _aims(target: float, count: int) -> list[float]:
    if count == 1:
        return [target]
    return [target + _SPREAD - 2 * _SPREAD * i / (count - 1) for i in range(count)]


def _cost(candidate: _Candidate, aim: float, wish: Wish) -> float:
    """How ill an item fits; in steps, within which chance decides."""
    item = candidate.item
    cost = abs(facility_of(item) - aim) + (_FOR_UNKNOWN if item.facility is None else 0.0)
    if wish.grade is not None:
        cost += _FOR_GRADES_BELOW * (wish.grade - item.grade)
    cost += _FOR_OTHER_POINTS * candidate.beside
    cost += 2 * _SPREAD if item.group in wish.used else 0.0  # a variant of what the student has had
    return round(cost / _CHANCE)


def _ease(item: Item) -> tuple[float, str]:
    return -facility_of(item), item.id


def _lot(item: Item, seed: int) -> bytes:
    """A draw that depends on nothing but the item and the seed."""
    return hashlib.sha256(f"{seed}:{item.id}".encode()).digest()
