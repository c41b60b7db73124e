"""Answers that were read wrongly, as pictures: `docs/accuracy/<kind>-failures.webp`.

    python -m bench.failures --cases CASES --score PATH/score.py [--readings .cache/readings] [--results .cache/results]

One contact sheet for each kind of case: where we looked for the answer (or, where we found none, the whole question), what is
written there, what we read, how sure we were. In red: what no teacher would have seen. Only cases whose licence lets their
pictures be published; which were left out is printed. Reads what `bench.readings` and `bench.accuracy` kept.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps
from pylopdf_fonts_zh_cn import sans_path

from bench.accuracy import Case, find_cases
from bench.accuracy_page import asked
from bench.calibration import load, truth_units
from contracts.base import Box

FREE = frozenset({"MIT", "MIT (own text)", "Apache-2.0", "OFL-1.1"})
"""Licences of a case, each of which lets a picture of it be published here."""
MOST = 30
_COLUMNS, _WIDE, _HIGH, _FOOT, _GAP = 3, 300, 90, 40, 8
_LONGEST = 30
_AROUND = (90, 14)
"""Pixels of the page shown left and right of an answer, above and below it."""


@dataclass(frozen=True)
class Failure:
    """An answer that was read wrongly. `where`: page and box in pixels of the rectified page; `read`: None when unread."""

    case: Case
    where: tuple[int, Box]
    written: str
    read: str | None
    confidence: float
    reviewed: bool


def free(licence: str) -> bool:
    """Whether all that a case is made of may be shown; a case of several works names each, parted by semicolons."""
    return {part.strip() for part in licence.split(";")} <= FREE


def failures(case: Case, results: Path, score: ModuleType) -> Iterator[Failure]:
    """What was read wrongly in one case, of its short answers with a sure truth."""
    truth = json.loads((case.folder / "truth.json").read_text(encoding="utf8"))
    result = json.loads((results / case.kind / f"{case.name}.json").read_text(encoding="utf8"))
    analysis = results / "artefacts" / case.kind / f"{case.name}.analysis.json"
    places = {tuple(a["path"]): a["answer_regions"] for a in json.loads(analysis.read_text("utf8"))["answers"]}
    found = {q["number"]: q for q in reversed(result["questions"])} | {tuple(q["path"]): q for q in result["questions"]}
    owners = {tuple(q["path"]): q for q in truth.get("questions") or []}
    pages = score.PageMap(truth, result)
    for path, number, written, kind in truth_units(truth):
        question: Mapping[str, Any] = found.get(path) or found.get(number) or {}
        read = question.get("student_answer")
        if kind in score.LONG or score.same_answer(written, read, kind):
            continue
        place = _united(places.get(tuple(question.get("path", ())), ()))
        whole = _owner(owners, path, pages)
        where = place if place and (read or not _within(place, whole)) else whole or place
        if where is not None:
            sure = question.get("answer_confidence") or 0.0
            yield Failure(case, where, written, read, sure, bool(question.get("needs_review", True)))


def _united(regions: Sequence[Mapping[str, Any]]) -> tuple[int, Box] | None:
    """The box around the regions of the first page that has any."""
    boxes = [region["box"] for region in regions if region["page"] == regions[0]["page"]]
    if not boxes:
        return None
    left, top, right, bottom = zip(*boxes, strict=True)
    return regions[0]["page"], (min(left), min(top), max(right), max(bottom))


def _within(place: tuple[int, Box], whole: tuple[int, Box] | None) -> bool:
    """Whether a place's middle lies in the question: not when the answer stands in a table elsewhere."""
    if whole is None or place[0] != whole[0]:
        return False
    (x0, y0, x1, y1), (left, top, right, bottom) = place[1], whole[1]
    return left <= (x0 + x1) / 2 <= right and top <= (y0 + y1) / 2 <= bottom


def _owner(owners: Mapping[tuple[str, ...], Any], path: tuple[str, ...], pages: Any) -> tuple[int, Box] | None:
    """Where the question is by its truth, in our pixels; a sub-question has its parent's place."""
    owner = owners.get(path) or owners.get(path[:-1]) or {}
    return _united([{"page": region["page"], "box": pages.box(region)} for region in owner.get("regions") or []])


def chosen(found: Sequence[Failure]) -> list[Failure]:
    """Those to show: first what no teacher would have seen, then the surest, and of every case one before its second."""
    turn: Counter[str] = Counter()
    turns = []
    for each in sorted(found, key=lambda one: (one.reviewed, -one.confidence)):
        turn[each.case.name] += 1
        turns.append((each.reviewed, turn[each.case.name], each))
    return [each for *_, each in sorted(turns, key=lambda one: one[:2])][:MOST]


def sheet(found: Sequence[Failure], readings: Path) -> Image.Image:
    """A contact sheet, three in a row."""
    rows = -(-len(found) // _COLUMNS)
    wide, high = _WIDE + _GAP, _HIGH + _FOOT + _GAP
    paper = Image.new("RGB", (_COLUMNS * wide + _GAP, rows * high + _GAP), "white")
    pen, font = ImageDraw.Draw(paper), ImageFont.truetype(sans_path(), 13)
    for number, each in enumerate(found):
        row, column = divmod(number, _COLUMNS)
        left, top = _GAP + column * wide, _GAP + row * high
        crop = ImageOps.contain(_crop(each, readings), (_WIDE, _HIGH))
        paper.paste(crop, (left, top))
        pen.rectangle((left, top, left + _WIDE - 1, top + _HIGH - 1), outline="#9aa5b1")
        colour = "#1f2933" if each.reviewed else "#c0392b"
        for line, text in enumerate(caption(each)):
            pen.text((left, top + _HIGH + 1 + 18 * line), text, colour, font)
    return paper


def _crop(one: Failure, readings: Path) -> Image.Image:
    page, (x0, y0, x1, y1) = one.where
    with Image.open(readings / one.case.kind / f"{one.case.name}-{page}.jpg") as picture:
        right, bottom = picture.size
        across, down = _AROUND
        left, top = max(0, round(x0) - across), max(0, round(y0) - down)
        return picture.convert("RGB").crop((left, top, min(right, round(x1) + across), min(bottom, round(y1) + down)))


def caption(one: Failure) -> tuple[str, str]:
    """What is written, and what was read."""
    read = "not read" if one.read is None else f"read: {_short(one.read) or '(blank)'}  ({one.confidence:.2f})"
    return f"is: {_short(one.written) or '(blank)'}", read


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def main(argv: Sequence[str] | None = None) -> int:
    args = asked(__doc__, argv)
    score, folder = load(args.score), args.page.with_suffix("")
    folder.mkdir(exist_ok=True)
    shown: dict[str, list[Failure]] = defaultdict(list)
    hidden: Counter[str] = Counter()
    for case in find_cases(args.cases, None):
        if not (args.results / case.kind / f"{case.name}.json").exists():
            continue
        wrong = list(failures(case, args.results, score))
        if free(json.loads((case.folder / "truth.json").read_text(encoding="utf8"))["licence"]):
            shown[case.kind] += wrong
        else:
            hidden[case.kind] += len(wrong)
    for kind in sorted({*shown, *hidden}):
        picked = chosen(shown[kind])
        print(f"{kind}: {len(picked)} shown of {len(shown[kind])} that may be, {hidden[kind]} that may not")
        target = folder / f"{kind}-failures.webp"
        target.unlink(missing_ok=True)
        if picked:
            sheet(picked, args.readings).save(target, quality=70, method=6)
    return 0


if __name__ == "__main__":
    sys.exit(main())
