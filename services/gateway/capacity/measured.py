"""What was measured: from text exposition (files of /metrics), or from a live Prometheus."""

import json
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from contracts.topics import STAGES
from services.gateway.capacity.histogram import Histogram

_STAGE_NAMES = tuple(row.name for row in STAGES)
_HISTOGRAMS = {
    "cpu": ("redink_stage_exam_cpu_seconds", ""),
    "process": ("redink_stage_process_seconds", "completed"),
    "wait": ("redink_stage_queue_wait_seconds", ""),
}
_PER_REPLICA = ("redink_stage_workers", "redink_stage_places")
_QUIET = 0.25
"""The share of records that surely didn't queue: what they waited is what Kafka takes, where load was moderate."""

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


class NotMeasured(Exception):
    """There is too little to plan with; the message says what is missing."""


@dataclass(frozen=True)
class StageTimes:
    """One stage as it was measured: CPU of an exam, seconds outside of CPU, of a hop, and per replica servers and places."""

    stage: str
    cpu: Histogram
    outside: float
    hop: float
    workers: int
    places: int


@dataclass(frozen=True)
class Measured:
    """All stages in order, and what an exam was on average: pages, and money for models."""

    stages: tuple[StageTimes, ...]
    pages: float
    model_cost: float
    exams: float


def of_text(texts: Iterable[str]) -> Samples:
    """Samples of several processes' /metrics; those of the same name and labels add up, but for what a replica has."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = defaultdict(float)
    for text in texts:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                key = sample.name, frozenset(sample.labels.items())
                found[key] = max(found[key], sample.value) if sample.name in _PER_REPLICA else found[key] + sample.value
    return found


def of_prometheus(url: str, window: str, timeout: float = 30.0) -> Samples:
    """The increments of a window of time such as 1h, over all processes; NotMeasured when Prometheus doesn't answer."""
    counters = [name for metric, _ in _HISTOGRAMS.values() for name in (f"{metric}_bucket", f"{metric}_sum")]
    counters += ["redink_pages_total", "redink_terminal_total", "redink_llm_cost_total"]
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    queries = {name: f"sum by (stage, le, outcome, currency) (increase({name}[{window}]))" for name in counters}
    queries |= {name: f"max by (stage) ({name})" for name in _PER_REPLICA}
    for name, query in queries.items():
        for labels, value in _asked(url, query, timeout):
            found[name, frozenset(labels.items())] = value
    return found


def measured(samples: Samples, pages: float | None = None) -> Measured:
    """What the samples say; `pages` overrides the measured pages of an exam. NotMeasured when a stage has no exams."""
    completed = _sum(samples, "redink_terminal_total", outcome="completed")
    read = _sum(samples, "redink_pages_total")
    if pages is None and not (completed and read):
        raise NotMeasured("pages of an exam: no redink_pages_total and redink_terminal_total (say --measured-pages)")
    stages = tuple(_stage(samples, stage) for stage in _STAGE_NAMES)
    exams = stages[0].cpu.count
    return Measured(
        stages=stages,
        pages=pages or read / completed,
        model_cost=_sum(samples, "redink_llm_cost_total") / exams,
        exams=exams,
    )


def _stage(samples: Samples, stage: str) -> StageTimes:
    cpu, process, waited = (_histogram(samples, *_HISTOGRAMS[kind], stage) for kind in ("cpu", "process", "wait"))
    workers = _sum(samples, "redink_stage_workers", stage=stage)
    places = _sum(samples, "redink_stage_places", stage=stage)
    return StageTimes(
        stage=stage,
        cpu=cpu,
        outside=max(0.0, process.quantile(_QUIET) - cpu.quantile(_QUIET)),
        hop=waited.quantile(_QUIET),
        workers=max(1, round(workers)),
        places=max(1, round(places)),
    )


def _histogram(samples: Samples, name: str, outcome: str, stage: str) -> Histogram:
    buckets: dict[float, float] = defaultdict(float)
    for (found, labels), value in samples.items():
        said = dict(labels)
        if found == f"{name}_bucket" and said.get("stage") == stage and said.get("outcome", "") == outcome:
            buckets[float(said["le"])] += value
    where = {"stage": stage, "outcome": outcome} if outcome else {"stage": stage}
    try:
        return Histogram.of(buckets, _sum(samples, f"{name}_sum", **where))
    except ValueError:
        raise NotMeasured(f"{stage}: no {name}") from None


def _sum(samples: Samples, name: str, **where: str) -> float:
    wanted = where.items()
    return sum(value for (found, labels), value in samples.items() if found == name and wanted <= dict(labels).items())


def _asked(url: str, query: str, timeout: float) -> list[tuple[dict[str, str], float]]:
    address = f"{url.rstrip('/')}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        with urllib.request.urlopen(address, timeout=timeout) as answer:  # noqa: S310 - the operator's own address
            found = json.load(answer)["data"]["result"]
    except (OSError, ValueError, KeyError) as error:
        raise NotMeasured(f"Prometheus at {url}: {type(error).__name__}: {error}") from None
    return [
        ({name: value for name, value in one["metric"].items() if name != "__name__"}, float(one["value"][1]))
        for one in found
    ]
