"""M/G/c in the approximation of Allen and Cunneen. Pure.

A. O. Allen, Probability, Statistics, and Queueing Theory (1990), section 5.3: the wait of M/M/c times the mean of the
squared coefficients of variation of arrivals and service.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Wait:
    """The wait before a server: none with chance 1 - `some`, else exponential. Seconds."""

    some: float
    mean: float

    def draw(self, chance: float) -> float:
        """The wait at `chance` in 0..1."""
        if chance <= 1 - self.some or not self.some:
            return 0.0
        return -math.log((1 - chance) / self.some) * self.mean / self.some

    def quantile(self, share: float) -> float:
        """What this share of arrivals waits at most."""
        return self.draw(share)


def wait(rate: float, service: float, servers: int, scv: float, arrivals_scv: float = 1.0) -> Wait | None:
    """The wait at `rate` arrivals a second; None when the servers can't keep up."""
    load = rate * service
    if load >= servers:
        return None
    some = erlang_c(load, servers)
    return Wait(some, (arrivals_scv + scv) / 2 * some * service / (servers - load))


def erlang_c(load: float, servers: int) -> float:
    """The chance that an arrival finds all servers busy; `load` in Erlang, less than `servers`."""
    blocked = 1.0
    for n in range(1, servers + 1):  # Erlang B, by its stable recursion
        blocked = load * blocked / (n + load * blocked)
    return servers * blocked / (servers - load * (1 - blocked))
