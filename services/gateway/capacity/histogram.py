"""A histogram of Prometheus as a distribution. Pure."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Histogram:
    """Cumulative counts by upper bound, the last being +Inf, and the sum of what was observed, in seconds."""

    bounds: tuple[float, ...]
    counts: tuple[float, ...]
    total: float

    @classmethod
    def of(cls, buckets: Mapping[float, float], total: float) -> "Histogram":
        """From `le` -> cumulative count; ValueError when nothing was observed."""
        bounds = tuple(sorted(buckets))
        if not bounds or bounds[-1] != inf or buckets[inf] <= 0:
            raise ValueError("nothing was observed")
        return cls(bounds, tuple(buckets[bound] for bound in bounds), total)

    @property
    def count(self) -> float:
        """Observations."""
        return self.counts[-1]

    @property
    def mean(self) -> float:
        """Exact, as the sum is."""
        return self.total / self.count

    @property
    def scv(self) -> float:
        """Squared coefficient of variation, as if each bucket were filled evenly: buckets blur it by their width."""
        mean = sum(share * (low + high) / 2 for share, low, high in self._pieces())
        square = sum(share * (low * low + low * high + high * high) / 3 for share, low, high in self._pieces())
        return max(0.0, square / mean**2 - 1) if mean else 0.0

    def quantile(self, share: float) -> float:
        """Interpolated within its bucket, as Prometheus does."""
        wanted = share * self.count
        index = min(bisect_left(self.counts, wanted), len(self.counts) - 1)
        low, high = self._edges(index)
        below = self.counts[index - 1] if index else 0.0
        inside = self.counts[index] - below
        return low + (high - low) * (wanted - below) / inside if inside else high

    def draw(self, chance: float) -> float:
        """The value at `chance` in 0..1 of a distribution with these buckets' shape and exactly our mean."""
        blurred = sum(share * (low + high) / 2 for share, low, high in self._pieces())
        return self.quantile(chance) * (self.mean / blurred if blurred else 1.0)

    def _edges(self, index: int) -> tuple[float, float]:
        """What lies above the last bound is taken to lie at it."""
        low = self.bounds[index - 1] if index else 0.0
        return low, low if self.bounds[index] == inf else self.bounds[index]

    def _pieces(self) -> list[tuple[float, float, float]]:
        """(share, low, high) of each bucket that isn't empty."""
        before = (0.0, *self.counts)
        return [
            ((count - below) / self.count, *self._edges(index))
            for index, (count, below) in enumerate(zip(self.counts, before, strict=False))
            if count > below
        ]
