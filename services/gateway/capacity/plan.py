"""From what was measured and what is to come: replicas, waits, latency, cost. Pure; chance comes from a fixed seed."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.gateway.capacity.measured import Measured, StageTimes
from services.gateway.capacity.queueing import Wait, wait

DRAWS = 20_000
PARTITIONS = 12
SIDE_BY_SIDE = frozenset({"ocr"})
"""Stages that spread the pages of one exam over their workers."""


@dataclass(frozen=True)
class Wanted:
    """What is asked: exams a second, pages of each, and how full and how late a stage may be (p95 wait, seconds)."""

    rate: float
    pages: float
    utilisation: float = 0.7
    wait: float = 5.0
    arrivals_scv: float = 1.0
    replicas: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class StagePlan:
    """One stage. Times in seconds; `cpu` of one exam; `waits` None when it can't keep up."""

    stage: str
    replicas: int
    servers: int
    partitions: int
    utilisation: float
    cpu: float
    p50: float
    waits: Wait | None
    lag_threshold: int


@dataclass(frozen=True)
class Plan:
    """The whole. `quantiles`: share -> seconds from upload to report; empty when a stage can't keep up."""

    stages: tuple[StagePlan, ...]
    quantiles: Mapping[float, float]
    bottleneck: str
    cpu_hours: float
    model_cost: float

    @property
    def stable(self) -> bool:
        """Whether every stage keeps up."""
        return all(stage.waits is not None for stage in self.stages)


def plan(measured: Measured, wanted: Wanted) -> Plan:
    """The smallest number of replicas of each stage that is full and late no more than wanted, or those given."""
    grown = wanted.pages / measured.pages
    stages = tuple(_stage(times, wanted, grown) for times in measured.stages)
    fullest = max(stages, key=lambda stage: stage.utilisation)
    return Plan(
        stages=stages,
        quantiles=_quantiles(measured.stages, stages, grown, wanted.pages),
        bottleneck=fullest.stage,
        cpu_hours=wanted.rate * sum(stage.cpu for stage in stages),
        model_cost=wanted.rate * 3600 * measured.model_cost * grown,
    )


def _stage(times: StageTimes, wanted: Wanted, grown: float) -> StagePlan:
    replicas = wanted.replicas.get(times.stage) or _enough(times, wanted, grown)
    servers = replicas * times.workers
    service = times.cpu.mean * grown
    return StagePlan(
        stage=times.stage,
        replicas=replicas,
        servers=servers,
        partitions=max(PARTITIONS, PARTITIONS * math.ceil(1.5 * replicas / PARTITIONS)),
        utilisation=max(wanted.rate * service / servers, wanted.rate * _held(times, grown) / (replicas * times.places)),
        cpu=service,
        p50=times.cpu.quantile(0.5) * grown + times.outside,
        waits=wait(wanted.rate, service, servers, times.cpu.scv, wanted.arrivals_scv),
        lag_threshold=lag_threshold(times.places, times.workers, service, _held(times, grown), wanted.wait),
    )


def lag_threshold(places: int, workers: int, service: float, held: float, wait: float) -> int:
    """Records behind that one replica needs no help with: what it works on, which is lag too, and what it begins within `wait`.

    Seconds of an exam: `service` of one of its workers, `held` of one of its places.
    """
    a_second = min(workers / max(service, 1e-3), places / max(held, 1e-3))
    return places + math.floor(a_second * wait)


def _held(times: StageTimes, grown: float) -> float:
    """Seconds for which an exam holds one of a process's places."""
    return times.cpu.mean * grown + times.outside


def _enough(times: StageTimes, wanted: Wanted, grown: float) -> int:
    service = times.cpu.mean * grown
    least = max(
        1,
        math.ceil(wanted.rate * service / (wanted.utilisation * times.workers)),
        math.ceil(wanted.rate * _held(times, grown) / (wanted.utilisation * times.places)),
    )
    while True:
        waits = wait(wanted.rate, service, least * times.workers, times.cpu.scv, wanted.arrivals_scv)
        if waits is not None and waits.quantile(0.95) <= wanted.wait:
            return least
        least += 1


def _quantiles(
    measured: Sequence[StageTimes], stages: Sequence[StagePlan], grown: float, pages: float
) -> dict[float, float]:
    """Of the sum over all stages of hop, wait and work, drawn independently; and a last hop back to the gateway."""
    chance = random.Random(1).random  # noqa: S311 - the same answer each time
    last = sum(times.hop for times in measured) / len(measured)
    sums = [last] * DRAWS
    for times, stage in zip(measured, stages, strict=True):
        if stage.waits is None:
            return {}
        factor = grown * _spread(times, pages)
        fixed = times.hop + times.outside
        for n in range(DRAWS):
            sums[n] += fixed + stage.waits.draw(chance()) + factor * times.cpu.draw(chance())
    sums.sort()
    return {share: sums[int(share * DRAWS)] for share in (0.5, 0.95, 0.99)}


def _spread(times: StageTimes, pages: float) -> float:
    """How much of an exam's CPU its latency sees: its pages are read side by side where there are workers for them."""
    if times.stage not in SIDE_BY_SIDE:
        return 1.0
    whole = max(1, math.ceil(pages))
    return math.ceil(whole / times.workers) / whole
