"""Item numbers of an answer card from the printed ones that were read, so that one misread does not shift the others."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

MIN_AGREEMENT = 0.6
"""Share of read numbers that a numbering scheme must explain."""


MIN_TALL = 2
"""Rows per block from which unread items are surely numbered downwards."""


class Place(NamedTuple):
    """Where an item stands: its row and its block (column of items), from 0, and the number read beside it."""

    row: int
    block: int
    read: int | None


def repaired(places: Sequence[Place]) -> list[int | None]:
    """Numbers of the items: those of the scheme `first + a * row + b * block` that explains most of what was read.

    Within a block that starts anew the scheme is fitted for the block alone. Without a scheme the readings stand.
    When print was too small to read at all, tall blocks are numbered downwards from 1.
    """
    if all(place.read is None for place in places):
        return _down(places)
    whole = _scheme(places)
    if whole is not None:
        return list(whole)
    numbers: list[int | None] = [place.read for place in places]
    for block in {place.block for place in places}:
        indices = [i for i, place in enumerate(places) if place.block == block]
        fitted = _scheme([places[i] for i in indices])
        for index, number in zip(indices, fitted or [], strict=False):
            numbers[index] = number
    return numbers


def _down(places: Sequence[Place]) -> list[int | None]:
    rows: dict[int, list[int]] = {}
    for place in places:
        rows.setdefault(place.block, []).append(place.row)
    tallest = max(map(len, rows.values()), default=0)
    if tallest < MIN_TALL * len(rows):
        return [None] * len(places)
    whole = sorted(block for block, own in rows.items() if 2 * len(own) >= tallest)
    order = [(block, row) for block in whole for row in sorted(rows[block])]
    numbers = {key: index for index, key in enumerate(order, start=1)}
    return [numbers.get((place.block, place.row)) for place in places]


def _scheme(places: Sequence[Place]) -> list[int | None] | None:
    read = [(p.row, p.block, p.read) for p in places if p.read is not None]
    if len(read) < 2:
        return None
    rows, blocks = max(p.row for p in places) + 1, max(p.block for p in places) + 1
    # Numbered down the blocks, along the rows, or either with a constant step read off two neighbours.
    steps = {(1, rows), (blocks, 1), (1, 0)}
    steps |= {(1, abs(n1 - n0 - (r1 - r0)) // abs(b1 - b0)) for (r0, b0, n0), (r1, b1, n1) in _pairs(read) if b0 != b1}
    best: tuple[int, int, int, int] | None = None
    for a, b in sorted(steps):
        firsts = [n - a * r - b * c for r, c, n in read]
        values, counts = np.unique(firsts, return_counts=True)
        votes, first = int(counts.max()), int(values[counts.argmax()])
        if best is None or votes > best[0]:
            best = (votes, first, a, b)
    if best is None or best[0] < max(2, MIN_AGREEMENT * len(read)):
        return None
    numbers = [best[1] + best[2] * p.row + best[3] * p.block for p in places]
    # What stands before the first item (an example of how to fill) has no number.
    return [n if n >= 1 else None for n in numbers] if len(set(numbers)) == len(numbers) else None


def _pairs(read: list[tuple[int, int, int]]) -> list[tuple[tuple[int, int, int], tuple[int, int, int]]]:
    """Pairs of readings in the same row or next block; a bounded number of them."""
    return [(p, q) for p, q in combinations(read[:60], 2) if abs(p[1] - q[1]) == 1]
