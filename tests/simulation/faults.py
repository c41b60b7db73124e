"""Which faults a seed brings, and when. Drawn once per seed: some runs are calm, some wild."""

import math
import random
from collections import Counter
from dataclasses import dataclass

EVERYWHERE = ("crash", "freeze", "slow")
"""What may happen at any await of any port."""

AT: dict[str, tuple[str, ...]] = {
    "kafka.publish.before": ("fail",),
    "kafka.publish.append": ("twice", "late"),
    "kafka.publish.after": ("lost",),
    "kafka.commit.before": ("fail",),
    "kafka.commit.after": ("lost",),
    "kafka.poll": ("fail",),
    "blobs.put.before": ("fail",),
    "blobs.put.after": ("lost",),
    "blobs.read.before": ("fail", "missing"),
    "blobs.get.before": ("torn",),
    "ledger.begin": ("fail",),
    "ledger.statement": ("fail",),
    "ledger.commit.before": ("fail",),
    "ledger.commit.after": ("lost",),
    "cache.first": ("forget",),
    "cache.begin": ("forget",),
    "cache.end": ("forget",),
    "work": ("hiccup", "break"),
    "gateway.answer": ("lost",),
}
"""What else may happen there."""

_KINDS = sorted({*EVERYWHERE, *(kind for kinds in AT.values() for kind in kinds)})
PAIRS = frozenset((kind, point) for point, kinds in AT.items() for kind in (*kinds, *EVERYWHERE))
"""Everything that can go wrong, everywhere it can."""

NEMESES = ("rebalance", "restart", "amnesia")
"""Done to the world from outside: a group rebalances, a process is restarted gracefully, the broker loses its log."""


@dataclass(frozen=True)
class Weather:
    """How much goes wrong: `rate` is the chance of a fault per await, `nemeses` happen every few seconds."""

    rate: float
    kinds: tuple[str, ...]
    nemeses: tuple[str, ...]


def forecast(rng: random.Random) -> Weather:
    """The weather of a seed."""
    rate = rng.choice((0.0, 1 / 400, 1 / 150, 1 / 60, 1 / 25))
    kinds = tuple(kind for kind in _KINDS if rng.random() < 0.5)
    nemeses = tuple(kind for kind, chance in zip(NEMESES, (0.5, 0.4, 0.25), strict=True) if rng.random() < chance)
    if rate == 0.0 and rng.random() < 0.5:
        nemeses = ()
    return Weather(rate, kinds, nemeses)


class Faults:
    """Draws faults at the points that processes reach."""

    def __init__(self, weather: Weather, rng: random.Random) -> None:
        self.played: Counter[tuple[str, str]] = Counter()
        self._rng = rng
        self._rate = weather.rate
        self._at = {
            point: tuple(kind for kind in (*kinds, *EVERYWHERE) if kind in weather.kinds) for point, kinds in AT.items()
        }
        self._countdown = self._gap()

    def stop(self) -> None:
        """The world heals."""
        self._rate = 0.0
        self._countdown = self._gap()

    def draw(self, point: str) -> str | None:
        """What goes wrong here; mostly nothing."""
        self._countdown -= 1
        if self._countdown > 0:
            return None
        self._countdown = self._gap()
        if not (kinds := self._at[point]):
            return None
        kind = self._rng.choice(kinds)
        self.played[kind, point] += 1
        return kind

    def _gap(self) -> int:
        """Points until the next fault: geometric."""
        if self._rate <= 0.0:
            return 1 << 60
        return 1 + int(math.log(1.0 - self._rng.random()) / math.log(1.0 - self._rate))
