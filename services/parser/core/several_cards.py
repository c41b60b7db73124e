"""Several answer cards in one photo: an exam is one pupil's, so the first card counts and the others are told of."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from contracts.artefacts import Bubble, Page, Reading
from contracts.base import Box
from services.parser.core.flow import around

_TWICE = 0.5
"""Share of a page's item numbers that must come more than once: one misread number makes no second card."""
_FEWEST = 3
_MOST_OPTIONS = 9
"""Bubbles of an item at most: ten are a digit of a pupil's number, whatever was read beside them."""


class _Item(NamedTuple):
    """A group of bubbles. `number`: as printed beside it."""

    group: int
    number: str | None
    box: Box


def first_cards(reading: Reading) -> tuple[Reading, int]:
    """The reading with the bubbles of each page's first card, and how many further cards there are."""
    pages, left_out = [], 0
    for page in reading.pages:
        cards = _cards(_items(page.bubbles))
        left_out += max(0, len(cards) - 1)
        pages.append(page if len(cards) < 2 else _only(page, cards[0]))
    return (reading.model_copy(update={"pages": tuple(pages)}) if left_out else reading), left_out


def _items(bubbles: Sequence[Bubble]) -> list[_Item]:
    ordered = sorted(bubbles, key=lambda b: b.group)
    rows = ((group, list(row)) for group, row in groupby(ordered, key=lambda b: b.group))
    return [
        _Item(group, row[0].number if len(row) <= _MOST_OPTIONS else None, around(b.box for b in row))
        for group, row in rows
    ]


def _only(page: Page, card: Sequence[_Item]) -> Page:
    groups = {item.group for item in card}
    return page.model_copy(update={"bubbles": tuple(b for b in page.bubbles if b.group in groups)})


def _cards(items: list[_Item]) -> list[list[_Item]]:
    """The items parted where no number comes twice on a side: cards in reading order, one where nothing parts them."""
    counts = Counter(item.number for item in items if item.number)
    twice = sum(count > 1 for count in counts.values())
    if twice < max(_FEWEST, _TWICE * len(counts)):
        return [items]
    cuts = [cut for axis in (1, 0) for cut in _cuts(items, axis)]
    best = min(cuts, key=lambda cut: (_doubled(cut[1]) + _doubled(cut[2]), -cut[0]), default=None)
    if best is None or _doubled(best[1]) + _doubled(best[2]) >= _doubled(items):
        return [items]
    return [*_cards(best[1]), *_cards(best[2])]


def _cuts(items: list[_Item], axis: int) -> list[tuple[float, list[_Item], list[_Item]]]:
    """(width of the gap, what lies before it, what lies behind it) wherever nothing stands across. axis: 0 for x, 1 for y."""
    ordered = sorted(items, key=lambda item: item.box[axis])
    reach, found = ordered[0].box[axis + 2], []
    for at, (before, behind) in enumerate(pairwise(ordered), 1):
        reach = max(reach, before.box[axis + 2])
        if behind.box[axis] > reach:
            found.append((behind.box[axis] - reach, ordered[:at], ordered[at:]))
    return found


def _doubled(items: Sequence[_Item]) -> int:
    counts = Counter(item.number for item in items if item.number)
    return sum(count - 1 for count in counts.values())
