"""What became of the accepted exams. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Fate = Literal["once", "twice", "failed", "stuck", "lost"]
"""`twice`: reported more than once. `failed`: not reported, and says so. `stuck`: neither, but a queue or a ledger still
holds it. `lost`: nothing will ever finish it."""


@dataclass(frozen=True)
class Tally:
    """Exams by fate; `repeated` counts runs of work beyond the first of each exam and stage."""

    accepted: int
    once: int
    twice: int
    failed: int
    stuck: int
    lost: int
    repeated: int


def fates(
    accepted: Collection[str], reports: Mapping[str, int], failed: Collection[str], held: Collection[str]
) -> dict[str, Fate]:
    """The fate of every accepted exam; what was reported counts as that, whatever else is said of it."""

    def fate(exam: str) -> Fate:
        if times := reports.get(exam, 0):
            return "once" if times == 1 else "twice"
        if exam in failed:
            return "failed"
        return "stuck" if exam in held else "lost"

    return {exam: fate(exam) for exam in accepted}


def tally(found: Mapping[str, Fate], runs: Iterable[tuple[str, str]]) -> Tally:
    """Count. `runs`: exam and stage of all work that was begun; only that on accepted exams counts."""
    by_fate = Counter(found.values())
    begun = Counter(run for run in runs if run[0] in found)
    return Tally(
        accepted=len(found),
        once=by_fate["once"],
        twice=by_fate["twice"],
        failed=by_fate["failed"],
        stuck=by_fate["stuck"],
        lost=by_fate["lost"],
        repeated=begun.total() - len(begun),
    )
