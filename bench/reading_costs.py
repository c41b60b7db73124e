"""What reading costs, read back from the page that `bench.ocr --write` filled: one place where the figures stand."""

import re
from dataclasses import dataclass

from bench.figures import part


@dataclass(frozen=True)
class Row:
    """A page: CPU seconds of finding and reading its text, ours in parts of RapidOCR's, and of all that ocr does with it."""

    page: str
    ratio: float
    whole: float


@dataclass(frozen=True)
class Costs:
    """All pages, their mean, seconds by the clock of eight pages with two workers, times as fast as with one, peak MB."""

    pages: tuple[Row, ...]
    mean: Row
    eight: float
    speedup: float
    peak: int


_ROW = re.compile(r"\| (\S+) \| [\d.]+ \| [\d.]+ \| ([\d.]+) \| ([\d.]+) \| [\d.]+ \|")
_TOLD = re.compile(r"peaks at (\d+) MB.* ([\d.]+) s with two: ([\d.]+) times")


def costs(page: str) -> Costs:
    """The costs that a page tells; ValueError when it tells none."""
    text = part(page, "costs")
    rows = [Row(name, float(ratio), float(whole)) for name, ratio, whole in _ROW.findall(text)]
    told = _TOLD.search(text)
    if told is None or not rows or rows[-1].page != "mean":
        raise ValueError("no costs of reading")
    peak, eight, speedup = told.groups()
    return Costs(tuple(rows[:-1]), rows[-1], float(eight), float(speedup), int(peak))
