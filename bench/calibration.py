"""How often each kind of evidence is right, and the line that turns its raw confidence into that.

    python -m bench.calibration --cases CASES --score PATH/score.py [--readings .cache/readings]

Prints, per kind of evidence of `services.analyzer.core`, the count, accuracy, mean raw confidence, and slope and offset of
logit(p) = slope * logit(raw) + offset, fitted with a pull towards the accuracy over all kinds (ten pseudo-answers), so that
rare kinds stay cautious. Rounded by hand into `services/analyzer/core/confidence.py`.
"""

import argparse
import importlib.util
import json
import math
import sys
from collections import defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.accuracy import Case, Cores, find_cases
from contracts.artefacts.reading import Reading
from services.analyzer.core.analyze import read_answers
from services.analyzer.core.evidence import Found

Sample = tuple[float, bool, bool]
"""Raw confidence, doubt, whether the answer was right."""


def load(path: Path) -> ModuleType:
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


def samples(case: Case, readings: Path, cores: Cores, score: ModuleType) -> list[tuple[str, Sample]]:
    reading = Reading.model_validate_json((readings / case.kind / f"{case.name}.json").read_bytes())
    submission = case.submission()
    truth = json.loads((case.folder / "truth.json").read_text(encoding="utf8"))
    if cores.parse is None:
        raise SystemExit("no parser yet")
    paper = cores.parse(submission, reading)
    read = read_answers(submission, reading, paper)
    by_number: dict[str, Found] = {}
    for question in paper.questions:
        if question.path in read:
            by_number.setdefault(question.number, read[question.path])
    found = []
    for path, number, answer, kind in truth_units(truth):
        got = read.get(path) or by_number.get(number)
        if got is not None and got.answer is not None and kind not in score.LONG:
            found.append((got.evidence, (got.raw, got.doubt, bool(score.same_answer(answer, got.answer, kind)))))
    return found


def logit(p: float) -> float:
    p = min(0.995, max(0.005, p))
    return math.log(p / (1 - p))


def fit(data: list[tuple[float, bool]], prior: float) -> tuple[float, float]:
    """Slope (0..1.5) and offset of least log loss by grid, with ten pseudo-answers of the prior accuracy."""
    best = (math.inf, 0.0, 0.0)
    for slope in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25):
        for step in range(-20, 17):
            offset = step / 4
            loss = 0.0
            for raw, ok in data:
                p = 1 / (1 + math.exp(-(slope * logit(raw) + offset)))
                loss -= math.log(max(1e-9, p if ok else 1 - p))
            mean = sum(raw for raw, _ in data) / len(data)
            p = 1 / (1 + math.exp(-(slope * logit(mean) + offset)))
            loss -= 10 * (prior * math.log(p) + (1 - prior) * math.log(1 - p)) / (1 + len(data) / 10)
            best = min(best, (loss, slope, offset))
    return best[1], best[2]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--score", type=Path, required=True)
    parser.add_argument("--readings", type=Path, default=Path(".cache/readings"))
    args = parser.parse_args(argv)
    score, cores = load(args.score), Cores()
    groups: dict[str, list[Sample]] = defaultdict(list)
    for case in find_cases(args.cases, None):
        if (args.readings / case.kind / f"{case.name}.json").exists():
            for evidence, sample in samples(case, args.readings, cores, score):
                groups[evidence].append(sample)
    every = [s for g in groups.values() for s in g]
    prior = sum(ok for *_, ok in every) / len(every)
    print(f"{len(every)} answers, {prior:.3f} right")
    for name, group in sorted(groups.items(), key=lambda g: -len(g[1])):
        clear = [(raw, ok) for raw, doubt, ok in group if not doubt]
        doubted = [ok for _, doubt, ok in group if doubt]
        share = f"{sum(doubted) / len(doubted):.2f}" if doubted else "-"
        if clear:
            slope, offset = fit(clear, prior)
            right = sum(ok for _, ok in clear) / len(clear)
            raw = sum(r for r, _ in clear) / len(clear)
            print(
                f"{name:16} n {len(clear):4} right {right:.3f} raw {raw:.3f} -> ({slope}, {offset})  doubted {len(doubted)}: {share}"
            )
        else:
            print(f"{name:16} n    0  doubted {len(doubted)}: {share}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
