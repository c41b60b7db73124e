"""Answers inside printed lines that reading could not cut: black handwriting in a printed bracket, on a rule, below a stem.

The last resort: only where a question has no place or handwriting of its own, and never with much confidence.
"""

import re
import unicodedata

from contracts.artefacts.paper import Question
from contracts.artefacts.reading import Reading
from services.analyzer.core.evidence import Piece, in_order, is_seal, line_box, spots_of
from services.analyzer.core.text import choice_letters, truth_sign

_LETTERS = r"[A-Ha-h]{1,5}"
_SIGN = r"[√✓×✗xXTFVv对错]"
_CLOSED = re.compile(rf"[(（]\s*({_LETTERS}|{_SIGN})\s*[)）]")
_AT_END = re.compile(rf"[(（]\s*({_LETTERS}|{_SIGN})\s*[)）]?\s*[.。]?\s*$", re.MULTILINE)
_AT_FRONT = rf"^\s*[(（]?\s*({_LETTERS}|{_SIGN})\s*[)）]\s*"
_FIRST_PART = re.compile(r"^\s*[(（]\s*1\s*[)）]")
_FRAGMENTS, _MOSTLY = 3, 0.3
"""Pieces of handwriting, and their share of the text from the first on, from which all of that text was handwritten."""
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
            if inside and line.script == "printed" and line.ink != "red" and not is_seal(line.text):
                found.append(Piece("line", page.page, box, line.text, line.confidence))
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

    It starts with 解： or 答：, else where "(1)" opens a line again, and runs to the question's end; without such a start
    it is the handwriting alone, or the last lines that stand on ruled lines.
    """
    printed = print_of(question, reading)
    lines = in_order([*own, *printed], question.regions)
    if question.type == "essay":  # nothing but the heading is print
        return [p for p in lines[1:] if not _FOOTER.search(p.text)]
    start = next((i for i, p in enumerate(lines) if (i or p in own) and _WORKING.match(p.text)), None)
    if start is None and not own:
        firsts = [i for i, p in enumerate(lines) if _FIRST_PART.match(p.text)]
        start = firsts[1] if len(firsts) > 1 else None
    if start is None and len(own) >= _FRAGMENTS:
        first = next(i for i, p in enumerate(lines) if p in own)
        written = sum(len(p.text) for p in own)
        start = first if written >= _MOSTLY * sum(len(p.text) for p in lines[first:]) else None
    if start is not None:
        stems = (i for i, p in enumerate(lines) if i > start and p not in own and _NEXT_STEM.match(p.text))
        return [p for p in lines[start : next(stems, None)] if not _FOOTER.search(p.text)]
    return own or _on_rules(question, reading, printed)


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
