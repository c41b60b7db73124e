"""Spans of the number line: what two share, whether they are the same, many in order."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cmp_to_key

from contracts.equality.evaluate import Number, close

Bound = Number | None
"""An end on the number line; None is infinity on its side."""


@dataclass(frozen=True)
class Span:
    """From `low` to `high`; `low_in` and `high_in` say whether the ends belong to it."""

    low: Bound
    low_in: bool
    high: Bound
    high_in: bool


EVERYWHERE = Span(None, False, None, False)


def less(x: Number, y: Number) -> bool:
    """Whether x is below y, and not as close as equal numbers are."""
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x < y
    return not close(x, y) and _float(x) < _float(y)


def _float(x: Number) -> Decimal:
    return x if isinstance(x, Decimal) else Decimal(x.numerator) / Decimal(x.denominator)


def overlap(x: Span, y: Span) -> Span | None:
    """What both hold; None if that is nothing."""
    low, low_in = _tighter((x.low, x.low_in), (y.low, y.low_in), lower=True)
    high, high_in = _tighter((x.high, x.high_in), (y.high, y.high_in), lower=False)
    if low is not None and high is not None and not less(low, high):
        return Span(low, True, high, True) if close(low, high) and low_in and high_in else None
    return Span(low, low_in, high, high_in)


def _tighter(x: tuple[Bound, bool], y: tuple[Bound, bool], *, lower: bool) -> tuple[Bound, bool]:
    if x[0] is None or y[0] is None:
        return y if x[0] is None else x
    if close(x[0], y[0]):
        return x[0], x[1] and y[1]
    return x if less(y[0], x[0]) == lower else y


def united(spans: list[Span]) -> tuple[Span, ...]:
    """In order; the same point twice is once. Spans that overlap otherwise are left as they are: nobody writes them."""
    ordered = sorted(spans, key=cmp_to_key(_before))
    return tuple(s for i, s in enumerate(ordered) if i == 0 or not same_span(s, ordered[i - 1]))


def _before(x: Span, y: Span) -> int:
    if x.low is None or y.low is None:
        return (y.low is None) - (x.low is None)
    return 0 if close(x.low, y.low) else -1 if less(x.low, y.low) else 1


def same_span(x: Span, y: Span) -> bool:
    """Whether they have the same ends, which belong to both or to neither."""
    return x.low_in == y.low_in and x.high_in == y.high_in and _same_end(x.low, y.low) and _same_end(x.high, y.high)


def _same_end(x: Bound, y: Bound) -> bool:
    return x is y if x is None or y is None else close(x, y)
