"""Real pages photographed once more, with other cameras, and how many of their answers are still read.

python -m bench.again --cases DIR --score PATH/score.py [--only SUBSTRING] [--with "tilted,curled"] [--series WORD] [--write docs/accuracy.md]

The photographs, their truth, readings and results are kept below `--out`; what is there already isn't done again.
Boxes of the truth go the way of the pixels; a photograph's own camera follows from its name (`bench.cameras`).
"""

import argparse
import functools
import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.accuracy import Case, find_cases, run_cases, score
from bench.accuracy_page import PAGE
from bench.cameras import CAMERAS, Camera, camera, is_sheet
from bench.figures import replaced
from bench.readings import read_case

AS_IT_WAS = "as it was"
COLUMNS = {
    "answers": "answer accuracy",
    "choices": "answer accuracy choice/judge",
    "words": "answer accuracy text",
    "without review": "coverage (not in review)",
    "right of these": "answer accuracy, not in review",
    "questions found": "segmentation F1@0.5",
    "wrong characters of handwriting": "line CER handwritten",
}


def is_real(case: Case) -> bool:
    """Whether the case is a real, single picture that has labels."""
    truth = json.loads((case.folder / "truth.json").read_text(encoding="utf8"))
    files = json.loads((case.folder / "request.json").read_text(encoding="utf8"))["files"]
    labelled = truth.get("questions") or truth.get("lines")
    return truth.get("mode") == "real" and bool(labelled) and len(files) == 1 and files[0].endswith(".jpg")


def photographed(case: Case, name: str, out: Path, series: str = "") -> Case | None:
    """The case as the named camera of a series sees it, below `out`; None when it needs a whole sheet and the picture is none."""
    folder = out / case.kind / case.name
    again = Case(case.kind, case.name, folder)
    if (folder / "truth.json").exists():
        return again
    request = json.loads((case.folder / "request.json").read_text(encoding="utf8"))
    picture = cv2.imread(str(case.folder / request["files"][0]))
    if picture is None:
        raise ValueError(f"no picture: {case.kind}/{case.name}")
    page = np.asarray(picture, np.uint8)
    if name == "on a desk" and not is_sheet(page):
        return None
    taken = camera(name, page, f"{case.kind}/{case.name}{series}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / request["files"][0]).write_bytes(taken.file(page))
    (folder / "request.json").write_text(json.dumps(request, ensure_ascii=False), encoding="utf8")
    truth = json.loads((case.folder / "truth.json").read_text(encoding="utf8"))
    truth["pages"][0] |= {"width": taken.size[0], "height": taken.size[1]}
    (folder / "truth.json").write_text(json.dumps(moved(truth, taken), ensure_ascii=False), encoding="utf8")
    return again


def moved(truth: Any, taken: Camera) -> Any:
    """The truth with its boxes and quads where the camera sees them."""
    if isinstance(truth, list):
        return [moved(part, taken) for part in truth]
    if not isinstance(truth, dict):
        return truth
    new = {key: moved(value, taken) for key, value in truth.items()}
    if "box" in truth:
        x0, y0, x1, y1 = truth["box"]
        corners = truth.get("quad") or [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
        quad = taken.points(np.array(corners, np.float64))
        new |= {"quad": quad.round(1).tolist(), "box": [*quad.min(0).round(1).tolist(), *quad.max(0).round(1).tolist()]}
    return new


def read(cases: list[Case], out: Path, jobs: int) -> None:
    """Readings of the cases that have none below `out`."""
    wanted = [case.folder for case in cases if not (out / case.kind / f"{case.name}.json").exists()]
    if not wanted:
        return
    # Not by fork: OpenCV's threads, which took the photographs, would not be there in the child.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(wanted)), mp_context=fresh) as pool:
        for name, _, _, cpu in pool.map(functools.partial(read_case, out=out), wanted):
            print(f"{name}: {cpu:.1f} CPU s", flush=True)


def metrics(cases: list[Case], readings: Path, results: Path, script: Path) -> dict[str, Any]:
    """score.py's figures of all cases together; RuntimeError when it fails."""
    for _ in run_cases(cases, readings, results):
        pass
    done, out = score(cases, results, script, quiet=True)
    if done:
        raise RuntimeError(f"score.py ended with {done}")
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf8"))["groups"]["overall"]["metrics"]
    return found


def table(rows: dict[str, tuple[int, dict[str, Any]]]) -> list[str]:
    """Markdown: a row per camera (its cases, its metrics)."""
    lines = ["| photographed | pages | " + " | ".join(COLUMNS) + " |", "| --- |" + " ---: |" * (1 + len(COLUMNS))]
    for name, (count, found) in rows.items():
        cells = [f"{found[metric]['value']:.3f}" if metric in found else "–" for metric in COLUMNS.values()]
        lines.append(f"| {name} | {count} | " + " | ".join(cells) + " |")
    return lines


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--score", type=Path, required=True, help="path of score.py")
    parser.add_argument("--only", help="only cases whose kind/name contains this")
    parser.add_argument("--with", dest="cameras", help="names of cameras, joined by commas; all by default")
    parser.add_argument("--readings", type=Path, default=Path(".cache/readings"), help="of the cases as they were")
    parser.add_argument("--series", default="", help="any word: other photographs than those the rules were made on")
    parser.add_argument("--out", type=Path, default=Path(".cache/again"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", nargs="?", type=Path, const=PAGE, help="the page whose table is written again")
    args = parser.parse_args(argv)
    args.out /= args.series
    names = args.cameras.split(",") if args.cameras else list(CAMERAS)
    cases = [case for case in find_cases(args.cases, args.only) if is_real(case)]
    if not cases or not set(names) <= set(CAMERAS):
        parser.error(f"no cases, or another camera than {', '.join(CAMERAS)}")
    read(cases, args.readings, args.jobs)
    rows = {AS_IT_WAS: (len(cases), metrics(cases, args.readings, args.out / "results" / AS_IT_WAS, args.score))}
    for name in names:
        taken = [again for case in cases if (again := photographed(case, name, args.out / "cases" / name, args.series))]
        if not taken:
            continue
        read(taken, args.out / "readings" / name, args.jobs)
        found = metrics(taken, args.out / "readings" / name, args.out / "results" / name, args.score)
        rows[name] = (len(taken), found)
    print("\n".join(table(rows)))
    if args.write:
        text = args.write.read_text(encoding="utf8")
        args.write.write_text(replaced(text, "again", table(rows)), encoding="utf8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
