"""Where the CPU of a page goes, by part of the ocr stage: `python -m bench.profile [--cases CASES] [--write docs/performance.md]`.

The pages of bench.ocr, each read once before and then under cProfile, by CPU time (threads of the models included), so that a
machine that others use changes little. Time in libraries counts for the part of ours that called them. The profiler makes
plain Python look dearer than it is: read the order, and take the sum from docs/accuracy.md.
"""

import argparse
import cProfile
import importlib
import pstats
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.figures import put
from bench.ocr import KINDS, SAMPLE, models
from services.ocr import core, worker
from services.ocr.core.page import read_raster
from services.ocr.core.sources import decode, pages_of

Function = tuple[str, int, str]
Edge = tuple[int, int, float, float]
Stats = Mapping[Function, tuple[int, int, float, float, Mapping[Function, Edge]]]
"""As `pstats` has them: calls, calls without recursion, own seconds, seconds with what it calls, and the same by caller."""

_SHOWN = 12
_OURS = str(Path(core.__file__).parent)


def by_part(stats: Stats, part: Callable[[str], str | None]) -> dict[str, float]:
    """Own seconds of each part; what belongs to none counts for its callers, in proportion. part: file -> name or None."""
    spent: dict[str, float] = defaultdict(float)
    for function, (_, _, own, _, _) in stats.items():
        for name, share in _owners(stats, function, part, frozenset()).items():
            spent[name] += own * share
    return dict(spent)


def _owners(
    stats: Stats, function: Function, part: Callable[[str], str | None], seen: frozenset[Function]
) -> dict[str, float]:
    """Shares of the parts that a function's time belongs to; of a circle among libraries, nobody's."""
    name = part(function[0])
    callers = {caller: edge[3] for caller, edge in stats[function][4].items() if caller not in seen}
    whole = sum(callers.values())
    if name is not None or not whole:
        return {name or "other": 1.0}
    shares: dict[str, float] = defaultdict(float)
    for caller, seconds in callers.items():
        for owner, share in _owners(stats, caller, part, seen | {function}).items():
            shares[owner] += share * seconds / whole
    return dict(shares)


def part_of(path: str) -> str | None:
    """The module of the ocr core that a file is."""
    return Path(path).stem if path.startswith(_OURS) else None


def profiled(photos: Sequence[Path]) -> tuple[Stats, float]:
    """(statistics, CPU seconds) of reading these pages once."""
    engine = worker.use_engine(*models())
    pages = [source for photo in photos for source in pages_of(photo.read_bytes())]
    for page in pages:
        read_raster(decode(page), engine)
    profiler = cProfile.Profile(time.process_time)
    began = time.process_time()
    for page in pages:
        profiler.runcall(read_raster, profiler.runcall(decode, page), engine)
    return pstats.Stats(profiler).stats, (time.process_time() - began) / len(pages)  # type: ignore[attr-defined]


def table(spent: Mapping[str, float]) -> str:
    """Markdown: the dearest parts with their shares, and the rest together."""
    whole = sum(spent.values())
    rows = sorted(spent.items(), key=lambda row: -row[1])
    lines = ["| part of ocr | what it does | share of a page's CPU |", "| --- | --- | --: |"]
    lines += [f"| `{name}` | {_purpose(name)} | {seconds / whole:.0%} |" for name, seconds in rows[:_SHOWN]]
    rest = sum(seconds for _, seconds in rows[_SHOWN:])
    return "\n".join([*lines, *([f"| {len(rows) - _SHOWN} others | | {rest / whole:.0%} |"] if rest else [])])


def _purpose(name: str) -> str:
    if name == "other":
        return "what nobody here called"
    said = importlib.import_module(f"{core.__name__}.{name}").__doc__ or ""
    return said.partition("\n")[0].rstrip(".:")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, help="the folder of cases whose pages are read, besides the sample")
    parser.add_argument("--write", type=Path, help="the page whose table is written again")
    args = parser.parse_args()
    photos = [SAMPLE, *(args.cases / kind / "page-1.jpg" for kind in KINDS if args.cases)]
    stats, seconds = profiled(photos)
    shown = table(by_part(stats, part_of))
    print(f"{shown}\n\n{len(photos)} pages, {seconds:.2f} CPU s each under the profiler")
    if args.write:
        put(args.write, "profile", shown)


if __name__ == "__main__":
    main()
