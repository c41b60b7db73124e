"""The heaviest chain of question numbers: by dynamic programming over candidates and the numbers they may have."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.parser.core.start import SURE, UNNUMBERED, Start

_LIKELIEST = 8
"""Numbers that are followed up for a stem without one."""
_MOST = 60
"""Stems without numbers beyond which none is counted: hostile pages must not cost time."""
_ANEW = 0.6
_SKIPPED = 1.0
"""What it costs that numbers start over, for each sure number between the heading and the 1."""


@dataclass(frozen=True)
class _Link:
    """The best chain that ends at a candidate with a number."""

    start: Start
    number: int
    score: float
    before: "_Link | None" = None


@dataclass(frozen=True)
class _Breaks:
    """Rows of the headings and of the sure numbers, rising. `once`: numbers never start over."""

    headings: Sequence[int]
    sure: Sequence[int]
    once: bool

    def between(self, before: int, now: int) -> bool:
        """Whether a heading stands between two rows, or at the second."""
        return bisect_right(self.headings, now) > bisect_right(self.headings, before)

    def anew(self, now: int) -> float:
        """What it is worth that numbers start over at a row below a heading."""
        at = bisect_right(self.headings, now)
        skipped = bisect_left(self.sure, now) - bisect_left(self.sure, self.headings[at - 1] if at else 0)
        return _ANEW - _SKIPPED * skipped


def heaviest(candidates: Sequence[Start], headings: Sequence[int], *, once: bool) -> list[Start]:
    """The starts of the heaviest chain, in order, all with numbers. `headings`: their rows of the flow.

    `once`: the key has every number once, so none starts over. O(n²) over candidates.
    """
    few = sum(c.number == UNNUMBERED for c in candidates) <= _MOST
    able = sorted((c for c in candidates if few or c.number != UNNUMBERED), key=lambda c: (c.at, c.char))
    breaks = _Breaks(sorted(headings), [c.at for c in able if c.weight >= SURE], once)
    links: list[_Link] = []
    for now in able:
        links += _ends(now, links, breaks)
    best = max(links, key=lambda link: link.score, default=None)
    out: list[Start] = []
    while best is not None and (out or best.score > 0):
        out.append(replace(best.start, number=best.number))
        best = best.before
    return out[::-1]


def _ends(now: Start, links: Sequence[_Link], breaks: _Breaks) -> list[_Link]:
    """The best chain that ends here, for each of the likeliest numbers."""
    first = now.number or 1
    best = {first: _Link(now, first, now.weight + (0.4 if first == 1 else -0.2))}
    for link in links:
        for number, gain in _steps(link, now, breaks):
            score = link.score + now.weight + gain
            if number not in best or score > best[number].score:
                best[number] = _Link(now, number, score, link)
    return sorted(best.values(), key=lambda link: -link.score)[:_LIKELIEST]


def _steps(before: _Link, now: Start, breaks: _Breaks) -> Iterator[tuple[int, float]]:
    """The numbers that may follow a number here, and what going there is worth."""
    if _same_stem(before.start, now):
        return
    parted = breaks.between(before.start.at, now.at)
    rise = now.number - before.number if now.number else 1
    if rise == 1:
        yield before.number + 1, 1.0
    elif rise > 1:
        yield now.number, (0.2 if parted else 0.0) - 0.45 * min(rise - 1, 6)
    if parted and now.number in (1, UNNUMBERED) and not breaks.once:
        yield 1, breaks.anew(now.at)


def _same_stem(before: Start, now: Start) -> bool:
    return any(
        s.alone is not None and s.alone[0] <= other.at <= s.alone[1] for s, other in ((before, now), (now, before))
    )
