"""Answers inside printed lines that reading could not cut: black handwriting in a printed bracket, on a rule, below a stem.

The last resort: only where a question has no place or handwriting of its own, and never with much confidence.
"""

import re
import unicodedata
from dataclasses import replace

from contracts.artefacts.paper import Question
from contracts.artefacts.reading import Page, Reading
from contracts.notation.pitch import written_from
from contracts.notation.ticks import truth_sign
from services.analyzer.core.evidence import Piece, in_order, is_seal, line_box
from services.analyzer.core.places import spots_of
from services.analyzer.core.text import choice_letters

_LETTERS = r"[A-Ha-h]{1,5}"
_SIGN = r"[√✓×✗xXTFVv对错]"
_CLOSED = re.compile(rf"[(（]\s*({_LETTERS}|{_SIGN})\s*[)）]")
_AT_END = re.compile(rf"[(（]\s*({_LETTERS}|{_SIGN})\s*[)）]?\s*[.。]?\s*$", re.MULTILINE)
_AT_FRONT = rf"^\s*[(（]?\s*({_LETTERS}|{_SIGN})\s*[)）]\s*"
_PART = re.compile(r"^\s*[(（]\s*(\d{1,2})\s*[)）]")
_FRAGMENTS, _MOSTLY = 3, 0.3
"""Pieces of handwriting, and their share of the text from the first on, from which all of that text was handwritten."""
_TAIL = re.compile(
    r"(?:^|[为是作于得有到成约=:：])\s*((?:[^一-鿿=:：，。；（）]|[和或])*[^\W_一-鿿](?:[^一-鿿=:：，。；（）]|[和或])*)$"
)
"""What follows the last word of a printed line that asks for a value."""
_TAG = re.compile(r"[(（]\s*\d{1,2}\s*[)）]|[①-⑳]|\d{1,2}\s*[.、]|[A-H]\s*[.、]")
_TOUCHING, _TAIL_SURE = 0.9, 0.5
"""Line heights between such a line's end and the rule; share of its confidence that such a guess keeps."""
_WIDE = 0.45
"""Line heights from one character to the next above which digits are written."""
_STOPPED = re.compile(r"[。.！!？?；;：:）)]\s*$")
_TELLING = 4
"""Characters of a line that do not stand in a task by chance."""
_FOOTER = re.compile(r"第\s*\d+\s*页|共\s*\d+\s*页")
_NEXT_STEM = re.compile(r"^\s*\d{1,2}\s*[.．、]\s*[(（一-鿿A-Z]")
_WORKING = re.compile(r"^\s*(?:解|答|证明|证)\s*[:：]")


def print_of(question: Question, reading: Reading) -> list[Piece]:
    """The printed lines whose centre lies in the question's regions, in reading order."""
    found = []
    for page in reading.pages:
        boxes = [r.box for r in question.regions if r.page == page.page]
        for line in page.lines:
            box = line_box(line)
            x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            inside = any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for b in boxes)
            if inside and line.script == "printed" and line.ink != "red" and not is_seal(line.text, page):
                mended = bool(line.guessed)
                found.append(Piece("line", page.page, box, line.text, line.confidence, xs=line.xs, mended=mended))
    return in_order(found, question.regions)


def choice_in_print(question: Question, reading: Reading, admissible: frozenset[str]) -> tuple[str, Piece | None]:
    """Letters of a choice in its stem's bracket or in front of its number; "" when there is none or several."""
    lines = print_of(question, reading)
    number = re.escape(unicodedata.normalize("NFKC", question.path[-1]))
    for piece in lines[:2]:
        front = re.match(_AT_FRONT + number + r"\s*[.．、,]?", unicodedata.normalize("NFKC", piece.text))
        if front and choice_letters(front[1], admissible):
            return choice_letters(front[1], admissible), piece
    stem = _stem(question, [p.text for p in lines])
    if choice_letters(stem, admissible):  # a cell of an answer table: nothing but the letter
        return choice_letters(stem, admissible), None
    found = {choice_letters(m, admissible) for m in (*_CLOSED.findall(stem), *_AT_END.findall(stem))} - {""}
    return (found.pop(), None) if len(found) == 1 else ("", None)


def judgement_in_print(question: Question, reading: Reading) -> str | None:
    """√ or × in the stem's bracket; None when there is none or several."""
    stem = _stem(question, [p.text for p in print_of(question, reading)])
    alone = truth_sign(stem)
    if alone:
        return alone
    found = {s for m in (*_CLOSED.findall(stem), *_AT_END.findall(stem)) if (s := truth_sign(m))}
    return found.pop() if len(found) == 1 else None


def beside_print(spots: list[Piece], reading: Reading) -> list[Piece]:
    """The spots, an empty rule with the answer that was taken for the end of the print before it: 平均值为0.98____.

    A thick pen hides the rule below it, so the rule seems to begin only where the writing ends.
    """
    pages = {p.page: p for p in reading.pages}
    return [_with_tail(s, pages[s.page]) if s.source == "rule" and s.blank else s for s in spots]


def _with_tail(spot: Piece, page: Page) -> Piece:
    height = spot.box[3] - spot.box[1]
    for line in page.lines:
        box = line_box(line)
        level = spot.box[1] < (box[1] + box[3]) / 2 < spot.box[3]
        before = abs(box[2] - spot.box[0]) < _TOUCHING * height
        if line.script != "printed" or line.ink == "red" or not level or not before:
            continue
        tail = _TAIL.search(line.text) if len(line.xs) == len(line.text) else None
        if (
            tail
            and not _TAG.fullmatch(tail[1].strip())
            and _is_wide(line.xs[tail.start(1) : tail.end(1)], tail, height)
        ):
            start = line.xs[tail.start(1)]
            whole = (min(start, spot.box[0]), *spot.box[1:])
            return replace(spot, box=whole, text=tail[1].strip(), confidence=_TAIL_SURE * line.confidence)
    return spot


def _is_wide(xs: tuple[float, ...], tail: re.Match[str], height: float) -> bool:
    """Whether a tail is set wider than print, whose digits take half a square; one character must be the whole line."""
    if len(xs) < 2:
        return tail.start(1) == 0
    return (xs[-1] - xs[0]) / (len(xs) - 1) > _WIDE * height


def _stem(question: Question, lines: list[str]) -> str:
    """The question's text, or its printed lines up to the first option."""
    if question.text:
        return question.text
    kept = []
    for text in lines:
        if re.match(r"^\s*[(（]?A\s*[.．、)）]", text):
            break
        kept.append(text)
    return "\n".join(kept)


def working(question: Question, reading: Reading, own: list[Piece]) -> list[Piece]:
    """A worked solution: the handwriting `own` and what of it was taken for print, in reading order.

    It starts with 解： or 答：, else where the stem's "(1)", "(2)" start over or characters stand further apart than the
    stem's, and runs to the question's end; without such a start it is the handwriting alone, or the last lines on rules.
    """
    printed = print_of(question, reading)
    lines = in_order([*own, *printed], question.regions)
    if question.type == "essay":
        return _composition(question.text, [p for p in lines[1:] if not _FOOTER.search(p.text)], own)
    lines = [p for p in lines if not _FOOTER.search(p.text)]
    start = next((i for i, p in enumerate(lines) if (i or p in own) and _WORKING.match(p.text)), None)
    coloured = bool(own) and all(p.blue for p in own)  # by another pen than the print, which is black
    if start is None and not coloured:
        able = [i for i in (_restart(lines), written_from(lines)) if i is not None]
        start = min(able) if able and not any(p in own for p in lines[: min(able)]) else None
    if start is None and len(own) >= _FRAGMENTS:
        first = next(i for i, p in enumerate(lines) if p in own)
        written = sum(len(p.text) for p in own)
        start = first if written >= _MOSTLY * sum(len(p.text) for p in lines[first:]) else None
    if start is not None:
        stems = (i for i, p in enumerate(lines) if i > start and p not in own and _NEXT_STEM.match(p.text))
        return lines[start : next(stems, None)]
    return own or _on_rules(question, reading, printed)


def _composition(task: str, lines: list[Piece], own: list[Piece]) -> list[Piece]:
    """All below the heading but the printed task; all of it where the task can't be told from what the pupil wrote.

    A line without a stop right above the writing may be its title, taken for print.
    """
    asked = _dense(task)
    told = [p not in own and _dense(p.text) in asked for p in lines]
    start = told.index(False) if False in told else 0
    if any(is_told and len(_dense(p.text)) >= _TELLING for p, is_told in zip(lines[start:], told[start:], strict=True)):
        return lines
    if start and not _STOPPED.search(lines[start - 1].text):
        start -= 1
    return lines[start:]


def _dense(text: str) -> str:
    return "".join(text.split())


def _restart(lines: list[Piece]) -> int | None:
    """Where the numbers of sub-questions start over: the stem lists them all before the first is answered."""
    known = 0
    for i, piece in enumerate(lines):
        tag = _PART.match(piece.text)
        if tag and int(tag[1]) <= known:
            return i
        known = int(tag[1]) if tag else known
    return None


def _on_rules(question: Question, reading: Reading, lines: list[Piece]) -> list[Piece]:
    rules = [s for s in spots_of(question, reading) if s.source == "rule" and not s.blank]
    start = len(lines)
    while start > 1 and any(_runs_through(lines[start - 1], s) for s in rules):
        start -= 1
    return lines[start:]


def _runs_through(line: Piece, spot: Piece) -> bool:
    middle = (line.box[1] + line.box[3]) / 2
    apart = line.box[2] < spot.box[0] or spot.box[2] < line.box[0]
    return line.page == spot.page and spot.box[1] <= middle <= spot.box[3] and not apart
