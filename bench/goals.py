"""The goals of speed beside what was measured: `python -m bench.goals` writes them into docs/performance.md.

Reads the figures that `bench.pipeline_overhead --write` and `make load` leave beside that page, both of which call this, and
those of `bench.ocr --write` in docs/accuracy.md.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import put
from bench.reading_costs import Costs, costs

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_OURS = {"kafka": "on Apache Kafka", "embedded": "on the embedded broker"}


@dataclass(frozen=True)
class Figures:
    """What the commands left, empty where one was not run: systems with stages that do nothing, the load, and `reading`,
    the page that says what reading costs.
    """

    systems: Mapping[str, Mapping[str, Any]]
    load: Mapping[str, Any]
    reading: str = ""

    @classmethod
    def beside(cls, page: Path) -> "Figures":
        """Those of a page."""
        folder = page.with_suffix("")
        rows, reading = _read(folder / "overhead.json", []), page.with_name("accuracy.md")
        systems = {row["system"]: row for row in rows if row["work"] == "noop"}
        told = reading.read_text(encoding="utf-8") if reading.exists() else ""
        return cls(systems, _read(folder / "load.json", {}), told)

    @property
    def costs(self) -> Costs:
        """What reading costs; KeyError when it was not measured."""
        try:
            return costs(self.reading)
        except ValueError as error:
            raise KeyError("costs") from error

    def ours(self, figure: Callable[[Mapping[str, Any]], float]) -> dict[str, float]:
        """One figure of Redink on each broker; KeyError when it was not measured on one."""
        return {words: figure(self.systems[name]) for name, words in _OURS.items()}


def _read(path: Path, otherwise: Any) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else otherwise


def write(page: Path = PAGE) -> None:
    """The table between the page's markers."""
    figures = Figures.beside(page)
    lines = ["| goal | measured | met |", "| --- | --- | --- |"]
    lines += [f"| {goal} | {' | '.join(_judged(figures, judge))} |" for goal, judge in _GOALS.items()]
    put(page, "goals", "\n".join(lines))


def _judged(figures: Figures, judge: "Judge") -> tuple[str, str]:
    try:
        said, met = judge(figures)
    except KeyError:  # that part was not run
        return "not measured", "–"
    return said, "yes" if met else "**no**"


Judge = Callable[[Figures], tuple[str, bool]]


def _cpu(figures: Figures) -> tuple[str, bool]:
    spent = figures.ours(lambda row: row["cpu"] + row["cpu_servers"])
    return _each(spent, lambda seconds: f"{seconds * 1000:.0f} ms"), max(spent.values()) <= 0.05


def _latency(figures: Figures) -> tuple[str, bool]:
    medians = figures.ours(lambda row: _median(row["alone"]))
    return _each(medians, lambda seconds: f"{seconds * 1000:.0f} ms"), max(medians.values()) <= 0.15


def _throughput(figures: Figures) -> tuple[str, bool]:
    peer = figures.systems["celery"]["throughput"]
    ratios = figures.ours(lambda row: row["throughput"] / peer)
    return _each(ratios, "{:.2f}×".format), min(ratios.values()) >= 3


def _peer_latency(phase: str) -> Judge:
    """Our median beside the chain's, `alone` or in the `burst`."""

    def judge(figures: Figures) -> tuple[str, bool]:
        peer = _median(figures.systems["celery"][phase])
        ratios = figures.ours(lambda row: _median(row[phase]) / peer)
        return _each(ratios, "{:.2f}×".format), max(ratios.values()) <= 0.5

    return judge


def _share(figures: Figures) -> tuple[str, bool]:
    share = figures.load["ocr_share"]
    return f"{share:.0%} in ocr's processes, preparation of pictures included", share >= 0.85


def _two_processes(figures: Figures) -> tuple[str, bool]:
    return f"{figures.costs.speedup:.2f}×", figures.costs.speedup >= 1.8


def _linear(figures: Figures) -> tuple[str, bool]:
    costs = {pages: cost / pages for pages, cost in figures.load["cpu_by_pages"]}
    said = ", ".join(f"{cost:.2f} ({pages})" for pages, cost in costs.items())
    return f"CPU s a page, by pages of the paper: {said}", max(costs.values()) <= 1.15 * min(costs.values())


def _status(figures: Figures) -> tuple[str, bool]:
    p50 = figures.load["status_p50"]
    return f"{p50 * 1000:.1f} ms", p50 <= 0.005


_GOALS: Mapping[str, Judge] = {
    "the pipeline's part of an exam ≤ 50 ms CPU, servers included": _cpu,
    "… and ≤ 150 ms end to end": _latency,
    "≥ 3× the Celery chain's throughput with stages that do nothing": _throughput,
    "… at ≤ half its p50, in that burst": _peer_latency("burst"),
    "… and with one exam at a time": _peer_latency("alone"),
    "≥ 85 % of a loaded stack's CPU inside OCR": _share,
    "two ocr processes ≥ 1.8× one on two cores": _two_processes,
    "cost linear in pages (within 15 %)": _linear,
    "status from cache ≤ 5 ms p50": _status,
}


def _each(values: Mapping[str, float], form: Callable[[float], str]) -> str:
    return ", ".join(f"{form(value)} {words}" for words, value in values.items())


def _median(values: Sequence[float]) -> float:
    return sorted(values)[(len(values) - 1) // 2]


if __name__ == "__main__":
    write()
