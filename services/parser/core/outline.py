"""Which questions a paper has, and where: by its text, by strips of blanks, by cards and tables; before their contents."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from contracts.artefacts import Reading, Region, Section
from contracts.artefacts.paper import BubbleRef, LineRef, SpotRef
from services.parser.core.cards import Slot, bubble_slots, is_card, table_slots
from services.parser.core.flow import Flow, around
from services.parser.core.layout import spans_of
from services.parser.core.sections import Heading
from services.parser.core.start import Start
from services.parser.core.strips import Place, strips_of

_ESSAY = re.compile(r"作文|写作|书面表达|习作|writing|composition|essay", re.IGNORECASE)


@dataclass(frozen=True)
class Outlined:
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


def outline_of(
    flow: Flow, reading: Reading, starts: Sequence[Start], headings: Sequence[Heading], expected: Mapping[int, int]
) -> list[Outlined]:
    """The questions in order; empty when there is neither text nor a place. `expected`: how often the key has each number."""
    places = strips_of(flow, reading, expected)
    found = _with_strips(_from_text(flow, reading, starts, headings), places, headings)
    return _merge_slots(found, _slots(reading), flow, headings) or _whole(flow, reading)


def _slots(reading: Reading) -> list[Slot]:
    bubbles = bubble_slots(reading)
    return [*(bubbles if is_card(reading, bubbles) else []), *table_slots(reading)]


def _from_text(flow: Flow, reading: Reading, starts: Sequence[Start], headings: Sequence[Heading]) -> list[Outlined]:
    out: list[Outlined] = []
    for span in spans_of(flow, reading, starts, headings):
        section = _section_at(span.start.at, headings)
        out.append(Outlined(str(span.start.number), section, span.regions, span.rows, (span.start.at, span.start.rest)))
    return _with_essays(out, flow, reading, headings)


def _section_at(at: int, headings: Sequence[Heading]) -> Section | None:
    before = [h.section for h in headings if h.at <= at]
    return before[-1] if before else None


def _with_essays(found: list[Outlined], flow: Flow, reading: Reading, headings: Sequence[Heading]) -> list[Outlined]:
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
        out.append(Outlined(section.number, None, regions, span.rows, (heading.at, 0), essay=True))
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


def _merge_slots(
    found: list[Outlined], slots: Sequence[Slot], flow: Flow, headings: Sequence[Heading]
) -> list[Outlined]:
    """Give each slot to the printed question of its number, or make it a question of its own."""
    out = _without_scraps(found, slots, flow)
    extra: list[Outlined] = []
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
                Outlined(number, section, (slot.region,), bubbles=slot.bubbles, spots=slot.spots, lines=slot.lines)
            )
    covered = {(f.number, f.regions[0].page) for f in extra if f.regions}
    kept = [f for f in out if not ((f.number, f.regions[0].page if f.regions else 0) in covered and _thin(f, flow))]
    return extra + kept


def _with_strips(found: list[Outlined], places: Sequence[Place], headings: Sequence[Heading]) -> list[Outlined]:
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
        out.append(Outlined(number, section, (region,), place.rows, begun.get(number, (-1, 0)), spots=place.spots))
    numbers = {str(p.number) for p in places} - elsewhere.keys()
    return sorted(out, key=lambda f: begin if f.number in numbers else f.rows[0] if f.rows else 0)


def _without_scraps(found: list[Outlined], slots: Sequence[Slot], flow: Flow) -> list[Outlined]:
    """On an answer card the text around the bubbles is no question: keep it only where most slots have a printed one."""
    numbers = {(str(s.number), s.page) for s in slots if s.bubbles}
    rivals = [f for f in found if any((f.number, r.page) in numbers for r in f.regions)]
    if not numbers or sum(not _thin(f, flow) for f in rivals) >= 0.5 * len(numbers):
        return list(found)
    return [f for f in found if f not in rivals]


def _is_card_text(found: Outlined, slot: Slot, flow: Flow) -> bool:
    """Whether a "question" is just the number printed beside the slot's bubbles or in its table."""
    return bool(found.rows) and _thin(found, flow) and any(r.page == slot.page for r in found.regions)


def _thin(found: Outlined, flow: Flow) -> bool:
    text = "".join(flow.rows[at].text for at in found.rows)
    return len(re.sub(r"[\WA-H\d]", "", text)) < 4 and not found.essay


def _section_above(slot: Slot, headings: Sequence[Heading]) -> Section | None:
    above = [h for h in headings if (h.row.page, h.row.box[1]) < (slot.page, slot.y)]
    return above[-1].section if above else None


def _whole(flow: Flow, reading: Reading) -> list[Outlined]:
    """A page without numbers is one question."""
    if not flow.rows:
        return []
    rows = tuple(i for i, r in enumerate(flow.rows) if not r.footer)
    regions = []
    for page in reading.pages:
        boxes = [flow.rows[i].box for i in rows if flow.rows[i].page == page.page]
        if boxes:
            regions.append(Region(page=page.page, box=around(boxes)))
    return [Outlined("1", None, tuple(regions), rows)]
