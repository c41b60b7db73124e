"""Papers whose pages were photographed out of order: parsed in the order printed on them, told as they were uploaded."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from contracts.artefacts import Page, Paper, Question, Reading, Submission
from services.parser.core.flow import flow_of, upright
from services.parser.core.numbers import starts_of
from services.parser.core.sections import headings_of
from services.parser.core.sheets import parse as parse_sheets

_OF_ALL = re.compile(
    r"(?:第\s*)?(\d{1,2})\s*页\W{0,4}[共总]\s*(\d{1,2})\s*页|page\s*(\d{1,2})\s*(?:of|/)\s*(\d{1,2})", re.IGNORECASE
)
"""A page's number with the number of pages, at the head or the foot."""
_ALONE = re.compile(r"^\W*(?:第\s*(\d{1,2})\s*页|page\s*(\d{1,2})|[-—–]\s*(\d{1,2})\s*[-—–])\W*$", re.IGNORECASE)
_SLASHED = re.compile(r"^\W*(\d{1,2})\s*/\s*(\d{1,2})\W*$")
_HEAD, _FOOT = 0.08, 0.85
"""Shares of a page's height above and below which its number stands."""
_WHOLE = 0.8
"""Share of 1 to the last question that must have been seen before question numbers tell an order."""


class Order(NamedTuple):
    """`pages`: uploaded page numbers in printed order. `missing`: printed numbers of pages that were not uploaded."""

    pages: tuple[int, ...]
    missing: tuple[int, ...] = ()


def parse(submission: Submission, reading: Reading) -> Paper:
    """As `parse.parse`, whatever order the pages were uploaded in. Places in the paper name pages as uploaded."""
    order = order_of(reading)
    uploaded = tuple(page.page for page in reading.pages)
    if order.pages == uploaded:
        return parse_sheets(submission, reading).model_copy(update={"missing_pages": order.missing})
    paper = parse_sheets(submission, _renumbered(reading, order.pages))
    back = dict(enumerate(order.pages, 1))
    return paper.model_copy(
        update={
            "questions": tuple(_told(question, back) for question in paper.questions),
            "page_order": order.pages,
            "missing_pages": order.missing,
        }
    )


def order_of(reading: Reading) -> Order:
    """From the numbers printed on the pages; without them, from where their questions' numbers leave no other way."""
    uploaded = tuple(page.page for page in reading.pages)
    printed = [_printed(page) for page in reading.pages]
    numbers = [number for found, _ in printed for number in found]
    if all(found for found, _ in printed) and len(set(numbers)) == len(numbers):
        ranked = sorted(range(len(uploaded)), key=lambda i: min(printed[i][0]))
        last = max(*numbers, *(total for _, total in printed))
        first = 1 if any(total for _, total in printed) else min(numbers)
        missing = tuple(sorted(set(range(first, last + 1)) - set(numbers)))
        return Order(tuple(uploaded[i] for i in ranked), missing)
    return Order(_by_questions(reading) or uploaded)


def _printed(page: Page) -> tuple[set[int], int]:
    """The numbers printed on a page (two on a spread) and of how many it is, 0 where that is not said."""
    found: set[int] = set()
    total = 0
    for line in page.lines:
        box = upright(line)
        foot, head = box[1] > _FOOT * page.height, box[3] < _HEAD * page.height
        if line.script != "printed" or not (foot or head):
            continue
        counted = list(_OF_ALL.finditer(line.text)) or ([m] if foot and (m := _SLASHED.match(line.text)) else [])
        for match in counted:
            number, of = (int(group) for group in match.groups() if group)
            if 0 < number <= of:
                found.add(number)
                total = max(total, of)
        if not counted and foot and (alone := _ALONE.match(line.text)):
            found.add(int(alone[alone.lastindex or 1]))
    return found - {0}, total


def _by_questions(reading: Reading) -> tuple[int, ...] | None:
    """Pages by their questions, when each has some, no two share a range and together they are nearly all."""
    ranges = []
    for page in reading.pages:
        numbers = _questions_of(reading, page)
        if not numbers:
            return None
        ranges.append((min(numbers), max(numbers), len(set(numbers)), page.page))
    ranges.sort()
    apart = all(before[1] < after[0] for before, after in pairwise(ranges))
    whole = ranges[0][0] == 1 and sum(count for _, _, count, _ in ranges) >= _WHOLE * ranges[-1][1]
    return tuple(page for *_, page in ranges) if apart and whole else None


def _questions_of(reading: Reading, page: Page) -> Sequence[int]:
    flow = flow_of(reading.model_copy(update={"pages": (page,)}))
    return [start.number for start in starts_of(flow, headings_of(flow), {})]


def _renumbered(reading: Reading, order: Sequence[int]) -> Reading:
    by_number = {page.page: page for page in reading.pages}
    pages = tuple(by_number[old].model_copy(update={"page": new}) for new, old in enumerate(order, 1))
    return reading.model_copy(update={"pages": pages})


def _told(question: Question, back: dict[int, int]) -> Question:
    """The question with its places on the pages as they were uploaded."""
    return question.model_copy(
        update={
            name: tuple(ref.model_copy(update={"page": back[ref.page]}) for ref in getattr(question, name))
            for name in ("regions", "lines", "spots", "bubbles")
        }
        | {"marks": tuple((back[page], index) for page, index in question.marks)}
    )
