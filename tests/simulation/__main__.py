"""`python -m tests.simulation`: thousands of seeds, or one of them again, on the real code or on a mutant of it."""

# ruff: noqa: T201 - a command prints

import argparse
import gc
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator

from tests.simulation.faults import PAIRS
from tests.simulation.mutants import MUTANTS, mutated
from tests.simulation.silence import silence
from tests.simulation.world import Result, World

_CHUNK = 250
_COLLECT = 300
"""Seeds between two collections; a hundred leave some 30 MiB. A chunk's process ends before its first."""
_SHOWN = 10


def run_seeds(seeds: Iterable[int], mutant: str | None = None, *, hunt: bool = False) -> Iterator[Result]:
    """The results of seeds, one after the other, in this process; `hunt` ends each at its first violation."""
    with silence(), mutated(mutant) as parts:
        for number, seed in enumerate(seeds, 1):
            yield World(seed, parts, hunt=hunt).run()
            if number % _COLLECT == 0:
                gc.collect()


def hunt_down(mutant: str, most: int) -> Result | None:
    """The first seed that catches the mutant, of `most`."""
    return next((result for result in run_seeds(range(most), mutant, hunt=True) if result.violations), None)


def side_by_side(first: int, count: int, jobs: int, mutant: str | None = None) -> Iterator[Result]:
    """The results of `count` seeds from `first`, in no order, over `jobs` processes."""
    chunks = [(range(at, min(at + _CHUNK, first + count)), mutant) for at in range(first, first + count, _CHUNK)]
    gc.collect()
    gc.freeze()
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        for results in pool.imap_unordered(_chunk, chunks):
            yield from results
    gc.unfreeze()


def _chunk(what: tuple[range, str | None]) -> list[Result]:
    return list(run_seeds(*what))


def main(arguments: list[str] | None = None) -> int:
    """0 when every seed held, and every mutant was caught; 1 otherwise."""
    options = _options().parse_args(arguments)
    if options.mutants:
        return _hunt(options.seeds)
    if options.seed is not None:
        return _one(options.seed, options.mutant, trace=options.trace)
    return _many(options.first, options.seeds, options.jobs, options.mutant)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000, help="how many")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--trace", action="store_true", help="say everything that happens in it")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="with this mistake in the code")
    parser.add_argument("--mutants", action="store_true", help="hunt every mutant, over --seeds at most")
    return parser


def _one(seed: int, mutant: str | None, *, trace: bool) -> int:
    with silence(), mutated(mutant) as parts:
        result = World(seed, parts, tell=print if trace else None).run()
    print(f"seed {seed}: {', '.join(result.outcomes)}; {result.seconds:.1f} s, {result.steps} steps, {result.digest}")
    for violation in result.violations:
        print(f"  {violation}")
    return bool(result.violations)


def _many(first: int, count: int, jobs: int, mutant: str | None) -> int:
    began, done, failed = time.monotonic(), 0, 0
    outcomes: Counter[str] = Counter()
    faults: Counter[tuple[str, str]] = Counter()
    seconds = executions = 0.0
    for result in side_by_side(first, count, jobs, mutant):
        done += 1
        faults.update(result.faults)
        seconds += result.seconds
        executions += result.executions
        outcomes.update(result.outcomes)
        if result.violations:
            failed += 1
            if failed <= _SHOWN:
                chosen = f" --mutant {mutant}" if mutant else ""
                print(f"\nFAILED: python -m tests.simulation --seed {result.seed} --trace{chosen}")
                for violation in result.violations[:3]:
                    print(f"  {violation}")
        if done % 500 == 0 and sys.stderr.isatty():
            print(f"\r{done} of {count} seeds, {failed} failed", end="", file=sys.stderr)
    took = time.monotonic() - began
    exams = sum(outcomes.values())
    print(f"\n{done} seeds in {took:.0f} s, {failed} failed: {exams} exams ({_counts(outcomes)}),")
    print(f"{executions:.0f} stage executions, {seconds / 3600:.1f} simulated hours,")
    print(f"{faults.total()} faults: {len(faults)} of the {len(PAIRS)} pairs of kind and place")
    return bool(failed)


def _hunt(most: int) -> int:
    missed = 0
    for name, mutant in MUTANTS.items():
        began = time.monotonic()
        result = hunt_down(name, most)
        missed += result is None
        caught = f"seed {result.seed:5} {result.violations[0].invariant:12}" if result else f"MISSED in {most} seeds"
        print(f"{name:28} {caught} {time.monotonic() - began:5.1f} s  {mutant.mistake}", flush=True)
    return bool(missed)


def _counts(outcomes: Counter[str]) -> str:
    return ", ".join(f"{count} {name.lower()}" for name, count in outcomes.most_common())


if __name__ == "__main__":
    sys.exit(main())
