"""Regular rows of equal shapes: from the ones seen, where the covered ones must be, and which belong to one item."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np


class Shape(NamedTuple):
    """A shape's centre; `seen` is false for one that was inferred."""

    x: float
    y: float
    seen: bool = True


Group = list[Shape]
"""The shapes of one item, left to right."""
Covered = Callable[[float, float], bool]
"""Whether ink covers a shape at (x, y), or one that was not seen shows there."""

Drop = Callable[[float], float]
"""How far a row lies lower at x than on a level card."""

GROUP_GAP = 1.45
"""In pitches: a wider gap separates items."""
BAND_GAP = 3.2
"""In row distances: a wider gap separates parts of a card whose columns need not line up."""
MIN_SEEN = 0.4
"""Share of a part's shapes whose outline must have been seen."""
MIN_HELD = 0.7
"""Share of the rows that hold a shape, or ink that covers one, where a column was not seen."""
MIN_SHAPES = 3
"""Outlines seen in a part of a card: two alike are found by chance."""
MIN_OTHER = 8
"""The same in a part whose items have more or fewer shapes than those of the largest part: writing makes small ones."""
MAX_ITEM = 12
"""Shapes of one item: ten digits at most, on cards; lines of text have more."""
MIN_EVEN = 0.7
"""Share of neighbours that must stand a pitch apart: holes of characters do not."""


def pitch_of(seeds: Sequence[Shape], width: float, height: float) -> float | None:
    """The distance between neighbours in a row, or None when there are no rows of them or they stand unevenly."""
    steps = []
    for seed in seeds:
        level = (o.x - seed.x for o in seeds if abs(o.y - seed.y) < 0.4 * height)
        right = [dx for dx in level if width * 0.8 < dx < 4 * width]
        if right:
            steps.append(min(right))
    if len(steps) < 2:
        return None
    low = float(np.percentile(steps, 25))
    near = [s for s in steps if abs(s - low) < 0.2 * low]
    if len(near) < 2:
        return None
    pitch = float(np.median(near))
    close = [s for s in steps if s < 1.6 * pitch]
    even = [s for s in close if abs(s - pitch) < 0.1 * pitch]
    return pitch if len(even) >= MIN_EVEN * len(close) else None


def items(seeds: Sequence[Shape], pitch: float, height: float, drop: Drop, covered: Covered) -> list[Group]:
    """The shapes of every item of rows that run as `drop` says. Parameters in pixels; see `_level_items`."""
    level = [Shape(s.x, s.y - drop(s.x), s.seen) for s in seeds]
    groups = _level_items(level, pitch, height, lambda x, y: covered(x, y + drop(x)))
    return [[Shape(s.x, s.y + drop(s.x), s.seen) for s in group] for group in groups]


def _level_items(seeds: Sequence[Shape], pitch: float, height: float, covered: Covered) -> list[Group]:
    """The shapes of every item, top to bottom, then left to right.

    Items stand below one another: the columns seen anywhere in a part of the card are the columns of all its items.
    A column that no row shows is taken where `covered` says that ink hides a shape.
    """
    parts: list[tuple[int, int, list[Group]]] = []
    for band in _bands(_clusters(seeds, key=1, apart=0.5 * height)):
        columns = [_middle(group, 0) for group in _clusters([s for row in band for s in row], key=0, apart=0.4 * pitch)]
        chains = _chains(
            [x for chain in _chains(columns, pitch) for x in _extended(chain, band, pitch, covered)], pitch
        )
        usual = _usual(chains)
        if not 2 <= usual <= MAX_ITEM:
            continue
        full = [_to_length(chain, usual, band, pitch, covered) for chain in _mended(chains, usual, pitch)]
        found = [group for row in band for chain in full if (group := _item(row, chain, pitch, covered))]
        seen = sum(shape.seen for group in found for shape in group)
        if seen >= max(MIN_SHAPES, MIN_SEEN * sum(map(len, found))):
            parts.append((seen, usual, found))
    most = max(parts, key=lambda part: part[0], default=(0, 0, []))[1]
    return [group for seen, usual, found in parts if usual == most or seen >= MIN_OTHER for group in found]


def _clusters(shapes: Sequence[Shape], key: int, apart: float) -> list[list[Shape]]:
    """Shapes grouped by a coordinate, wherever the next is at least `apart` from the mean of those before."""
    groups: list[list[Shape]] = []
    for shape in sorted(shapes, key=lambda s: s[key]):
        if groups and shape[key] - float(np.mean([s[key] for s in groups[-1]])) < apart:
            groups[-1].append(shape)
        else:
            groups.append([shape])
    return groups


def _middle(shapes: Sequence[Shape], key: int) -> float:
    return float(np.mean([s[key] for s in shapes]))


def _bands(rows: list[list[Shape]]) -> list[list[list[Shape]]]:
    heights = [_middle(row, 1) for row in rows]
    gaps = np.diff(heights)
    usual = float(np.percentile(gaps, 25, method="lower")) if len(gaps) else 0.0
    bands = [[rows[0]]] if rows else []
    for row, gap in zip(rows[1:], gaps, strict=True):
        if gap > BAND_GAP * usual:
            bands.append([])
        bands[-1].append(row)
    return bands


def _chains(columns: Sequence[float], pitch: float) -> list[list[float]]:
    """Columns (their x) of the items that stand side by side."""
    chains: list[list[float]] = []
    for x in sorted(columns):
        if chains and x - chains[-1][-1] < 0.5 * pitch:
            continue
        if chains and x - chains[-1][-1] < GROUP_GAP * pitch:
            chains[-1].append(x)
        else:
            chains.append([x])
    return chains


def _extended(chain: list[float], band: list[list[Shape]], pitch: float, covered: Covered) -> list[float]:
    """The chain and the columns beside it that its rows hold though no outline was seen there."""
    rows = [own for row in band if (own := [s for s in row if chain[0] - 2 * pitch < s.x < chain[-1] + 2 * pitch])]
    heights = [_middle(row, 1) for row in rows]

    def held(x: float) -> bool:
        return sum(covered(x, y) for y in heights) >= MIN_HELD * len(heights)

    chain = list(chain)
    while len(chain) < MAX_ITEM and held(chain[0] - pitch):
        chain.insert(0, chain[0] - pitch)
    while len(chain) < MAX_ITEM and held(chain[-1] + pitch):
        chain.append(chain[-1] + pitch)
    return chain


def _usual(chains: list[list[float]]) -> int:
    lengths = [len(chain) for chain in chains]
    return max(set(lengths), key=lambda n: (lengths.count(n) * n, n)) if lengths else 0


def _mended(chains: list[list[float]], usual: int, pitch: float) -> list[list[float]]:
    """Chains whose missing column lies inside, as one."""
    done: list[list[float]] = []
    for chain in chains:
        gap = chain[0] - done[-1][-1] if done else 0.0
        if done and abs(gap - 2 * pitch) < 0.15 * pitch and len(done[-1]) + 1 + len(chain) <= usual:
            done[-1] += [chain[0] - gap / 2, *chain]
        else:
            done.append(list(chain))
    return done


def _to_length(chain: list[float], usual: int, band: list[list[Shape]], pitch: float, covered: Covered) -> list[float]:
    """The chain with as many columns as usual: the end that fewest rows show goes, the end that most rows cover comes."""

    def shown(x: float) -> int:
        return sum(any(abs(s.x - x) < 0.35 * pitch for s in row) for row in band)

    def hidden(x: float) -> int:
        own = [[s for s in row if chain[0] - 2 * pitch < s.x < chain[-1] + 2 * pitch] for row in band]
        return sum(covered(x, _middle(row, 1)) for row in own if row)

    chain = list(chain)
    while len(chain) > usual:
        chain.pop(0 if shown(chain[0]) <= shown(chain[-1]) else -1)
    while len(chain) < usual:
        before, after = chain[0] - pitch, chain[-1] + pitch
        if hidden(before) > hidden(after):
            chain.insert(0, before)
        elif hidden(after):
            chain.append(after)
        else:
            break
    return chain


def _item(row: list[Shape], chain: list[float], pitch: float, covered: Covered) -> Group:
    """The shapes of a row in a chain's columns; empty when the row neither shows nor hides one there."""
    own = [s for s in row if chain[0] - 0.4 * pitch < s.x < chain[-1] + 0.4 * pitch]
    y = _middle(own or row, 1)
    if len(chain) < 2 or not (own or any(covered(x, y) for x in chain)):
        return []
    group = []
    for x in chain:
        near = [s for s in own if abs(s.x - x) < 0.35 * pitch]
        group.append(near[0] if near else Shape(x, y, seen=False))
    return group
