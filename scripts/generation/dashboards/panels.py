"""Panels and dashboards as Grafana's classic JSON, laid out left to right in 24 columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS = 24


@dataclass(frozen=True)
class Panel:
    """A panel: PromQL queries with their legends. `limits` are (value, colour) steps, the first value being the base."""

    title: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    kind: str = "timeseries"
    says: str = ""
    stacked: bool = False
    width: int = 12
    height: int = 8
    limits: Sequence[tuple[float | None, str]] = ((None, "green"),)

    def json(self, number: int, x: int, y: int) -> dict[str, Any]:
        """As Grafana stores it, at a place."""
        custom = {"fillOpacity": 25 if self.stacked else 5, "stacking": {"mode": "normal" if self.stacked else "none"}}
        steps = [{"value": value, "color": colour} for value, colour in self.limits]
        document: dict[str, Any] = {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.says,
            "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [
                {"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": query, "legendFormat": legend}
                for i, (query, legend) in enumerate(self.queries)
            ],
            "fieldConfig": {
                "defaults": {"unit": self.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}},
                "overrides": [],
            },
            "options": {},
        }
        if self.kind == "timeseries":
            document["fieldConfig"]["defaults"]["custom"] = custom
            document["options"] = {
                "legend": {"displayMode": "list", "placement": "bottom"},
                "tooltip": {"mode": "multi"},
            }
        return document


def stat(
    title: str,
    query: str,
    unit: str = "short",
    limits: Sequence[tuple[float | None, str]] = ((None, "green"),),
    says: str = "",
) -> Panel:
    """One number."""
    return Panel(title, [(query, "")], unit, "stat", says, width=4, height=4, limits=limits)


def dashboard(
    uid: str, title: str, panels: Sequence[Panel], variables: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """A dashboard of panels in reading order."""
    return {
        "uid": uid,
        "id": None,
        "title": f"Redink: {title}",
        "tags": ["redink"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "",
        "annotations": {"list": []},
        "links": [{"type": "dashboards", "tags": ["redink"], "title": "Redink", "asDropdown": True, "keepTime": True}],
        "templating": {
            "list": [
                {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus"},
                *variables,
            ]
        },
        "panels": _placed(panels),
    }


def chosen(name: str, metric: str) -> dict[str, Any]:
    """A variable: values of a label of a metric, several or all of them."""
    query = f"label_values({metric}, {name})"
    return {
        "type": "query",
        "name": name,
        "label": name,
        "datasource": SOURCE,
        "query": {"query": query, "refId": "A"},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _placed(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    placed, x, y, tallest = [], 0, 0, 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        placed.append(panel.json(number, x, y))
        x, tallest = x + panel.width, max(tallest, panel.height)
    return placed


def rate(metric: str, by: str = "", where: str = "") -> str:
    """Increments a second, summed."""
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({metric}{_selector(where)}[$__rate_interval]))"


def quantile(share: float, metric: str, by: str = "", where: str = "") -> str:
    """A quantile of a histogram."""
    labels = ", ".join(part for part in (by, "le") if part)
    inner = f"sum by ({labels}) (rate({metric}_bucket{_selector(where)}[$__rate_interval]))"
    return f"histogram_quantile({share:g}, {inner})"


def mean(metric: str, by: str = "", where: str = "") -> str:
    """The mean of a histogram's observations."""
    return f"{rate(metric + '_sum', by, where)} / {rate(metric + '_count', by, where)}"


def quantiles(metric: str, where: str = "") -> list[tuple[str, str]]:
    """p50, p95 and p99."""
    return [(quantile(share, metric, "", where), f"p{share * 100:g}") for share in (0.5, 0.95, 0.99)]


def ratio(part: str, whole: str, over: str = "") -> str:
    """One by the other; `over`: the label that only the first has."""
    return f"{part} / ignoring ({over}) group_left {whole}" if over else f"{part} / {whole}"


def _selector(where: str) -> str:
    return f"{{{where}}}" if where else ""
