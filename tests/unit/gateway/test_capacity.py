"""Capacity: the queueing model against known results and a simulation, and the plan as an operator asks for it."""

import heapq
import json
import random
from math import inf
from pathlib import Path

import jsonschema
import pytest
import yaml
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from contracts.topics import STAGES
from runtime.metrics import STAGE_BUCKETS
from services.gateway.capacity.histogram import Histogram as Measured
from services.gateway.capacity.queueing import erlang_c, wait
from services.gateway.tools.capacity import main

KEDA = Path(__file__).parents[2] / "native" / "schemas" / "keda-scaledobject.json"


def exposition(seconds: dict[str, float], exams: int = 400) -> str:
    """Metrics of an installation whose stages take so long on average, between half and one and a half of it."""
    registry = CollectorRegistry()
    cpu = Histogram("redink_stage_exam_cpu_seconds", "-", ["stage"], buckets=STAGE_BUCKETS, registry=registry)
    process = Histogram(
        "redink_stage_process_seconds", "-", ["stage", "outcome"], buckets=STAGE_BUCKETS, registry=registry
    )
    waits = Histogram("redink_stage_queue_wait_seconds", "-", ["stage"], buckets=STAGE_BUCKETS, registry=registry)
    workers = Gauge("redink_stage_workers", "-", ["stage"], registry=registry)
    places = Gauge("redink_stage_places", "-", ["stage"], registry=registry)
    terminal = Counter("redink_terminal", "-", ["outcome", "reason"], registry=registry)
    pages = Counter("redink_pages", "-", registry=registry)
    chance = random.Random(3)
    for row in STAGES:
        workers.labels(row.name).set(1)
        places.labels(row.name).set(4)
        for _ in range(exams):
            one = seconds.get(row.name, 0.02) * chance.uniform(0.5, 1.5)
            cpu.labels(row.name).observe(one)
            process.labels(row.name, "completed").observe(one + 0.02)
            waits.labels(row.name).observe(0.04)
    terminal.labels("completed", "").inc(exams)
    pages.inc(exams)
    return generate_latest(registry).decode()


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    path = tmp_path / "all.prom"
    path.write_text(exposition({"ocr": 2.0, "report": 0.4}))
    return path


def simulated(rate: float, servers: int, exams: int = 60_000) -> float:
    """The mean wait of M/G/c where service is uniform between 0.5 and 1.5 s."""
    chance = random.Random(11)
    free, now, waited = [0.0] * servers, 0.0, 0.0
    for _ in range(exams):
        now += chance.expovariate(rate)
        begins = max(now, heapq.heappop(free))
        waited += begins - now
        heapq.heappush(free, begins + chance.uniform(0.5, 1.5))
    return waited / exams


def test_the_formulas_give_what_textbooks_print() -> None:
    assert erlang_c(0.5, 1) == pytest.approx(0.5)
    assert erlang_c(1.0, 2) == pytest.approx(1 / 3)
    assert erlang_c(8.0, 10) == pytest.approx(0.409, abs=0.001)
    markov, fixed = wait(0.8, 1.0, 1, scv=1.0), wait(0.8, 1.0, 1, scv=0.0)
    assert markov is not None
    assert fixed is not None
    assert markov.mean == pytest.approx(4.0)
    assert fixed.mean == pytest.approx(2.0)
    assert wait(1.0, 1.0, 1, scv=1.0) is None


@pytest.mark.parametrize(("rate", "servers"), [(0.5, 1), (0.7, 1), (1.4, 2), (3.0, 4)])
def test_the_wait_is_that_of_a_simulation(rate: float, servers: int) -> None:
    predicted = wait(rate, 1.0, servers, scv=1 / 12)
    assert predicted is not None
    assert predicted.mean == pytest.approx(simulated(rate, servers), rel=0.12)


def test_a_histogram_keeps_its_mean_and_its_shape() -> None:
    one = Measured.of({1.0: 0, 2.5: 60, 5.0: 100, inf: 100}, total=240.0)
    assert one.mean == 2.4
    assert one.quantile(0.6) == 2.5
    drawn = [one.draw((n + 0.5) / 1000) for n in range(1000)]
    assert sum(drawn) / 1000 == pytest.approx(2.4, rel=0.01)
    with pytest.raises(ValueError, match="nothing"):
        Measured.of({1.0: 0, inf: 0}, total=0.0)


def test_a_plan_has_as_many_replicas_as_the_arrivals_take(metrics: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--arrivals", "2/s", "--pages", "3", "--metrics", str(metrics), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    stages = {stage["stage"]: stage for stage in made["stages"]}
    assert made["bottleneck"] == "ocr"
    assert stages["ocr"]["cpu"] == pytest.approx(6.0, rel=0.05)
    assert stages["ocr"]["replicas"] * 0.7 >= 12 * 0.95  # 2 exams/s of 6 s each, at most 70 % busy
    assert stages["ocr"]["partitions"] >= 1.5 * stages["ocr"]["replicas"]
    assert stages["parser"]["replicas"] == 1
    assert made["cpu_hours"] == pytest.approx(2 * 3 * (2.0 + 0.4 + 3 * 0.02), rel=0.05)
    assert made["quantiles"]["0.5"] < made["quantiles"]["0.95"] < 60


def test_replicas_that_cannot_keep_up_are_said_to(metrics: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--arrivals", "40/min", "--metrics", str(metrics), "--replicas", "ocr=1"]) == 1
    assert "can't keep up" in capsys.readouterr().out


def test_without_measurements_it_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.prom"
    empty.write_text("")
    assert main(["--arrivals", "1/s", "--metrics", str(empty), "--measured-pages", "1"]) == 2
    assert "redink_stage_exam_cpu_seconds" in capsys.readouterr().err


def test_scaled_objects_read_every_source_of_their_stage_from_the_earliest(
    metrics: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--arrivals", "1/s", "--metrics", str(metrics), "--scaled-objects"]) == 0
    made = {one["metadata"]["name"]: one for one in yaml.safe_load_all(capsys.readouterr().out)}
    assert list(made) == [row.name for row in STAGES]
    schema = json.loads(KEDA.read_text("utf-8"))
    for row in STAGES:
        jsonschema.Draft202012Validator(schema).validate(made[row.name])
        spec = made[row.name]["spec"]
        kafka = [trigger["metadata"] for trigger in spec["triggers"] if trigger["type"] == "kafka"]
        assert set(row.sources) < {trigger["topic"] for trigger in kafka}
        assert {trigger["offsetResetPolicy"] for trigger in kafka} == {"earliest"}
        assert all(int(trigger["lagThreshold"]) > 4 for trigger in kafka)  # more than what one replica has in progress
        assert 1 <= spec["minReplicaCount"] <= spec["maxReplicaCount"]
