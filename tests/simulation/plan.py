"""What a seed sets out with: a small world, and its weather."""

import random
from dataclasses import dataclass, replace

from contracts.topics import STAGES
from tests.simulation.client import Upload
from tests.simulation.faults import Weather, forecast
from tests.simulation.stages import Fate

NAMES = tuple(row.name for row in STAGES)

_STORMS, _LOOPS = 0.06, 0.02
"""Shares of the worlds in which one rare combination of faults is certain."""


@dataclass(frozen=True)
class Plan:
    """What a seed sets out with."""

    weather: Weather
    uploads: list[Upload]
    roles: dict[str, tuple[str, ...]]
    partitions: int
    chaos: float
    slow_work: float


def plan(rng: random.Random) -> Plan:
    """Draw a small world."""
    kind = rng.random()
    if kind < _STORMS:
        return _storm(rng)
    if kind < _STORMS + _LOOPS:
        return _loop(rng)
    weather = forecast(rng)
    uploads = [_upload(rng, number) for number in range(rng.choice((1, 1, 1, 1, 2, 3)))]
    roles: dict[str, tuple[str, ...]] = {f"gateway-{n}": () for n in range(rng.choice((1, 1, 2)))}
    layout = rng.random()
    if layout < 0.5:
        roles["all"] = NAMES
    elif layout < 0.75:
        roles |= {"all-0": NAMES, "all-1": NAMES}
    elif layout < 0.9:
        cut = rng.randrange(1, 5)
        roles |= {"front-0": NAMES[:cut], "front-1": NAMES[:cut], "back": NAMES[cut:]}
    else:
        roles |= {name: (name,) for name in NAMES}
    return Plan(weather, uploads, roles, rng.choice((1, 1, 2)), rng.uniform(2, 9), rng.choice((0.0, 0.1, 0.5)))


def _storm(rng: random.Random) -> Plan:
    """Work is long, the broker forgets it, and offsets begin anew while it still runs."""
    weather = Weather(1 / 40, ("slow", "lost"), ("amnesia", "amnesia", "rebalance"))
    roles: dict[str, tuple[str, ...]] = {"gateway-0": (), "all": NAMES}
    return Plan(weather, [_upload(rng, 0)], roles, partitions=1, chaos=8.0, slow_work=0.8)


def _loop(rng: random.Random) -> Plan:
    """One paper kills whoever works on it, beside others, and what a process says as it dies comes twice."""
    weather = Weather(1 / 40, ("lost", "twice", "late", "fail", "freeze"), ("amnesia", "rebalance", "restart"))
    roles: dict[str, tuple[str, ...]] = {"gateway-0": (), "all": NAMES}
    fates = Fate("poison", NAMES[-1], 99), *[Fate("none", NAMES[-1], 0)] * 2
    uploads = [
        replace(_upload(rng, number), fate=fate, deadline=600.0, cancel_after=None) for number, fate in enumerate(fates)
    ]
    return Plan(weather, uploads, roles, partitions=1, chaos=8.0, slow_work=0.5)


def _upload(rng: random.Random, number: int) -> Upload:
    kind = rng.choices(("none", "permanent", "transient", "broken", "poison"), (76, 7, 8, 5, 4))[0]
    times = {"none": 0, "transient": rng.randrange(1, 3)}.get(kind, 99)
    return Upload(
        key=f"key-{number}",
        marker=f"marker-{number}-{rng.getrandbits(32):08x}",
        fate=Fate(kind, rng.choice(NAMES), times),
        priority=rng.choice(("interactive", "batch")),
        deadline=rng.choice((600.0, 600.0, 600.0, 8.0)),
        at=rng.uniform(0, 2),
        cancel_after=rng.uniform(0, 6) if rng.random() < 0.15 else None,
        gives_up=rng.random() < 0.15,
        replays_from=rng.choice(NAMES) if rng.random() < 0.12 else None,
    )
