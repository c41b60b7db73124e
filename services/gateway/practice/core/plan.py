"""What a paper should practise: which points, in which order, with how many items each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.gateway.practice.core.points import Points

Reason = Literal["weak", "asked", "prerequisite"]
_OF_A_PREREQUISITE = 0.5
"""Weight of what is only there because a weak point rests on it."""
_UNKNOWN = 0.5


@dataclass(frozen=True)
class Need:
    """A point to be practised. `mastery`: 0..1, None when nothing is known."""

    code: str
    mastery: float | None
    reason: Reason

    @property
    def weight(self) -> float:
        """How much of the paper it should get, relative to others."""
        lacking = 1.0 - (_UNKNOWN if self.mastery is None else self.mastery)
        return max(0.1, lacking) * (_OF_A_PREREQUISITE if self.reason == "prerequisite" else 1.0)


@dataclass(frozen=True)
class Share:
    """A point and how many items are meant for it."""

    need: Need
    items: int


def needs_of(
    wanted: Sequence[str], reason: Reason, mastery: Mapping[str, float], points: Points, *, before: float | None
) -> list[Need]:
    """The wanted points in the order they should be learned.

    `before`: also what they directly build on, unless its mastery is known to be that high; None: only what is wanted.
    """
    needs = {code: Need(code, mastery.get(code), reason) for code in wanted}
    if before is not None:
        for code in wanted:
            for base in points.before(code):
                if mastery.get(base, 0.0) < before:
                    needs.setdefault(base, Need(base, mastery.get(base), "prerequisite"))
    return _in_order(list(needs.values()), points)


def shares(needs: Sequence[Need], count: int) -> list[Share]:
    """`count` items by weight (largest remainders), one each at least; when they are too few, the weightiest get one."""
    kept = needs
    if len(needs) > count:
        chosen = sorted(range(len(needs)), key=lambda i: (-needs[i].weight, i))[:count]
        kept = [needs[i] for i in sorted(chosen)]
    rest = count - len(kept)
    total = sum(need.weight for need in kept) or 1.0
    exact = [rest * need.weight / total for need in kept]
    given = [int(each) for each in exact]
    by_remainder = sorted(range(len(kept)), key=lambda i: (given[i] - exact[i], i))
    for i in by_remainder[: rest - sum(given)]:
        given[i] += 1
    return [Share(need, 1 + more) for need, more in zip(kept, given, strict=True)]


def _in_order(needs: list[Need], points: Points) -> list[Need]:
    """What others rest on first; among those that are free, the weakest. The taxonomy has no circles."""
    waiting = sorted(needs, key=lambda need: (-need.weight, need.code))
    ordered: list[Need] = []
    while waiting:
        free = (
            need
            for need in waiting
            if not any(points.rests_on(need.code, other.code) for other in waiting if other is not need)
        )
        found = next(free, waiting[0])
        ordered.append(found)
        waiting.remove(found)
    return ordered
