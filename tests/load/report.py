"""What a load showed, as Markdown. Pure but for `write`."""

import json
import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from bench import goals
from bench.figures import put, quantile
from tests.load.watch import slope

Phase = dict[str, Any]
Found = dict[str, Any]
STAGES = ("ocr", "parser", "analyzer", "diagnostic", "report")
COMMAND = "make load"
FIRST = "first after the start"
"""The phase of one paper that newly started processes read: it costs more than those that follow."""
AT_REST = "at rest"
"""The phase in which nothing but the status of one exam is asked for."""


def tables(found: Found) -> str:
    """All tables."""
    at_once = [phase for phase in found["phases"] if phase["name"].endswith("at once")]
    ramp = [phase for phase in found["phases"] if phase["rate"]]
    rest = [_rest_phase(found)]
    parts = [_waits([*at_once, *rest]), _stages(at_once), _ramp(ramp), _costs(found), _pages(found), _rest(found)]
    return "\n\n".join(part for part in parts if part)


def failures(found: Found) -> list[str]:
    """What went wrong: exams that did not complete, answers that were none, processes that died."""
    wrong = [f"{phase['name']}: {error}" for phase in found["phases"] for error in phase["errors"]]
    for phase in found["phases"]:
        ends = [visit["status"] for visit in phase["visits"] if visit["status"] != "COMPLETED"]
        wrong += [f"{phase['name']}: an exam ended as {end}" for end in ends]
    return wrong + [f"{name} died {times} times" for name, times in found["restarts"].items()]


def _waits(phases: Sequence[Phase]) -> str:
    rows = []
    for phase in phases:
        for name, times in (*((name, phase[name]) for name in ("accept", "status")), ("to the report", _totals(phase))):
            if times:
                rows.append([phase["name"], name, *_quantiles(times), str(len(times))])
    return _table(["uploads", "", "p50", "p95", "p99", "of"], rows)


def _stages(phases: Sequence[Phase]) -> str:
    """Waiting and working of each stage, in the largest of the phases."""
    if not phases:
        return ""
    last, rows = phases[-1], []
    for stage in STAGES:
        runs = [run for visit in last["visits"] for run in visit["stages"] if run["stage"] == stage]
        rows += [
            [stage, name, *_quantiles([run[f"{name}_seconds"] or 0.0 for run in runs])] for name in ("queue", "work")
        ]
    return _table([f"stages, {last['name']}", "", "p50", "p95", "p99"], rows)


def _ramp(phases: Sequence[Phase]) -> str:
    if not phases:
        return ""
    rows = [
        [
            f"{phase['rate']:g}/s",
            str(len(phase["visits"])),
            *_quantiles(phase["accept"])[:2],
            *_quantiles(_totals(phase))[:2],
            str(phase["in_flight"]),
        ]
        for phase in phases
    ]
    head = ["arrivals", "exams", "accept p50", "p95", "to the report p50", "p95", "in flight after"]
    rate = knee(phases)
    said = f"{rate:g} exams a second" if rate else "below the first rate"
    return f"{_table(head, rows)}\n\nThe knee: {said} (the last rate whose median is at most twice that of the first)."


def knee(phases: Sequence[Phase]) -> float | None:
    """The last rate up to which the median latency stays within twice that at the first; None without figures."""
    medians = [(phase["rate"], quantile(_totals(phase), 0.5)) for phase in phases if phase["visits"]]
    best = None
    for rate, median in medians:
        if median > 2 * medians[0][1]:
            break
        best = float(rate)
    return best


def _rest_phase(found: Found) -> Phase:
    return next(phase for phase in found["phases"] if phase["name"] == AT_REST)


def pages(found: Found) -> int:
    """Pages of all exams."""
    return sum(phase["pages"] * len(phase["visits"]) for phase in found["phases"])


def ocr_share(found: Found) -> float:
    """Of the CPU that all but the students used, the part of the process that reads pages."""
    whole = sum(used for name, used in found["cpu"].items() if name != "students")
    return float(found["cpu"]["ocr"]) / whole if whole else 0.0


def _costs(found: Found) -> str:
    count = max(1, pages(found))
    whole = sum(used for name, used in found["cpu"].items() if name != "students")
    rows = []
    for name, used in found["cpu"].items():
        share = f"{used / whole:.0%}" if name != "students" else "beside"
        samples = found["memory"].get(name, [])
        most = f"{max(value for _, value in samples):.0f}" if samples else ""
        grows = f"{slope(samples[len(samples) // 2 :]):+.1f}" if samples else ""
        rows.append([name, f"{used / count:.3f}", share, most, grows])
    rows.append(["all but the students", f"{whole / count:.3f}", "100%", "", ""])
    head = ["process and all below it", "CPU s a page", "share", "most MiB", "MiB a minute, second half"]
    return _table(head, rows)


def _pages(found: Found) -> str:
    costs = [(f"{phase['pages']}, {FIRST}", phase, cost) for phase, cost in _own(found, FIRST)]
    costs += [(str(phase["pages"]), phase, cost) for phase, cost in paper_costs(found)]
    rows = [[name, f"{cost:.2f}", f"{cost / phase['pages']:.2f}"] for name, phase, cost in costs]
    return _table(["pages of one paper", "CPU s", "a page"], rows) if rows else ""


def paper_costs(found: Found) -> list[tuple[Phase, float]]:
    """What an exam alone cost, by its own account, for papers of different length: the mean of those of a length."""
    return _own(found, "alone")


def _own(found: Found, name: str) -> list[tuple[Phase, float]]:
    return [
        (phase, fmean(visit["cost"]["cpu_seconds"] for visit in phase["visits"]))
        for phase in found["phases"]
        if phase["name"].startswith(name) and phase["visits"]
    ]


def hit_rates(found: Found) -> dict[str, tuple[float, float]]:
    """By cache and level: the share of look-ups that it answered, and their number."""
    hits = {(cache, level): value for cache, level, value in found["hits"]}
    misses = {(cache, level): value for cache, level, value in found["misses"]}
    rates = {}
    for key in sorted(hits.keys() | misses.keys()):
        whole = hits.get(key, 0.0) + misses.get(key, 0.0)
        if whole:
            rates[" ".join(key)] = hits.get(key, 0.0) / whole, whole
    return rates


def _rest(found: Found) -> str:
    refused = sum(phase["refused"] for phase in found["phases"])
    rates = ", ".join(f"{name} {share:.0%} of {whole:.0f}" for name, (share, whole) in hit_rates(found).items())
    students = found["cpu"]["students"]
    whole = sum(found["cpu"].values())
    return (
        f"Cache hits: {rates or 'none looked up'}. Requests refused and repeated: {refused}. The students took"
        f" {students / whole:.0%} of all CPU. {found['seconds']:.0f} s in all; `{COMMAND}`."
    )


def _totals(phase: Phase) -> list[float]:
    """From the upload to the end of each exam that completed, by the gateway's clock."""
    return [
        (_moment(visit["completed_at"]) - _moment(visit["created_at"]))
        for visit in phase["visits"]
        if visit["status"] == "COMPLETED"
    ]


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _quantiles(seconds: Sequence[float]) -> list[str]:
    return [_time(quantile(seconds, share)) for share in (0.5, 0.95, 0.99)]


def _time(seconds: float) -> str:
    if math.isnan(seconds):
        return "–"
    return f"{seconds:.1f} s" if seconds >= 2 else f"{seconds * 1000:.0f} ms"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write(path: Path, found: Found) -> None:
    """Tables between the page's markers; the figures that the goals are held against, beside it."""
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    figures = {
        "ocr_share": ocr_share(found),
        "cpu_by_pages": [[phase["pages"], cost] for phase, cost in paper_costs(found)],
        "status_p50": quantile(_rest_phase(found)["status"], 0.5),
        "knee": knee([phase for phase in found["phases"] if phase["rate"]]),
    }
    (folder / "load.json").write_text(json.dumps(figures, indent=1) + "\n")
    goals.write(path)
    put(path, "load", tables(found))
