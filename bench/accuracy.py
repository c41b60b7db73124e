"""Accuracy of parser, analyzer, diagnostic and report on evaluation cases, from cached readings: no pixels, seconds not minutes.

    python -m bench.readings  --cases CASES                       # once per ocr version: .cache/readings/<kind>/<name>.json
    python -m bench.accuracy  --cases CASES --score PATH/score.py [--only SUBSTRING] [--save DIR] [--write docs/accuracy.md]

Each case's cached `Reading` goes through the cores in order; the result documents are saved and given to score.py, whose
table is printed, followed by our figures beside those of the naive floor. Cores that are not importable yet are replaced
by empty ones, which is said at the start.
"""

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bench.figures import replaced
from contracts.artefacts.analysis import Analysis
from contracts.artefacts.paper import Header, Paper
from contracts.artefacts.reading import Reading
from contracts.artefacts.submission import Submission
from services.analyzer.knowledge import english
from services.parser.core.tagging import Rules, tagged
from services.parser.stage import load_rules

FLOOR_FILE = Path(__file__).with_name("naive_floor.json")
DUMMY_REF = {"path": "bench/none", "sha256": "0" * 64, "size": 0}


@dataclass(frozen=True)
class Case:
    kind: str
    name: str
    folder: Path

    def submission(self) -> Submission:
        """The case's request form as an accepted upload; its files are dummies, since the reading is cached."""
        form = json.loads((self.folder / "request.json").read_text(encoding="utf8"))
        files = [{"blob": DUMMY_REF, "media_type": "image/jpeg"} for _ in form.pop("files")]
        return Submission.model_validate({**form, "files": files, "student_id": f"bench-{self.name}"})


def find_cases(root: Path, only: str | None) -> list[Case]:
    """Cases below `root` whose kind/name contains `only`."""
    cases = [Case(p.parent.parent.name, p.parent.name, p.parent) for p in sorted(root.glob("*/*/truth.json"))]
    return [c for c in cases if not only or only in f"{c.kind}/{c.name}"]


def core(stage: str, function: str) -> Callable[..., Any] | None:
    """The named function of a stage's core, or None with a notice when the stage is not written yet."""
    module = f"services.{stage}.core"
    try:
        return getattr(importlib.import_module(module), function)  # type: ignore[no-any-return]
    except (ModuleNotFoundError, AttributeError) as error:
        print(f"note: {module}.{function} is not there yet ({error}); using an empty one", file=sys.stderr)
        return None


@dataclass
class Cores:
    parse: Callable[..., Any] | None = field(default_factory=lambda: core("parser", "parse"))
    analyze: Callable[..., Any] | None = field(default_factory=lambda: core("analyzer", "analyze"))
    rules: Rules = field(default_factory=load_rules)

    def run(self, case: Case, reading: Reading) -> tuple[Paper, Analysis, dict[str, Any]]:
        """Parse and analyze one case; the artefacts and the result document."""
        submission = case.submission()
        paper = self.parse(submission, reading) if self.parse else Paper(header=Header())
        paper = tagged(paper, submission.subject, self.rules)
        analysis = self.analyze(submission, reading, paper, english()) if self.analyze else Analysis()
        return paper, analysis, document(submission, reading, paper, analysis)


def document(submission: Submission, reading: Reading, paper: Paper, analysis: Analysis) -> dict[str, Any]:
    """`redink.result.v1` of the artefacts, as far as score.py reads it: the report's own composition is tested there."""
    answers = {a.path: dump(a) for a in analysis.answers}
    questions = []
    for question in paper.questions:
        answered = {k: v for k, v in answers.get(question.path, {}).items() if k != "answer_regions"}
        if answered.get("knowledge_points") is None:  # as they were found, unless a teacher or a model named others
            answered.pop("knowledge_points", None)
        entry = dump(question) | answered
        if entry.get("max_score") is None:
            entry["max_score"] = question.max_score
        questions.append({k: v for k, v in entry.items() if k not in {"lines", "spots", "bubbles", "marks"}})
    pages = [dump(p) for p in reading.pages]
    keep = ("page", "width", "height", "quality", "transform", "lines")
    return {
        "schema": "redink.result.v1",
        "subject": submission.subject,
        "grade": submission.grade,
        "title": paper.header.title,
        "student": {"name": paper.header.name, "class": paper.header.class_, "number": paper.header.number},
        "score": {k: getattr(analysis, k) for k in ("earned", "max", "graded", "needs_review")},
        "pages": [{k: p[k] for k in keep} for p in pages],
        "questions": questions,
    }


def dump(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True)


def run_cases(cases: list[Case], readings: Path, save: Path) -> Iterator[tuple[Case, float]]:
    """Write each case's documents below `save`; yields the case and its seconds. A case that fails gets no document."""
    cores = Cores()
    for case in cases:
        source = readings / case.kind / f"{case.name}.json"
        target = save / case.kind / f"{case.name}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        if not source.exists():
            print(f"no reading: {case.kind}/{case.name}", file=sys.stderr)
            continue
        reading = Reading.model_validate_json(source.read_bytes())
        start = time.perf_counter()
        try:
            paper, analysis, result = cores.run(case, reading)
        except Exception:  # noqa: BLE001  one broken case must not hide the others; score.py counts it as failed
            print(f"failed: {case.kind}/{case.name}\n{traceback.format_exc()}", file=sys.stderr)
            continue
        seconds = time.perf_counter() - start
        target.write_text(json.dumps(result, ensure_ascii=False), encoding="utf8")
        for name, artefact in (("paper", paper), ("analysis", analysis)):
            path = save / "artefacts" / case.kind / f"{case.name}.{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(artefact.model_dump_json(by_alias=True), encoding="utf8")
        yield case, seconds


def beside_floor(scores: dict[str, Any], floor: dict[str, dict[str, float]]) -> str:
    """Per metric and kind: ours / the naive floor's, with `!` where ours is worse."""
    kinds = [k for k in scores["groups"] if k != "overall"]
    rows = ["metric (ours / naive floor)".ljust(31) + "".join(k.rjust(18) for k in kinds)]
    for metric, values in floor.items():
        row = metric.ljust(31)
        for kind in kinds:
            ours = scores["groups"][kind]["metrics"].get(metric)
            naive = values.get(kind)
            if ours is None:
                row += "-".rjust(18)
            elif naive is None:
                row += f"{ours['value']:.3f}".rjust(18)
            else:
                worse = ours["value"] < naive if ours["better"] == "high" else ours["value"] > naive
                row += f"{ours['value']:.3f} / {naive:.3f}{'!' if worse else ' '}".rjust(18)
        rows.append(row)
    return "\n".join(rows)


SHOWN = (
    "answer accuracy",
    "answer accuracy choice/judge",
    "answer accuracy text",
    "answer accuracy, not in review",
    "coverage (not in review)",
    "verdict accuracy",
    "score exact",
    "long answer similarity",
    "final answer found in worked",
    "answer confidence ECE",
    "segmentation F1@0.5",
    "segmentation F1@0.75",
    "number right (of IoU>=0.5)",
    "line CER printed",
    "line CER handwritten",
    "header fields",
)


def table(scores: dict[str, Any]) -> list[str]:
    """Markdown: per metric and kind the value with its 95 % bootstrap interval over papers."""
    groups = {k: g for k, g in scores["groups"].items() if k != "overall"}
    rows = ["| | " + " | ".join(f"{k} ({g['cases']})" for k, g in groups.items()) + " |"]
    rows.append("| --- |" + " ---: |" * len(groups))
    for metric in SHOWN:
        cells = []
        for group in groups.values():
            found = group["metrics"].get(metric)
            cells.append(f"{found['value']:.3f} ({found['low']:.3f}–{found['high']:.3f})" if found else "–")
        rows.append(f"| {metric} | " + " | ".join(cells) + " |")
    return rows


def score(cases: list[Case], save: Path, script: Path, *, quiet: bool) -> tuple[int, Path]:
    """Run score.py on the saved documents of `cases`; its exit code and the file of its numbers."""
    out = save / "scores.json"
    with tempfile.TemporaryDirectory() as scratch:
        for case in cases:
            folder = Path(scratch, case.kind, case.name)
            folder.mkdir(parents=True)
            for name in ("truth.json", "request.json"):
                (folder / name).symlink_to((case.folder / name).resolve())
        command = [sys.executable, str(script), "--results", str(save), "--cases", scratch, "--out", str(out)]
        return subprocess.run(command, capture_output=quiet, check=False).returncode, out


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--score", type=Path, required=True, help="path of score.py")
    parser.add_argument("--readings", type=Path, default=Path(".cache/readings"))
    parser.add_argument("--only", help="only cases whose kind/name contains this")
    parser.add_argument("--save", type=Path, default=Path(".cache/results"))
    parser.add_argument("--present", action="store_true", help="leave out cases that have no cached reading")
    parser.add_argument("--write", type=Path, help="the document whose tables of scores are written again")
    parser.add_argument("--quiet", action="store_true", help="print only the comparison with the floor")
    args = parser.parse_args(argv)
    cases = find_cases(args.cases, args.only)
    if args.present:
        cases = [c for c in cases if (args.readings / c.kind / f"{c.name}.json").exists()]
    if not cases:
        parser.error("no cases found")
    seconds = [s for _, s in run_cases(cases, args.readings, args.save)]
    done, out = score(cases, args.save, args.score, quiet=args.quiet)
    if done:
        return done
    floor = json.loads(FLOOR_FILE.read_text(encoding="utf8"))["metrics"]
    scores = json.loads(out.read_text(encoding="utf8"))
    print(beside_floor(scores, floor))
    if args.write:
        args.write.write_text(replaced(args.write.read_text(encoding="utf8"), "scores", table(scores)), encoding="utf8")
    if seconds:
        print(
            f"{len(seconds)} of {len(cases)} cases; cores: mean {sum(seconds) / len(seconds):.3f} s, worst {max(seconds):.3f} s"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
