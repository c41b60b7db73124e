"""From a reading to a paper."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from contracts.artefacts import Header, KeyItem, Paper, Question, QuestionType, Reading, Region, Section, Submission
from contracts.artefacts.paper import BubbleRef, LineRef, SpotRef
from contracts.base import Box
from contracts.errors import ErrorCode, Permanent
from services.parser.core.cards import Slot, bubble_slots, is_card, table_slots
from services.parser.core.flow import Flow, Row, around, flow_of
from services.parser.core.header import header_of
from services.parser.core.key import Key
from services.parser.core.kinds import Look, blanks_in, kind_of
from services.parser.core.layout import spans_of
from services.parser.core.numbers import Start, starts_of
from services.parser.core.options import split_options
from services.parser.core.parts import parts_of
from services.parser.core.sections import Heading, headings_of
from services.parser.core.strips import Place, strips_of

_POINTS = re.compile(
    r"[(（【\[]\s*(?:本[小大]?题)?(?:满分|共)?\s*(\d{1,3}(?:\.\d)?)\s*(?:分|marks?|points?|pts?)\s*[)）】\]]",
    re.IGNORECASE,
)
PaperKind = Literal["paper", "answer_card", "essay", "other"]
_ESSAY = re.compile(r"作文|写作|书面表达|习作|writing|composition|essay", re.IGNORECASE)


@dataclass(frozen=True)
class _Found:
    """A question before its contents are assigned."""

    number: str
    section: Section | None
    regions: tuple[Region, ...]
    rows: tuple[int, ...] = ()
    skip: tuple[int, int] = (-1, 0)
    bubbles: tuple[BubbleRef, ...] = ()
    spots: tuple[SpotRef, ...] = ()
    lines: tuple[LineRef, ...] = ()
    essay: bool = False


def parse(submission: Submission, reading: Reading) -> Paper:
    """Find header, sections and questions. Raises Permanent(NO_QUESTION_FOUND) when there is neither text nor key."""
    flow = flow_of(reading)
    key = Key.of(submission.answer_key)
    headings = headings_of(flow)
    starts = starts_of(flow, headings, key.counts)
    slots = _slots(reading)
    found = _with_strips(_from_text(flow, reading, starts, headings), strips_of(flow, reading, key.counts), headings)
    found = _merge_slots(found, slots, flow, headings)
    if not found:
        found = _whole(flow, reading)
    if not found and not key.items:
        raise Permanent(ErrorCode.NO_QUESTION_FOUND, "no line, bubble or table that could be a question")
    questions = list(_questions(found, flow, reading, key))
    questions += key.unmatched(questions)
    end = min([s.at for s in starts] + [h.at for h in headings], default=len(flow.rows))
    return Paper(
        header=header_of(flow, end, submission) if flow.rows else Header(title=submission.title),
        sections=tuple(h.section for h in headings),
        questions=tuple(_unique(questions)),
        kind=_paper_kind(questions, flow),
        total_score=_total(questions),
    )


def _slots(reading: Reading) -> list[Slot]:
    bubbles = bubble_slots(reading)
    return [*(bubbles if is_card(reading, bubbles) else []), *table_slots(reading)]


def _from_text(flow: Flow, reading: Reading, starts: Sequence[Start], headings: Sequence[Heading]) -> list[_Found]:
    out: list[_Found] = []
    for span in spans_of(flow, reading, starts, headings):
        section = _section_at(span.start.at, headings)
        out.append(_Found(str(span.start.number), section, span.regions, span.rows, (span.start.at, span.start.rest)))
    return _with_essays(out, flow, reading, headings)


def _section_at(at: int, headings: Sequence[Heading]) -> Section | None:
    before = [h.section for h in headings if h.at <= at]
    return before[-1] if before else None


def _with_essays(found: list[_Found], flow: Flow, reading: Reading, headings: Sequence[Heading]) -> list[_Found]:
    """A heading without questions that asks for a composition is itself the question."""
    out = list(found)
    for i, heading in enumerate(headings):
        end = headings[i + 1].at if i + 1 < len(headings) else len(flow.rows)
        inside = [f for f in found if f.rows and heading.at <= f.rows[0] < end]
        if inside or not _ESSAY.search(heading.row.text):
            continue
        fake = Start(heading.at, heading.row, 0, 0, heading.row.box[0], 0.0, 0)
        stops = [h for h in headings if h.at != heading.at]
        span = next(s for s in spans_of(flow, reading, [fake], stops) if s.start is fake)
        section = heading.section
        regions = _to_margin(span.regions, flow, reading) if end == len(flow.rows) else span.regions
        out.append(_Found(section.number, None, regions, span.rows, (heading.at, 0), essay=True))
    return sorted(out, key=lambda f: f.rows[0] if f.rows else 0)


def _to_margin(regions: tuple[Region, ...], flow: Flow, reading: Reading) -> tuple[Region, ...]:
    """A composition that nothing follows: its pale squares run down to a margin as high as the one above the text."""
    if not regions:
        return regions
    *before, last = regions
    tops = [r.box[1] for r in flow.rows if r.page == last.page]
    bottom = reading.pages[last.page - 1].height - min(tops)
    x0, y0, x1, y1 = last.box
    return (*before, Region(page=last.page, box=(x0, y0, x1, max(y1, bottom))))


def _merge_slots(found: list[_Found], slots: Sequence[Slot], flow: Flow, headings: Sequence[Heading]) -> list[_Found]:
    """Give each slot to the printed question of its number, or make it a question of its own."""
    out = _without_scraps(found, slots, flow)
    extra: list[_Found] = []
    taken: Counter[tuple[str | None, str]] = Counter()
    for slot in slots:
        section = _section_above(slot, headings)
        number = str(slot.number)
        fits = [i for i, f in enumerate(out) if f.number == number and not _is_card_text(f, slot, flow)]
        same = [i for i in fits if section is None or out[i].section == section] or fits
        if same and not taken[None, str(same[0])]:
            i = same[0]
            own = out[i]
            out[i] = replace(own, bubbles=own.bubbles + slot.bubbles, spots=own.spots + slot.spots, lines=slot.lines)
            taken[None, str(i)] += 1
        elif not slot.inferred and not taken[section.number if section else None, number]:
            taken[section.number if section else None, number] += 1
            extra.append(
                _Found(number, section, (slot.region,), bubbles=slot.bubbles, spots=slot.spots, lines=slot.lines)
            )
    covered = {(f.number, f.regions[0].page) for f in extra if f.regions}
    kept = [f for f in out if not ((f.number, f.regions[0].page if f.regions else 0) in covered and _thin(f, flow))]
    return extra + kept


def _with_strips(found: list[_Found], places: Sequence[Place], headings: Sequence[Heading]) -> list[_Found]:
    """Blanks in a strip take the place of what the text around them seemed to be; a question elsewhere gets its blank."""
    if not places:
        return found
    inside = {at for place in places for at in place.rows}
    begin = min(inside, default=0)
    out = [f for f in found if not (f.rows and f.rows[0] in inside)]
    elsewhere = {f.number: i for i, f in enumerate(out)}
    begun = {f.number: f.skip for f in found}
    for place in places:
        number = str(place.number)
        if number in elsewhere:
            i = elsewhere[number]
            out[i] = replace(out[i], spots=out[i].spots + place.spots)
            continue
        region = Region(page=place.page, box=place.box)
        section = _section_at(begin, headings)
        out.append(_Found(number, section, (region,), place.rows, begun.get(number, (-1, 0)), spots=place.spots))
    numbers = {str(p.number) for p in places} - elsewhere.keys()
    return sorted(out, key=lambda f: begin if f.number in numbers else f.rows[0] if f.rows else 0)


def _without_scraps(found: list[_Found], slots: Sequence[Slot], flow: Flow) -> list[_Found]:
    """On an answer card the text around the bubbles is no question: keep it only where most slots have a printed one."""
    numbers = {(str(s.number), s.page) for s in slots if s.bubbles}
    rivals = [f for f in found if any((f.number, r.page) in numbers for r in f.regions)]
    if not numbers or sum(not _thin(f, flow) for f in rivals) >= 0.5 * len(numbers):
        return list(found)
    return [f for f in found if f not in rivals]


def _is_card_text(found: _Found, slot: Slot, flow: Flow) -> bool:
    """Whether a "question" is just the number printed beside the slot's bubbles or in its table."""
    return bool(found.rows) and _thin(found, flow) and any(r.page == slot.page for r in found.regions)


def _thin(found: _Found, flow: Flow) -> bool:
    text = "".join(flow.rows[at].text for at in found.rows)
    return len(re.sub(r"[\WA-H\d]", "", text)) < 4 and not found.essay


def _section_above(slot: Slot, headings: Sequence[Heading]) -> Section | None:
    above = [h for h in headings if (h.row.page, h.row.box[1]) < (slot.page, slot.y)]
    return above[-1].section if above else None


def _whole(flow: Flow, reading: Reading) -> list[_Found]:
    """A page without numbers is one question."""
    if not flow.rows:
        return []
    rows = tuple(i for i, r in enumerate(flow.rows) if not r.footer)
    regions = []
    for page in reading.pages:
        boxes = [flow.rows[i].box for i in rows if flow.rows[i].page == page.page]
        if boxes:
            regions.append(Region(page=page.page, box=around(boxes)))
    return [_Found("1", None, tuple(regions), rows)]


def _questions(found: Sequence[_Found], flow: Flow, reading: Reading, key: Key) -> Iterator[Question]:
    owned = _owners(found, reading)
    tabled = {(ref.page, ref.index) for f in found for ref in f.lines}
    found = [replace(f, rows=tuple(at for at in f.rows if _ref(flow.rows[at]) not in tabled)) for f in found]
    for i, one in enumerate(found):
        item = key.match(one.number, one.section.number if one.section else None)
        question = _question(one, item, flow, reading, owned[i])
        yield from parts_of(question, item, [flow.rows[at] for at in one.rows], flow.pitch)


def _question(
    found: _Found, item: KeyItem | None, flow: Flow, reading: Reading, owned: tuple[tuple[int, int], ...]
) -> Question:
    rows = [flow.rows[at] for at in found.rows]
    printed = [_own_text(at, flow.rows[at], found.skip) for at in found.rows if flow.rows[at].printed]
    stem, options = split_options(printed)
    spots = [SpotRef(page=p, index=i) for p, i in owned]
    rules = sum(reading.pages[s.page - 1].spots[s.index].kind == "rule" for s in spots)
    number = int(found.number) if found.number.isdecimal() else 0
    kind: QuestionType = "essay" if found.essay else kind_of(item, found.section, Look(number, stem, options, rules))
    if found.bubbles and kind not in ("single_choice", "multiple_choice", "true_false"):
        kind = "single_choice"
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
        marks=_marks(found, reading),
        blanks=blanks_in(stem, rules) if kind == "fill_blank" else 0,
    )


def _ref(row: Row) -> tuple[int, int]:
    return row.page, row.index


def _own_text(at: int, row: Row, skip: tuple[int, int]) -> str:
    return row.text[skip[1] :] if at == skip[0] else row.text


def _path(found: _Found, item: KeyItem | None) -> tuple[str, ...]:
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


def _marks(found: _Found, reading: Reading) -> tuple[tuple[int, int], ...]:
    return tuple(
        (page.page, i)
        for page in reading.pages
        for i, mark in enumerate(page.marks)
        if any(r.page == page.page and _holds(r.box, mark.box) for r in found.regions)
    )


def _owners(found: Sequence[_Found], reading: Reading) -> list[tuple[tuple[int, int], ...]]:
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


def _unique(questions: Sequence[Question]) -> Iterator[Question]:
    """One question per path: the first of a doubled number is the one with contents."""
    best: dict[tuple[str, ...], Question] = {}
    for question in questions:
        known = best.get(question.path)
        if known is None or (not known.regions and question.regions):
            best[question.path] = question
    yield from best.values()


def _paper_kind(questions: Sequence[Question], flow: Flow) -> PaperKind:
    if any(q.bubbles for q in questions) or any("答题卡" in r.text for r in flow.rows[:6]):
        return "answer_card"
    return "essay" if questions and all(q.type == "essay" for q in questions) else "paper"


def _total(questions: Sequence[Question]) -> float | None:
    tops = [q for q in questions if "(" not in q.number]
    scores = [q.max_score for q in tops]
    return sum(s for s in scores if s is not None) if scores and all(s is not None for s in scores) else None
