"""Metrics, rules, runbook and dashboards agree, before anything runs."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from runtime import metrics

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
LABELS = {
    "cache", "class", "currency", "endpoint", "group", "kind", "level", "method", "model", "name", "outcome", "provider",
    "reason", "result", "route", "stage", "state", "status", "topic", "where",
}  # fmt: skip
"""Each has few values, all known beforehand: none can name an exam, a pupil, a tenant or what somebody wrote."""


def declared() -> list[MetricWrapperBase]:
    return [metric for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)]


@cache
def alerts() -> dict[str, dict[str, Any]]:
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text("utf-8"))["groups"]]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_metrics_have_our_prefix_base_units_and_labels_of_few_values() -> None:
    for metric in declared():
        name = metric._name
        assert name.startswith("redink_"), name
        assert not re.search(r"_(ms|millis|minutes|kb|mb|percent)$", name), name
        assert set(metric._labelnames) <= LABELS, name


def test_the_buckets_end_at_what_is_promised() -> None:
    assert {60, 300} <= set(metrics.E2E_BUCKETS)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_prometheus_accepts_the_rules(path: Path) -> None:
    result = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_alerts_fire_when_they_should_and_not_before(path: Path) -> None:
    result = subprocess.run(["promtool", "test", "rules", path], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", sorted(alerts()))
def test_an_alert_is_tested_firing_and_not_firing_and_tells_what_to_do(name: str) -> None:
    rule = alerts()[name]
    said = [
        bool(check["exp_samples"])
        for path in TESTS
        for test in yaml.safe_load(path.read_text("utf-8"))["tests"]
        for check in test["promql_expr_test"]
        if f'alertname="{name}"' in check["expr"]
    ]
    assert {True, False} <= set(said)
    assert rule["labels"]["severity"] in {"page", "ticket"}
    base, _, anchor = rule["annotations"]["runbook_url"].partition("runbook.md#")
    assert base == "{{ $externalLabels.docs }}/"
    assert anchor in anchors(ROOT / "docs" / "runbook.md")


def test_every_metric_of_a_rule_is_declared() -> None:
    samples = {name for metric in declared() for name in _samples(metric)}
    for path in RULES:
        for name in set(re.findall(r"\bredink_[a-z0-9_]+", path.read_text("utf-8"))):
            assert name in samples, (path.name, name)


def test_every_metric_is_looked_at_by_a_panel_an_alert_or_the_plan_of_capacity() -> None:
    places = [*DASHBOARDS, *RULES, ROOT / "services" / "gateway" / "capacity" / "measured.py"]
    looked_at = set(re.findall(r"\bredink_[a-z0-9_]+", "\n".join(path.read_text("utf-8") for path in places)))
    unseen = [metric._name for metric in declared() if not {metric._name, *_samples(metric)} & looked_at]
    assert unseen == []


def _samples(metric: MetricWrapperBase) -> set[str]:
    """The names under which Prometheus knows a metric."""
    name = metric._name
    match metric._type:
        case "counter":
            return {f"{name}_total"}
        case "histogram":
            return {f"{name}_bucket", f"{name}_sum", f"{name}_count"}
        case "info":
            return {f"{name}_info"}
    return {name}


def test_every_metric_is_set_somewhere() -> None:
    code = "\n".join(
        path.read_text("utf-8")
        for folder in ("runtime", "services")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "metrics.py"
    )
    names = [name for name, value in vars(metrics).items() if isinstance(value, MetricWrapperBase)]
    assert [name for name in names if f"metrics.{name}" not in code] == []


def test_grafana_provisions_the_dashboards_and_their_source() -> None:
    folder = ROOT / "deploy" / "grafana" / "provisioning"
    [source] = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text("utf-8"))["datasources"]
    [provider] = yaml.safe_load((folder / "dashboards" / "redink.yml").read_text("utf-8"))["providers"]
    grafana = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]["grafana"]
    assert source["type"] == "prometheus"
    assert source["uid"]
    assert f"./deploy/grafana/dashboards:{provider['options']['path']}:ro" in grafana["volumes"]
    assert provider["disableDeletion"] is True


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole(path: Path) -> None:
    board = json.loads(path.read_text("utf-8"))
    assert board["uid"] == path.stem
    assert board["id"] is None
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    taken = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
