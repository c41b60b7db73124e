"""The goals of accuracy beside what was measured: `python -m bench.accuracy_goals` writes them into docs/accuracy.md.

    python -m bench.accuracy_goals --cases CASES --score PATH/score.py [--results .cache/results]

Reads what `bench.accuracy` saved, by case, and the costs that `bench.ocr --write` left on the page. "Synthetic" and "real"
are told by the truth of each case, whatever its kind. Intervals are those of score.py: 95 %, bootstrapped over cases.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.accuracy import FLOOR_FILE
from bench.accuracy_page import asked
from bench.calibration import load
from bench.figures import replaced
from bench.reading_costs import Costs, costs


@dataclass(frozen=True)
class Scored:
    """One case: kind/name, whether it was made by a program, and its counts as score.py has them.

    `choices`: verdicts by the key on questions with options, and how many of them are right.
    """

    name: str
    synthetic: bool
    counts: Counter[str]
    choices: tuple[int, int] = (0, 0)

    @property
    def kind(self) -> str:
        return self.name.partition("/")[0]


@dataclass(frozen=True)
class Measured:
    """What was measured. `floor`: metric, kind, value of the naive floor; `lower`: metrics of which less is better."""

    cases: Sequence[Scored]
    summarise: Callable[[list[tuple[Counter[str], list[Any]]]], dict[str, Any]]
    costs: Costs
    floor: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    lower: frozenset[str] = frozenset()

    def of(self, metric: str, which: Callable[[Scored], bool]) -> dict[str, float] | None:
        """Value, low, high and n of a metric over some cases; None when none of them has it."""
        chosen: list[tuple[Counter[str], list[Any]]] = [(case.counts, []) for case in self.cases if which(case)]
        found: dict[str, float] | None = self.summarise(chosen)["metrics"].get(metric) if chosen else None
        return found


Judge = Callable[[Measured], tuple[str, bool]]


def real(case: Scored) -> bool:
    """Photographs, scans and sheets that people wrote on."""
    return not case.synthetic


def synthetic(case: Scored) -> bool:
    """Papers drawn by a program, written on in three fonts."""
    return case.synthetic


def of_kind(kind: str) -> Callable[[Scored], bool]:
    """Cases of one kind."""
    return lambda case: case.kind == kind


def least(metric: str, goal: float, which: Callable[[Scored], bool]) -> Judge:
    """A share that is to be at least `goal`."""
    return _figure(metric, which, lambda value: value >= goal)


def most(metric: str, goal: float, which: Callable[[Scored], bool]) -> Judge:
    """A share that is to be at most `goal`."""
    return _figure(metric, which, lambda value: value <= goal)


def _figure(metric: str, which: Callable[[Scored], bool], good: Callable[[float], bool]) -> Judge:
    def judge(measured: Measured) -> tuple[str, bool]:
        found = measured.of(metric, which)
        if found is None:
            raise KeyError(metric)
        return f"{found['value']:.3f} ({found['low']:.3f}–{found['high']:.3f}), n {found['n']:,.0f}", good(
            found["value"]
        )

    return judge


def keyed_choices(measured: Measured) -> tuple[str, bool]:
    """Verdicts on choices of answer cards that have a key."""
    asked, right = (sum(case.choices[i] for case in measured.cases if case.kind == "answer_card") for i in (0, 1))
    if not asked:
        raise KeyError("choices")
    return f"{right / asked:.3f}, n {asked}", right >= 0.99 * asked


def above_floor(measured: Measured) -> tuple[str, bool]:
    """Every metric and kind that the floor has."""
    below, seen = [], 0
    for metric, values in measured.floor.items():
        for kind, naive in values.items():
            ours = measured.of(metric, of_kind(kind))
            if ours is None:
                continue
            seen += 1
            if (ours["value"] > naive) if metric in measured.lower else (ours["value"] < naive):
                below.append(f"{kind}, {metric}: {ours['value']:.3f}, the floor {naive:.3f}")
    return "; ".join(below) or f"above or level in all {seen} figures", not below


def none_failed(measured: Measured) -> tuple[str, bool]:
    """Exams without a result."""
    failed = sum(case.counts["failed"] for case in measured.cases)
    return f"{failed:.0f} of {len(measured.cases)} without a result", failed == 0


def of_rapidocr(measured: Measured) -> tuple[str, bool]:
    """Finding and reading text, beside RapidOCR as shipped."""
    return f"{measured.costs.mean.ratio:.2f}", measured.costs.mean.ratio <= 0.45


def page_cost(measured: Measured) -> tuple[str, bool]:
    """CPU seconds of a page in ocr; every page must keep to it."""
    worst = max(measured.costs.pages, key=lambda row: row.whole)
    said = f"{measured.costs.mean.whole:.2f} s in the mean, {worst.whole:.2f} s at most ({worst.page})"
    return said, worst.whole <= 1.5


def eight_pages(measured: Measured) -> tuple[str, bool]:
    """Seconds by the clock."""
    return f"{measured.costs.eight:.1f} s", measured.costs.eight <= 9


def memory(measured: Measured) -> tuple[str, bool]:
    """Peak of a worker."""
    return f"{measured.costs.peak} MB", measured.costs.peak <= 800


GOALS: Mapping[str, Judge] = {
    "synthetic: questions found (F1 at IoU .5) ≥ .97": least("segmentation F1@0.5", 0.97, synthetic),
    "synthetic: … at IoU .75 ≥ .90": least("segmentation F1@0.75", 0.90, synthetic),
    "synthetic: their numbers right ≥ .98": least("number right (of IoU>=0.5)", 0.98, synthetic),
    "synthetic: wrong characters of print ≤ .015": most("line CER printed", 0.015, synthetic),
    "synthetic: answers right ≥ .95": least("answer accuracy", 0.95, synthetic),
    "synthetic: … of those not sent to review ≥ .99": least("answer accuracy, not in review", 0.99, synthetic),
    "synthetic: … which are ≥ .80 of all": least("coverage (not in review)", 0.80, synthetic),
    "synthetic: verdicts right ≥ .95": least("verdict accuracy", 0.95, synthetic),
    "real pages: questions found (F1 at IoU .5) ≥ .85": least("segmentation F1@0.5", 0.85, real),
    "answer cards: marks read ≥ .99": least("answer accuracy choice/judge", 0.99, of_kind("answer_card")),
    "answer cards: choices graded by the key ≥ .99": keyed_choices,
    "English blanks ≥ .85": least("answer accuracy", 0.85, of_kind("fill_blanks")),
    "real handwriting: wrong characters ≤ .10": most("line CER handwritten", 0.10, real),
    "name, class and number in the head ≥ .90 (synthetic: real ones are masked)": least(
        "header fields", 0.90, synthetic
    ),
    "no kind below the naive floor anywhere": above_floor,
    "no exam crashes": none_failed,
    "CPU of finding and reading text ≤ .45 of RapidOCR's": of_rapidocr,
    "a page in ≤ 1.5 CPU seconds": page_cost,
    "eight pages in ≤ 9 s on two cores": eight_pages,
    "memory of a worker ≤ 800 MB": memory,
}


def table(measured: Measured) -> list[str]:
    """Markdown: goal, figure, whether it is met."""
    return ["| goal | measured | met |", "| --- | --- | --- |", *(_row(measured, *each) for each in GOALS.items())]


def _row(measured: Measured, goal: str, judge: Judge) -> str:
    try:
        said, met = judge(measured)
    except KeyError:  # these cases are not there
        return f"| {goal} | not measured | – |"
    return f"| {goal} | {said} | {'yes' if met else '**no**'} |"


def choices(truth: Mapping[str, Any], result: Mapping[str, Any], kinds: frozenset[str]) -> tuple[int, int]:
    """(how many, of them right): verdicts on questions with options, by path or else number; kinds: their types."""
    given: dict[Any, str | None] = {}
    for question in result["questions"]:
        for name in (tuple(question["path"]), question["number"]):
            given.setdefault(name, question.get("verdict"))
    asked = [q for q in truth.get("questions") or [] if q.get("verdict") and q.get("type") in kinds]
    return len(asked), sum(given.get(tuple(q["path"]), given.get(q["number"])) == q["verdict"] for q in asked)


def measured(cases: Path, results: Path, score: ModuleType, page: str) -> Measured:
    """What bench.accuracy saved in `results`, of the cases that are there."""
    found, kinds = [], frozenset(score.CHOICE)
    for name, counts in json.loads((results / "scores.json").read_text(encoding="utf8"))["cases"].items():
        truth = json.loads((cases / name / "truth.json").read_text(encoding="utf8"))
        result = json.loads((results / f"{name}.json").read_text(encoding="utf8"))
        drawn = str(truth["source"]).startswith("synthetic")
        numbers = Counter({key: value for key, value in counts.items() if key != "note"})
        found.append(Scored(name, drawn, numbers, choices(truth, result, kinds)))
    floor = json.loads(FLOOR_FILE.read_text(encoding="utf8"))["metrics"]
    lower = frozenset(name for name, better, *_ in score.METRICS if better == "low")
    return Measured(found, score.summarise, costs(page), floor, lower)


def main(argv: Sequence[str] | None = None) -> int:
    args = asked(__doc__, argv)
    page = args.page.read_text(encoding="utf8")
    rows = table(measured(args.cases, args.results, load(args.score), page))
    args.page.write_text(replaced(page, "goals", rows), encoding="utf8")
    print("\n".join(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
