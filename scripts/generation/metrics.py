"""Every metric, from its one declaration in `runtime.metrics`."""

from prometheus_client import Counter, Gauge, Histogram, Info
from prometheus_client.metrics import MetricWrapperBase

from runtime import metrics

KINDS: tuple[type[MetricWrapperBase], ...] = (Counter, Gauge, Histogram, Info)


def files() -> dict[str, str]:
    """`docs/metrics.md`."""
    declared = [m for m in vars(metrics).values() if isinstance(m, KINDS)]
    text = [
        "# Metrics",
        "",
        "Generated from `runtime/metrics.py` by `python -m scripts.generate`. Every process serves them at `/metrics`.",
        "No label names an exam, a pupil or a tenant.",
        "",
        "| name | kind | labels | what it says |",
        "|---|---|---|---|",
        *(_row(metric) for metric in declared),
        "",
        "## Buckets",
        "",
        *(_buckets(metric) for metric in declared if isinstance(metric, Histogram)),
        "",
    ]
    return {"docs/metrics.md": "\n".join(text)}


def _row(metric: MetricWrapperBase) -> str:
    name, doc, kind = metric._name, metric._documentation, metric._type  # noqa: SLF001 - the client has no public ones
    name += {"counter": "_total", "info": "_info"}.get(str(kind), "")
    labels = ", ".join(f"`{label}`" for label in metric._labelnames)  # noqa: SLF001
    return f"| `{name}` | {kind} | {labels} | {doc} |"


def _buckets(metric: Histogram) -> str:
    bounds = ", ".join(f"{b:g}" for b in metric._kwargs["buckets"])  # noqa: SLF001
    return f"* `{metric._name}`: {bounds} (seconds)"  # noqa: SLF001
