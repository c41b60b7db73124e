"""Worked solutions, short answers and essays: the writing in order, its conclusion, its sub-answers."""

import re
from collections.abc import Sequence
from dataclasses import replace

from contracts.artefacts.paper import Question
from contracts.artefacts.reading import Reading
from services.analyzer.core.evidence import UNREAD, Found, Piece, in_order, lines_of, overlap, same_row
from services.analyzer.core.places import spots_of
from services.analyzer.core.text import powers, script_of, short_answer, variables
from services.analyzer.core.uncut import working

_TAG = re.compile(r"^\s*(?:[解答]\s*|[一-鿿]\s*[:：]\s*)?[(（]?\s*(\d{1,2})\s*[)）]\s*")
_CONCLUDING = re.compile(
    r"^[\s①-⑳]*(?:所以|所[A-Za-z1|!<≤]{1,4}?(?=\s*(?:[A-Za-z]\s*=|[A-Z]?[一-鿿]|[\d(（:：]))|因此|∴|:\.|\.:|故|综上|答\s*[:：]|答案\s*[:：]?)\s*[,，:：]?\s*"
)
"""Words that open a conclusion, with what hurried writing of them is read as: 所rl for 所以, :. for ∴."""
_CHINESE = re.compile("[一-鿿　-〿！-～]")
"""A Chinese character, or a sign as wide as one."""
_OPENING = re.compile(r"^\s*(?:解\s*[:：]|解\s+|答\s*[:：]|答案\s*[:：])\s*")
_MAX_CONCLUSION_LINES = 6


def read_written(question: Question, reading: Reading) -> Found:
    """All the handwriting of a question, rows parted by newlines."""
    written = working(question, reading, _once(lines_of(question, reading)))
    if written:
        return _written(written, has_place=False)
    return _written(_writing([question], reading), has_place=bool(question.spots))


def _writing(questions: list[Question], reading: Reading) -> list[Piece]:
    lines = _once([p for q in questions for p in lines_of(q, reading)])
    inked = [s for q in questions for s in spots_of(q, reading) if s.text]
    spots = [s for s in inked if not any(_same_place(s, p) for p in lines)]
    owners = sum(bool(q.lines or q.spots) for q in questions)
    return lines if not spots and owners <= 1 else in_order([*lines, *spots], [r for q in questions for r in q.regions])


def _once(lines: list[Piece]) -> list[Piece]:
    """Lines without those that repeat another's text in the same place."""
    kept: list[Piece] = []
    for line in lines:
        if not any(k.page == line.page and k.text == line.text and overlap(k.box, line.box) > 0.5 for k in kept):
            kept.append(line)
    return kept


def _same_place(spot: Piece, line: Piece) -> bool:
    return (
        spot.page == line.page
        and min(spot.box[2], line.box[2]) > max(spot.box[0], line.box[0])
        and same_row(spot, line)
    )


def _written(pieces: list[Piece], *, has_place: bool) -> Found:
    if not pieces:
        return Found("", "written_blank", 0.6) if has_place else UNREAD
    text = "\n".join(powers(variables(r)) for r in rows(pieces))
    mass = sum(len(p.text) for p in pieces)
    raw = sum(p.confidence * len(p.text) for p in pieces) / max(1, mass)
    kind = "written_mended" if any(p.mended for p in pieces) else "written"
    return Found(text, kind, raw, tuple(pieces))


def rows(pieces: list[Piece]) -> list[str]:
    """Texts of rows: neighbours on one row are one line of writing."""
    grouped: list[list[Piece]] = []
    for piece in pieces:
        if grouped and same_row(grouped[-1][-1], piece) and piece.box[0] >= grouped[-1][-1].box[0]:
            grouped[-1].append(piece)
        else:
            grouped.append([piece])
    return [_row_text(row) for row in grouped]


def _row_text(row: Sequence[Piece]) -> str:
    """The text of a row, which brackets and marks cut into pieces; Chinese has no spaces where it was cut."""
    text = ""
    for part in (piece.text.strip() for piece in row):
        chinese = _CHINESE.fullmatch(text[-1:]) and _CHINESE.fullmatch(part[:1])
        text += part if chinese or not text else f" {part}"
    return text


def conclusion(text: str) -> str:
    """The final answer of a worked solution: after the last 答, 所以 or ∴; else its last line.

    A line that starts with none of these after such a line continues it: the writer ran out of width.
    """
    lines = [x for x in text.split("\n") if x.strip()]
    if not lines:
        return ""
    for i in range(len(lines) - 1, -1, -1):
        if _CONCLUDING.match(lines[i]) and len(lines) - i <= _MAX_CONCLUSION_LINES:
            joined = "".join(x.strip() for x in lines[i:])
            return _result(_CONCLUDING.sub("", joined))
    inline = re.split(r"所以|因此|∴|答[:：]", lines[-1])
    return _result(_OPENING.sub("", inline[-1]))


def _result(text: str) -> str:
    """A stated result; one that opens with a relation opened with ∴, which is read as one."""
    return short_answer(re.sub(r"^(?:[≤≥<>∵∴:.;\s]+|所(?=[一-鿿])(?![有得求谓属]))(?=\S)", "", text))


def plain(text: str) -> str:
    """A short answer in words: its rows joined, without the opening 答：."""
    joined = "".join(x.strip() for x in text.split("\n")) if re.search(r"[一-鿿]", text) else " ".join(text.split())
    return _result(_OPENING.sub("", joined))


def sub_answers(parent: Question, children: list[Question], reading: Reading) -> dict[str, Found]:
    """Answers of sub-questions by their "(k)", cut from the writing of parent and children where a "(k)" opens a line.

    Of several passages under one "(k)" the last counts: it follows the work and states the result.
    """
    if not children:
        return {}
    family = [parent, *children]
    beside = sum(bool(lines_of(c, reading) or c.spots) for c in children)
    alone: list[Piece] = []
    if beside <= 1:  # else the parts have writing of their own, below their stems
        own = _once([p for q in family for p in lines_of(q, reading)])
        extent = parent.model_copy(update={"regions": tuple(r for q in family for r in q.regions)})
        alone = working(extent, reading, own)
    pieces = alone or _writing(family, reading)
    grouped: list[list[Piece]] = []
    for piece in _split(pieces, len(children)):
        if grouped and same_row(grouped[-1][-1], piece) and not _TAG.match(piece.text):
            grouped[-1].append(piece)
        else:
            grouped.append([piece])
    tags = [c.path[-1] for c in children]
    opened = [
        "".join(p.text for p in row) for row in grouped
    ]  # brackets in the writing cut its rows: (2 | )( | 5b+2)kg
    named = [(m := _TAG.match(row)) and f"({m[1]})" for row in opened]
    if not any(t in tags for t in named):
        whole = [[row] for row in grouped] if len(grouped) == len(tags) else []
        return {t: replace(_passage(rows_of), doubt=True) for t, rows_of in zip(tags, whole, strict=False)}
    passages: dict[str, list[list[Piece]]] = {}
    current = tags[0]  # what stands before the first "(k)" answers the first question: its own was read otherwise, as ①
    for tag, row in zip(named, grouped, strict=True):
        if tag in tags:
            current = tag
            passages[current] = []
        passages.setdefault(current, []).append(row)
    return {k: _passage(v) for k, v in passages.items()}


def _split(pieces: list[Piece], count: int) -> list[Piece]:
    """The pieces, cut where the next "(k)" of `count` parts stands inside a row: (1)3kg (2)5kg."""
    out: list[Piece] = []
    last = 1
    for piece in pieces:
        rest = piece
        opening = _TAG.match(rest.text)
        last = max(last, int(opening[1])) if opening and int(opening[1]) <= count else last
        while last < count and (m := re.search(rf"(?<=\S)\s*[(（]\s*{last + 1}\s*[)）](?!\s*[式题问])", rest.text)):
            out.append(_cut(rest, 0, m.start()))
            rest = _cut(rest, m.start(), len(rest.text))
            last += 1
        out.append(rest)
    return out


def _cut(piece: Piece, start: int, end: int) -> Piece:
    """The characters from `start` to `end`, with a box of their share of the row."""
    x0, y0, x1, y1 = piece.box
    width = (x1 - x0) / max(1, len(piece.text))
    box = (x0 + start * width, y0, x0 + end * width, y1)
    return replace(piece, text=piece.text[start:end], box=box, xs=piece.xs[start:end])


def _passage(grouped: list[list[Piece]]) -> Found:
    pieces = [p for row in grouped for p in row]
    lines = [_row_text(row) for row in grouped]
    text = re.sub(r"^\s*①", "", _OPENING.sub("", "\n".join(lines)))
    while _TAG.match(text):
        text = _TAG.sub("", text, count=1)
    concluding = [i for i, x in enumerate(text.split("\n")) if _CONCLUDING.match(x)]
    answer = conclusion(text) if concluding else plain(text)
    kind = "sub_mended" if any(p.mended for p in pieces) else "sub"
    return Found(answer, f"{kind}:{script_of(answer)}", min(p.confidence for p in pieces), tuple(pieces))
