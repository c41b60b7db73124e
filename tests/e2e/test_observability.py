"""Every query of every panel and rule, asked of a real Prometheus that scrapes the running system under a little load."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploy.native.process import free_port
from deploy.native.stack import Stack
from services.gateway.tools import capacity
from tests.e2e.conftest import KEY
from tests.e2e.pipeline import ROOT, STAGES, Processes

DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
RULES = ROOT / "deploy" / "prometheus" / "rules"
QUIET = {
    "redink_stage_retries_total", "redink_dlq_total", "redink_worker_deaths_total", "redink_duplicates_total",
    "redink_clock_skew_total", "redink_upload_looks_total", "redink_rate_limited_total", "redink_webhook_attempts_total",
    "redink_corrections_total", "redink_kafka_consumer_commit_errors_total", "redink_kafka_publish_errors_total",
    "redink_kafka_handler_errors_total", "redink_kafka_stale_completions_total", "redink_kafka_skipped_records_total",
    "redink_practice_written_items_total", "redink_llm_points_total",
    "redink_erased_total",
}  # fmt: skip
"""Of these a healthy system says nothing: their queries must be understood, no more."""

pytestmark = pytest.mark.timeout(900)  # both exams are followed before the first test, each for up to 300 s


class Prometheus:
    """Its API."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=f"{self.url}/api/v1", timeout=30)

    def query(self, query: str, at: float | None = None) -> list[dict[str, Any]]:
        """The vector, of now or of that time; raises with Prometheus' words for a query that it doesn't understand."""
        answer = self.http.get("/query", params={"query": query} | ({"time": at} if at else {}))
        if answer.status_code >= 500:  # it is starting
            answer.raise_for_status()
        said = answer.json()
        assert said["status"] == "success", (query, said)
        return list(said["data"]["result"])

    def rules(self) -> list[dict[str, Any]]:
        """All rules with their health."""
        groups = self.http.get("/rules").json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def firing(self) -> set[str]:
        """Names of the alerts that fire, once every rule has been evaluated."""
        deadline = time.monotonic() + 180
        while not all(rule["lastEvaluation"] > "0001-02" for rule in self.rules()):  # the year 1 is never
            assert time.monotonic() < deadline
            time.sleep(0.2)
        return {rule["name"] for rule in self.rules() if rule.get("state") == "firing"}

    def wait_for(self, query: str, within: float = 180) -> None:
        """Wait until the query returns something."""
        deadline = time.monotonic() + within
        while not self._returns(query):
            assert time.monotonic() < deadline, query
            time.sleep(0.2)

    def wait_for_exams(self, number: int) -> None:
        """Wait until so many have completed, and all that is measured now was scraped."""
        for name in ('redink_e2e_seconds_count{outcome="completed"}', "redink_pages_total"):
            self.wait_for(f"sum({name}) >= {number}")
        self.wait_for(f"min(timestamp(up)) > {time.time() + 1:.1f}")

    def _returns(self, query: str) -> bool:
        try:
            return bool(self.query(query))
        except httpx.HTTPError:
            return False


@pytest.fixture(scope="module")
def beside() -> dict[str, int]:
    """Ports of what is scraped beside the stack: the canary, and a grader with a scripted model."""
    return {"canary": free_port(), "llm": free_port()}


def _job(name: str, *ports: int) -> dict[str, Any]:
    return {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}]}


def _only(job: dict[str, Any], of: str) -> dict[str, Any]:
    """The job without what its process says for others: a metric without labels is 0 in every process."""
    kept = {"source_labels": ["__name__"], "regex": f"redink_{of}_.*", "action": "keep"}
    return job | {"metric_relabel_configs": [kept]}


@pytest.fixture(scope="module")
def prometheus(
    processes: Processes, beside: dict[str, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """Debian's Prometheus on our rules, scraping every process once a second."""
    folder = Path(tmp_path_factory.mktemp("prometheus"))
    jobs = [_job("redink", *processes.ports.values()), *(_only(_job(of, port), of) for of, port in beside.items())]
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s", "external_labels": {"docs": "https://docs"}},
        "rule_files": [f"{RULES}/*.yml"],
        "scrape_configs": jobs,
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
    try:
        one = Prometheus(port)
        one.wait_for(f'count(up{{job="redink"}} == 1) == {len(processes.ports)}')
        yield one
        one.http.close()
    finally:
        child.terminate()
        child.wait(60)


@dataclass(frozen=True)
class Load:
    """What came of the synthetic exams, when all of it was scraped, and the alerts that fired before them: other tests
    break things on purpose.
    """

    outcomes: list[str]
    firing: set[str]
    ended: float


@pytest.fixture(scope="module")
def load(
    processes: Processes,
    beside: dict[str, int],
    prometheus: Prometheus,
    stack: Stack,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Load]:
    """Two synthetic exams, one after the other, and a look after each: a rate takes a series that was there before.

    The first is of a canary that goes on running, as operators run it; meanwhile a model grades answers.
    """
    firing = prometheus.firing()
    log = Path(tmp_path_factory.mktemp("beside"))
    canary = _canary(processes) | {"REDINK_HTTP_PORT": str(beside["canary"]), "REDINK_CANARY_EVERY_SECONDS": "3600"}
    model = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "component" / "llm")])}
    traffic = ["tests.e2e.model_traffic", str(beside["llm"]), stack.redis_url]
    with _running(traffic, model, log / "llm"), _running(["services", "canary"], canary, log / "canary"):
        prometheus.wait_for("sum(redink_canary_runs_total) >= 1 and on() sum(redink_llm_grades_total) >= 1", within=400)
        outcomes = [one["metric"]["outcome"] for one in prometheus.query("redink_canary_runs_total > 0")]
        prometheus.wait_for_exams(1)
        command = [sys.executable, "-m", "services", "canary", "--once"]
        ran = subprocess.run(
            command, cwd=ROOT, env=os.environ | _canary(processes), capture_output=True, text=True, check=False
        )
        outcomes.append(ran.stdout.strip())
        assert ran.returncode == 0, (outcomes, ran.stderr)
        prometheus.wait_for_exams(2)
        yield Load(outcomes, firing, time.time())


def _canary(processes: Processes) -> dict[str, str]:
    url = f"http://127.0.0.1:{processes.ports['gateway']}"
    return {"REDINK_CANARY_URL": url, "REDINK_CANARY_KEY": KEY, "REDINK_CANARY_LIMIT_SECONDS": "300"}


@contextmanager
def _running(module: list[str], env: dict[str, str], log: Path) -> Iterator[None]:
    """A module of ours as a process, ended with the block."""
    with log.open("wb") as out:
        command = [sys.executable, "-m", *module]
        child = subprocess.Popen(command, cwd=ROOT, env=os.environ | env, stdout=out, stderr=out)
    try:
        yield
    finally:
        child.terminate()
        child.wait(60)


def test_a_synthetic_exam_comes_out_as_it_was_drawn(load: Load) -> None:
    assert load.outcomes == ["good", "good"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_panel_shows_something(path: Path, prometheus: Prometheus, load: Load) -> None:
    """As it was when the exams had ended, over the time that they took on a busy machine."""
    board = json.loads(path.read_text("utf-8"))
    empty = []
    for panel in board["panels"]:
        for target in panel["targets"]:
            query = target["expr"].replace("$__rate_interval", "10m").replace("$stage", ".*")
            found = [one for one in prometheus.query(query, load.ended) if one["value"][1] != "NaN"]
            if not found and not QUIET & set(re.findall(r"redink_\w+", query)):
                empty.append((panel["title"], query))
    assert not empty


def test_every_rule_is_evaluated_and_exams_that_go_well_raise_no_alert(load: Load, prometheus: Prometheus) -> None:
    rules = prometheus.rules()
    assert len(rules) > 50
    assert {rule["health"] for rule in rules} == {"ok"}
    assert prometheus.firing() <= load.firing
    recorded = {
        one["metric"]["slo"]: float(one["value"][1]) for one in prometheus.query("redink:slo_errors:ratio_rate5m")
    }
    assert recorded["answers"] == 0


@pytest.mark.usefixtures("load")
def test_capacity_is_planned_from_the_live_prometheus(
    prometheus: Prometheus, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        capacity.main(
            ["--arrivals", "2/s", "--pages", "3", "--prometheus", prometheus.url, "--window", "10m", "--json"]
        )
        == 0
    )
    made = json.loads(capsys.readouterr().out)
    stages = {stage["stage"]: stage for stage in made["stages"]}
    assert set(stages) == set(STAGES)
    assert stages["ocr"]["servers"] >= 2 * stages["ocr"]["cpu"]
    assert 0 < made["quantiles"]["0.5"] < made["quantiles"]["0.95"]
