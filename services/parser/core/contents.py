"""What belongs to each question of a paper: text, options, answer places, bubbles, marks and points."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from contracts.artefacts import KeyItem, Question, QuestionType, Reading, Section
from contracts.artefacts.paper import LineRef, SpotRef
from contracts.base import Box
from services.parser.core.essays import task_rows
from services.parser.core.flow import Flow, Row
from services.parser.core.key import Key
from services.parser.core.kinds import Look, blanks_in, kind_of
from services.parser.core.options import split_options
from services.parser.core.outline import Outlined
from services.parser.core.parts import parts_of

_POINTS = re.compile(
    r"[(（【\[]\s*(?:本[小大]?题)?(?:满分|共)?\s*(\d{1,3}(?:\.\d)?)\s*(?:分|marks?|points?|pts?)\s*[)）】\]]",
    re.IGNORECASE,
)
_STRAY = 12
"""Characters of a word that says nothing of a composition: However."""


def questions_of(found: Sequence[Outlined], flow: Flow, reading: Reading, key: Key) -> Iterator[Question]:
    """The outlined questions with their contents, each followed by its sub-questions."""
    owned = _owners(found, reading)
    tabled = {(ref.page, ref.index) for f in found for ref in f.lines}
    found = [replace(f, rows=tuple(at for at in f.rows if _ref(flow.rows[at]) not in tabled)) for f in found]
    found = _without_others_writing(found, owned, flow, reading)
    on_letters = _on_letters(found, reading)
    for i, one in enumerate(found):
        item = key.match(one.number, one.section.number if one.section else None)
        question = _question(one, item, flow, reading, owned[i])
        if item is None and len(found) > 1 and _asks_nothing(one, question, flow):
            continue
        question = question.model_copy(update={"marks": _marks(one, found, on_letters, reading)})
        yield from parts_of(question, item, [flow.rows[at] for at in one.rows], flow.pitch)


def _asks_nothing(found: Outlined, question: Question, flow: Flow) -> bool:
    """A composition's heading by itself, struck out or of another sheet: no points, no place, and at most a stray word."""
    rest = [flow.rows[at].text for at in found.rows[1:]]
    empty = len(rest) <= 1 and all(len(text) <= _STRAY and len(text.split()) <= 1 for text in rest)
    return found.essay and empty and question.max_score is None and not question.spots


def _question(
    found: Outlined, item: KeyItem | None, flow: Flow, reading: Reading, owned: tuple[tuple[int, int], ...]
) -> Question:
    rows = [flow.rows[at] for at in found.rows]
    stem, options = split_options(_printed(found.rows, found, flow))
    spots = [SpotRef(page=p, index=i) for p, i in owned]
    rules = sum(reading.pages[s.page - 1].spots[s.index].kind == "rule" for s in spots)
    number = int(found.number) if found.number.isdecimal() else 0
    kind: QuestionType = "essay" if found.essay else kind_of(item, found.section, Look(number, stem, options, rules))
    if found.bubbles and kind not in ("single_choice", "multiple_choice", "true_false"):
        kind = "single_choice"
    if kind == "essay":
        stem = split_options(_printed(found.rows[: task_rows(rows)], found, flow))[0]
    return Question(
        number=item.number if item else found.number,
        path=_path(found, item),
        type=kind,
        text=stem,
        options=options if kind in ("single_choice", "multiple_choice") else {},
        max_score=_score(item, stem, found.section),
        regions=found.regions,
        lines=(*found.lines, *(LineRef(page=r.page, index=r.index) for r in rows if not r.printed)),
        spots=tuple(dict.fromkeys([*found.spots, *spots])),
        bubbles=found.bubbles,
        blanks=blanks_in(stem, rules) if kind == "fill_blank" else 0,
    )


def _ref(row: Row) -> tuple[int, int]:
    return row.page, row.index


def _printed(places: Sequence[int], found: Outlined, flow: Flow) -> list[str]:
    return [_own_text(at, flow.rows[at], found.skip) for at in places if flow.rows[at].printed]


def _own_text(at: int, row: Row, skip: tuple[int, int]) -> str:
    return row.text[skip[1] :] if at == skip[0] else row.text


def _path(found: Outlined, item: KeyItem | None) -> tuple[str, ...]:
    if item is not None and item.path:
        return item.path
    return (found.section.number, found.number) if found.section else (found.number,)


def _score(item: KeyItem | None, stem: str, section: Section | None) -> float | None:
    if item is not None and item.max_score is not None:
        return item.max_score
    match = _POINTS.search(stem[:40])
    if match:
        return float(match[1])
    return section.item_score if section else None


def _marks(
    own: Outlined, every: Sequence[Outlined], on_letters: Mapping[tuple[int, int], Outlined], reading: Reading
) -> tuple[tuple[int, int], ...]:
    """(page, index) of a question's marks: their middle lies on its letter in a table, or in the question and on no such letter.

    One that hangs down from a question into no other is its own too.
    """

    def is_own(page: int, index: int, box: Box) -> bool:
        if (page, index) in on_letters:
            return on_letters[page, index] is own
        hangs = _on(own, page, _top_of(box)) and not any(_on(o, page, box) for o in every)
        return _on(own, page, box) or hangs

    return tuple(
        (page.page, i) for page in reading.pages for i, mark in enumerate(page.marks) if is_own(page.page, i, mark.box)
    )


def _on_letters(found: Sequence[Outlined], reading: Reading) -> dict[tuple[int, int], Outlined]:
    """(page, index) of the marks whose middle lies on what is written in a cell of a table, each with that cell's question."""
    owners: dict[tuple[int, int], Outlined] = {}
    for one in found:
        for ref in one.spots:
            page = reading.pages[ref.page - 1]
            spot = page.spots[ref.index]
            if spot.kind == "cell" and spot.ink > 0:
                owners |= {(ref.page, i): one for i, mark in enumerate(page.marks) if _has_middle(spot.box, mark.box)}
    return owners


def _has_middle(outer: Box, inner: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x < outer[2] and outer[1] <= y < outer[3]


def _on(found: Outlined, page: int, box: Box) -> bool:
    return any(r.page == page and _holds(r.box, box) for r in found.regions)


def _top_of(box: Box) -> Box:
    return box[0], box[1], box[2], box[1]


def _owners(found: Sequence[Outlined], reading: Reading) -> list[tuple[tuple[int, int], ...]]:
    """(page, index) of the spots inside each question; a spot belongs to one question only, the smallest around it."""
    owned: list[list[tuple[int, int]]] = [[] for _ in found]
    taken = {(s.page, s.index) for f in found for s in f.spots}
    for page in reading.pages:
        for i, spot in enumerate(page.spots):
            if (page.page, i) in taken or spot.kind == "cell":
                continue
            able = [
                (_area(r.box), n)
                for n, f in enumerate(found)
                for r in f.regions
                if r.page == page.page and _holds(r.box, spot.box)
            ]
            if able:
                owned[min(able)[1]].append((page.page, i))
    return [tuple(sorted(o, key=lambda ref: _place(reading, ref))) for o in owned]


def _without_others_writing(
    found: Sequence[Outlined], owned: Sequence[tuple[tuple[int, int], ...]], flow: Flow, reading: Reading
) -> list[Outlined]:
    """The questions without handwriting that stands in a place of another: a letter before its number begins a row earlier."""
    boxes = [[(page, reading.pages[page - 1].spots[index].box) for page, index in places] for places in owned]

    def others(row: Row, i: int) -> bool:
        at = [n for n, places in enumerate(boxes) for page, box in places if page == row.page and _holds(box, row.box)]
        return not row.printed and bool(at) and i not in at

    return [
        replace(one, rows=tuple(at for at in one.rows if not others(flow.rows[at], i))) for i, one in enumerate(found)
    ]


def _place(reading: Reading, ref: tuple[int, int]) -> tuple[int, float, float]:
    """Reading order of a spot: rows of a line's height, then left to right."""
    box = reading.pages[ref[0] - 1].spots[ref[1]].box
    height = max(12.0, box[3] - box[1])
    return ref[0], round((box[1] + box[3]) / 2 / height), box[0]


def _holds(outer: Box, inner: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] - 12 <= x <= outer[2] + 12 and outer[1] <= y <= outer[3]


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
