"""How often each kind of evidence is right, the line that turns its raw confidence into that, and what a threshold gives.

    python -m bench.calibration --cases CASES --score PATH/score.py [--readings .cache/readings] [--write docs/accuracy.md]

Prints, per kind of evidence of `services.analyzer.core`, the count, accuracy, mean raw confidence, and slope and offset of
logit(p) = slope * logit(raw) + offset, fitted with a pull towards the accuracy over all kinds (ten pseudo-answers), so that
rare kinds stay cautious. Rounded by hand into `services/analyzer/core/confidence.py`.

The curve under it is honest about papers that were not fitted on: each paper's confidences come from lines fitted on all
other papers, then through an isotonic fit of those papers. `--write` puts the curve into the document.
"""

import argparse
import importlib.util
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from bench.accuracy import Case, Cores, find_cases
from bench.figures import replaced
from contracts.artefacts.reading import Reading
from contracts.artefacts.submission import KeyItem
from services.analyzer.core.analyze import confirmed, settled_answers
from services.analyzer.core.grading import grade
from services.analyzer.core.keys import match_key
from services.analyzer.knowledge import english

_PSEUDO = 10
"""Answers of the accuracy over all kinds that are added to each kind, at its mean raw confidence."""
_DOUBT = 0.35
_SLOPES = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.25])
_OFFSETS = np.arange(-20, 17) / 4
_LEAST = 15
"""Answers from which a kind with what it is made of ("fill_spot:word") has a line of its own."""
_BINS = ((0.0, 0.5), (0.5, 0.7), (0.7, 0.85), (0.85, 0.95), (0.95, 1.01))


@dataclass(frozen=True)
class Sample:
    """One answer: of which paper and question, of what subject and type, how found, whether the key confirms it, whether right."""

    paper: str
    kind: str
    path: tuple[str, ...]
    subject: str
    type: str
    evidence: str
    raw: float
    doubt: bool
    confirmed: bool
    right: bool


def load(path: Path) -> ModuleType:
    """score.py as a module."""
    spec = importlib.util.spec_from_file_location("score", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"cannot import {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def truth_units(truth: dict[str, Any]) -> list[tuple[tuple[str, ...], str, str, str]]:
    """(path, number, answer, type) of every question and sub-question with a sure, short truth."""
    units = []
    for q in truth.get("questions") or []:
        parts = [({**p, "number": q["number"] + p["number"]}, (*q["path"], p["number"])) for p in q.get("parts") or []]
        for item, path in [(q, tuple(q["path"])), *parts]:
            if item.get("student_answer") is not None and not q.get("uncertain"):
                units.append((path, item["number"], item["student_answer"], item.get("type") or "fill_blank"))
    return units


def samples(case: Case, readings: Path, cores: Cores, score: ModuleType) -> Iterable[Sample]:
    """The answers of one case that were read at all; worked ones aside."""
    reading = Reading.model_validate_json((readings / case.kind / f"{case.name}.json").read_bytes())
    submission = case.submission()
    truth = json.loads((case.folder / "truth.json").read_text(encoding="utf8"))
    paper = cores.parse(submission, reading) if cores.parse else None
    if paper is None:
        return
    read = settled_answers(submission, reading, paper, english())
    keys = match_key(paper.questions, submission.answer_key)
    paths = {q.path: q for q in paper.questions if q.path in read}
    numbers = {q.number: q for q in reversed(paper.questions) if q.path in read}
    for path, number, answer, kind in truth_units(truth):
        question = paths.get(path) or numbers.get(number)
        got = read[question.path] if question is not None else None
        if question is None or got is None or got.answer is None or kind in score.LONG:
            continue
        item: KeyItem | None = keys.get(question.path)
        by_key = grade(got.answer, item.answer if item else None, (item.type if item else None) or question.type)
        right = bool(score.same_answer(answer, got.answer, kind))
        sure = confirmed(got, by_key, item)
        about = case.name, case.kind, question.path, submission.subject, kind
        yield Sample(*about, got.evidence, got.raw, got.doubt, sure, right)


def logit(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds, with certainty cut off at 0.995."""
    q: NDArray[np.float64] = np.clip(p, 0.005, 0.995)
    odds: NDArray[np.float64] = np.log(q / (1 - q))
    return odds


def fit(data: Sequence[Sample], prior: float) -> tuple[float, float]:
    """Slope and offset of least log loss by grid, with ten pseudo-answers of the prior accuracy at the mean raw one."""
    raw = logit(np.array([s.raw for s in data]))
    right = np.array([s.right for s in data])
    z = _SLOPES[:, None, None] * raw + _OFFSETS[None, :, None]
    loss = np.logaddexp(0.0, np.where(right, -z, z)).sum(-1)
    mean = _SLOPES[:, None] * raw.mean() + _OFFSETS
    loss += _PSEUDO * (prior * np.logaddexp(0.0, -mean) + (1 - prior) * np.logaddexp(0.0, mean))
    i, j = np.unravel_index(int(np.argmin(loss)), loss.shape)
    return float(_SLOPES[i]), float(_OFFSETS[j])


def lines_of(data: Sequence[Sample]) -> dict[str, tuple[float, float]]:
    """A line per kind of evidence, and per kind with what it is made of where there is enough of it."""
    prior = sum(s.right for s in data) / max(1, len(data))
    groups: dict[str, list[Sample]] = defaultdict(list)
    for s in data:
        if not s.doubt:
            groups[s.evidence.partition(":")[0]].append(s)
            if ":" in s.evidence:
                groups[s.evidence].append(s)
    return {k: fit(g, prior) for k, g in groups.items() if ":" not in k or len(g) >= _LEAST}


def predict(sample: Sample, lines: dict[str, tuple[float, float]]) -> float:
    """The confidence of an answer under `lines`, as the analyzer computes it."""
    slope, offset = lines.get(sample.evidence) or lines.get(sample.evidence.partition(":")[0]) or (0.5, -0.5)
    z = slope * float(logit(np.array([sample.raw]))[0]) + offset
    return (1 / (1 + math.exp(-z))) * (_DOUBT if sample.doubt else 1.0)


def left_out(data: Sequence[Sample]) -> NDArray[np.float64]:
    """Each answer's confidence from the other papers alone: their lines, then their isotonic fit."""
    out = np.zeros(len(data))
    by_paper: dict[str, list[int]] = defaultdict(list)
    for i, s in enumerate(data):
        by_paper[s.paper].append(i)
    for own in by_paper.values():
        chosen = set(own)
        others = [s for i, s in enumerate(data) if i not in chosen]
        lines = lines_of(others)
        known = np.array([predict(s, lines) for s in others])
        order = np.argsort(known, kind="stable")
        level = isotonic_regression(np.array([float(s.right) for s in others])[order]).x
        out[own] = np.interp([predict(data[i], lines) for i in own], known[order], level)
    return out


def curve(data: Sequence[Sample], p: NDArray[np.float64]) -> list[str]:
    """Markdown: what share stays without review at each threshold, and how much of it is right, by whether a key confirms."""
    right = np.array([s.right for s in data])
    key = np.array([s.confirmed for s in data])
    rows = ["| confidence at least | read answers that stay | of these right | … the key confirms | … of these right |"]
    rows.append("| ---: | ---: | ---: | ---: | ---: |")
    for at in (0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99):
        cells = [f"{at}"]
        for group in (~key, key):
            kept = group & (p >= at)
            cells.append(f"{kept.sum() / max(1, group.sum()):.2f} of {group.sum()}")
            cells.append(f"{right[kept].mean():.3f}" if kept.any() else "–")
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def reliability(data: Sequence[Sample], p: NDArray[np.float64]) -> list[str]:
    """Markdown: how often answers of a confidence are right."""
    right = np.array([s.right for s in data])
    rows = ["| confidence | answers | mean confidence | right |", "| --- | ---: | ---: | ---: |"]
    for low, high in _BINS:
        inside = (p >= low) & (p < high)
        if inside.any():
            span = f"{low:.2f}–{min(high, 1.0):.2f}"
            rows.append(f"| {span} | {inside.sum()} | {p[inside].mean():.3f} | {right[inside].mean():.3f} |")
    return rows


def kinds(data: Sequence[Sample]) -> list[str]:
    """One line per kind of evidence: how many, how many right, and the fitted line."""
    lines = lines_of(data)
    groups: dict[str, list[Sample]] = defaultdict(list)
    for s in data:
        groups[s.evidence].append(s)
    out = []
    for name, group in sorted(groups.items(), key=lambda g: -len(g[1])):
        clear = [s for s in group if not s.doubt]
        doubted = [s.right for s in group if s.doubt]
        right = f"{sum(s.right for s in clear) / len(clear):.3f}" if clear else "-"
        raw = f"{sum(s.raw for s in clear) / len(clear):.3f}" if clear else "-"
        line = lines.get(name) or lines.get(name.partition(":")[0])
        out.append(
            f"{name:20} n {len(clear):4} right {right} raw {raw} -> {line}  doubted {sum(doubted)}/{len(doubted)}"
        )
    return out


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--score", type=Path, required=True)
    parser.add_argument("--readings", type=Path, default=Path(".cache/readings"))
    parser.add_argument("--write", type=Path, help="the document whose part about confidence is written again")
    args = parser.parse_args(argv)
    score, cores = load(args.score), Cores()
    found: list[Sample] = []
    for case in find_cases(args.cases, None):
        if (args.readings / case.kind / f"{case.name}.json").exists():
            found += samples(case, args.readings, cores, score)
    print(f"{len(found)} answers, {sum(s.right for s in found) / len(found):.3f} right")
    print("\n".join(kinds(found)))
    p = left_out(found)
    shown = [*curve(found, p), "", *reliability(found, p)]
    print("\n".join(shown))
    if args.write:
        args.write.write_text(replaced(args.write.read_text(encoding="utf8"), "confidence", shown), encoding="utf8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
