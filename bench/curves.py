"""Why goals of accuracy are missed, as curves: `docs/accuracy/*.svg`.

    python -m bench.curves --cases CASES --score PATH/score.py [--readings .cache/readings] [--results .cache/results]

review.svg: for each kind of case, how many of the answers that are left without review are right, against how many are left,
as the confidence that is asked for falls. Confidences come from papers that were not fitted on (bench.calibration). Answers
that go to a teacher whatever their confidence never stay; those that nobody could read count as reviewed.
handwriting.svg and verdicts.svg: character errors of handwriting, case by case, and verdicts that are others than the true ones,
from the last `bench.accuracy`. costs.svg: reading beside RapidOCR, page by page, from the last `bench.ocr --write`. Into the page
itself goes what confidences are worth by subject and type of question.
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from bench.accuracy import Case, Cores, find_cases
from bench.accuracy_page import asked
from bench.calibration import Sample, left_out, load, samples, truth_units
from bench.figures import Curve, bars, curves, replaced
from bench.reading_costs import costs
from contracts.artefacts.reading import Reading
from services.analyzer.core.confidence import CONFIRMED_ABOVE, REVIEW_BELOW

GOAL = (0.80, 0.99)
BOTTOM = 0.8
LEAST = 15
"""Answers from which a subject and type has a row."""


@dataclass(frozen=True)
class Kind:
    """The answers of one kind of case. `asked`: all that have a sure, short truth; arrays: one entry per answer read."""

    asked: int
    right: NDArray[np.bool_]
    confirmed: NDArray[np.bool_]
    held: NDArray[np.bool_]
    confidence: NDArray[np.float64]

    def at(self, threshold: float) -> tuple[float, float]:
        """(share that stays without review, share of these that is right), 1.0 where none stays."""
        needed = np.where(self.confirmed, min(threshold, CONFIRMED_ABOVE), threshold)
        stay = ~self.held & (self.confidence >= needed)
        return float(stay.sum() / self.asked), float(self.right[stay].mean()) if stay.any() else 1.0

    def curve(self) -> list[tuple[float, float]]:
        """Every point that a threshold can give, from the strictest on."""
        return list(dict.fromkeys(self.at(each) for each in (1.01, *sorted(set(self.confidence), reverse=True))))


def held(cores: Cores, case: Case, reading: Reading) -> set[tuple[str, ...]]:
    """Questions that a teacher sees whatever the confidence: no sure verdict, or marks that say something else."""
    analyzer = import_module("services.analyzer.core.analyze")  # the package has a function of that name
    with patch.multiple(analyzer, REVIEW_BELOW=0.0, CONFIRMED_ABOVE=0.0):  # as if every confidence were enough
        _, analysis, _ = cores.run(case, reading)
    return {answer.path for answer in analysis.answers if answer.needs_review}


@dataclass(frozen=True)
class Measured:
    """All answers that were read, with confidences of papers not fitted on. `asked`: all with a sure, short truth, by kind."""

    asked: Counter[str]
    samples: list[Sample]
    held: NDArray[np.bool_]
    confidence: NDArray[np.float64]

    def part(self, chosen: NDArray[np.bool_], asked: int) -> Kind:
        """Some of them, of so many that were asked."""
        right = np.array([each.right for each in self.samples])
        confirmed = np.array([each.confirmed for each in self.samples])
        return Kind(asked, right[chosen], confirmed[chosen], self.held[chosen], self.confidence[chosen])


def measured(cases: Sequence[Case], readings: Path, score: ModuleType) -> Measured:
    """The answers of all cases that have a reading."""
    cores = Cores()
    asked, found, kept = Counter[str](), list[Sample](), list[bool]()
    for case in cases:
        path = readings / case.kind / f"{case.name}.json"
        if not path.exists():
            continue
        truth = json.loads((case.folder / "truth.json").read_text(encoding="utf8"))
        asked[case.kind] += sum(kind not in score.LONG for *_, kind in truth_units(truth))
        seen = held(cores, case, Reading.model_validate_json(path.read_bytes()))
        of_case = list(samples(case, readings, cores, score))
        found += of_case
        kept += [sample.path in seen for sample in of_case]
    return Measured(asked, found, np.array(kept), left_out(found))


def kinds(found: Measured) -> dict[str, Kind]:
    """By kind of case."""
    of = np.array([each.kind for each in found.samples])
    return {kind: found.part(of == kind, found.asked[kind]) for kind in sorted(set(of))}


def by_subject(found: Measured) -> list[str]:
    """Markdown: each subject's types of question of which enough answers were read; those that stay are of the read ones."""
    rows = [
        "| subject | type | read | right | mean confidence | ECE | stay without review | right of these |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    of = np.array([f"{each.subject} | {each.type}" for each in found.samples])
    for name in sorted(set(of)):
        some = found.part(of == name, int((of == name).sum()))
        if some.asked < LEAST:
            continue
        stay, sure = some.at(REVIEW_BELOW)
        cells = (some.right.mean(), some.confidence.mean(), gap(some.confidence, some.right), stay, sure)
        rows.append(f"| {name} | {some.asked} | " + " | ".join(f"{value:.3f}" for value in cells) + " |")
    return rows


def gap(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error: mean confidence against share right, in ten bins of equal width (Guo et al. 2017)."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    return float(sum(abs((confidence - right)[bins == each].sum()) for each in set(bins)) / len(bins))


def review(found: dict[str, Kind]) -> str:
    """The curve of each kind; marked: the threshold that is in use."""
    panels = [
        Curve(f"{name} ({kind.asked} answers)", kind.curve(), kind.at(REVIEW_BELOW), GOAL)
        for name, kind in found.items()
    ]
    return curves(
        panels, "left without review", "right among these; dot: the threshold in use; green: the goal", BOTTOM
    )


def handwriting(cases: dict[str, dict[str, float]]) -> str:
    """Bars of the real cases with handwritten lines, by character errors."""
    shares = {
        name: counts["handwritten_errors"] / counts["handwritten_chars"]
        for name, counts in cases.items()
        if counts.get("handwritten_chars") and "/syn-" not in name
    }
    rows = sorted(shares.items(), key=lambda row: -row[1])
    return bars([("Wrong characters of real handwriting (goal: at most 0.10)", "{:.3f}", rows)])


def verdicts(cases: dict[str, dict[str, float]]) -> str:
    """Bars of the verdicts that were not the true ones, by kind of case: what it is, what we said."""
    wrong: dict[str, Counter[str]] = {}
    given: Counter[str] = Counter()
    for name, counts in cases.items():
        kind = name.partition("/")[0]
        given[kind] += round(counts.get("verdict_n", 0))
        for pair, number in counts.items():
            if pair.startswith("confusion:"):
                true, said = pair.removeprefix("confusion:").split(">")
                wrong.setdefault(kind, Counter())[f"{true}, called {said}"] += round(number) if true != said else 0
    return bars(
        [
            (f"{kind}: {sum(pairs.values())} of {given[kind]} verdicts are others", "{:.0f}", (+pairs).most_common())
            for kind, pairs in wrong.items()
            if +pairs
        ]
    )


def main(argv: Sequence[str] | None = None) -> int:
    args = asked(__doc__, argv)
    folder = args.page.with_suffix("")
    folder.mkdir(exist_ok=True)
    scored = json.loads((args.results / "scores.json").read_text(encoding="utf8"))["cases"]
    rows = [(row.page, row.ratio) for row in costs(args.page.read_text(encoding="utf8")).pages]
    ratio = bars([("CPU of finding and reading text, in parts of RapidOCR's (goal: 0.45)", "{:.2f}", rows)])
    found = measured(find_cases(args.cases, None), args.readings, load(args.score))
    drawn = {
        "review": review(kinds(found)),
        "handwriting": handwriting(scored),
        "verdicts": verdicts(scored),
        "costs": ratio,
    }
    for name, picture in drawn.items():
        (folder / f"{name}.svg").write_text(picture, encoding="utf8")
    told = replaced(args.page.read_text(encoding="utf8"), "subjects", by_subject(found))
    args.page.write_text(told, encoding="utf8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
