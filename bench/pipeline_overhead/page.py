"""Tables and pictures of a run, and their places in a page."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from bench import goals
from bench.figures import bars, put, quantile
from bench.pipeline_overhead.measure import Measured

COMMAND = "python -m bench.pipeline_overhead --write docs/performance.md"
_NAMES = {"noop": "Stages that do nothing", "real": "The real stages, one paper of one page (`samples/paper.jpg`)"}
_HEAD = ("", "exams/s", "alone p50", "alone p95", "burst p50", "burst p95", "CPU/exam", "of that servers")
_FATE = ("finished", "held for an hour, or until swept", "lost", "last one after")
_PICTURES: Sequence[tuple[str, str, Callable[[Measured], float]]] = (
    ("exams a second (more is better)", "{:.1f}", lambda one: one.throughput),
    ("ms end to end, an exam alone, p50 (less is better)", "{:.0f}", lambda one: quantile(one.alone, 0.5) * 1000),
    ("ms of CPU an exam, servers included (less is better)", "{:.0f}", lambda one: (one.cpu + one.cpu_servers) * 1000),
)


def tables(found: Sequence[Measured]) -> str:
    """Markdown: a table per kind of work."""
    parts = []
    for work, name in _NAMES.items():
        if rows := [one for one in found if one.work == work]:
            fates = any(one.accepted for one in rows)
            head = [*_HEAD, *(_FATE if fates else ())]
            lines = [head, ["---", *["--:"] * (len(head) - 1)], *(_cells(one, fates=fates) for one in rows)]
            parts += [f"**{name}**", "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    versions = ", ".join(f"{package} {metadata.version(package)}" for package in ("celery", "kombu", "aiokafka"))
    return "\n\n".join([*parts, f"{versions}; `{COMMAND}`."])


def _cells(one: Measured, *, fates: bool) -> list[str]:
    cells = [one.title, f"{one.throughput:.1f}"]
    cells += [_time(quantile(times, share)) for times in (one.alone, one.burst) for share in (0.5, 0.95)]
    cells += [_time(one.cpu + one.cpu_servers), _time(one.cpu_servers)]
    if fates and one.accepted is not None and one.held is not None and one.lost is not None:
        ended = one.accepted - one.held - one.lost
        cells += [f"{ended} of {one.accepted}", str(one.held), str(one.lost), _time(one.recovery or 0.0)]
    return cells


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 2 else f"{seconds * 1000:.0f} ms"


def write(path: Path, found: Sequence[Measured]) -> None:
    """Tables between the page's markers; pictures and figures beside it, in a folder of its name."""
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    links = []
    for work in dict.fromkeys(one.work for one in found):
        rows = [one for one in found if one.work == work]
        panels = [(title, form, [(one.title, value(one)) for one in rows]) for title, form, value in _PICTURES]
        (folder / f"{work}.svg").write_text(bars(panels), encoding="utf-8")
        links.append(f"![{_NAMES[work]}]({folder.name}/{work}.svg)")
    (folder / "overhead.json").write_text(json.dumps([dataclasses.asdict(one) for one in found], indent=1) + "\n")
    goals.write(path)
    put(path, "pipeline_overhead", "\n\n".join([tables(found), *links]))
