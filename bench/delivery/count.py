"""What became of the accepted exams. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    """Counts of exams, except `repeated`: runs of work beyond the first of each exam and stage.

    accepted = once + twice + failed + stuck + lost. `twice`: reported more than once. `failed`: ended, and said so.
    `stuck`: neither, but a queue or a ledger still holds it. `lost`: nothing will ever finish it.
    """

    accepted: int
    once: int
    twice: int
    failed: int
    stuck: int
    lost: int
    repeated: int

    @property
    def balanced(self) -> bool:
        """Whether every accepted exam is in exactly one column."""
        return self.accepted == self.once + self.twice + self.failed + self.stuck + self.lost


def tally(
    accepted: Collection[str],
    reports: Mapping[str, int],
    failed: Collection[str],
    held: Collection[str],
    runs: Iterable[tuple[str, str]],
) -> Tally:
    """Count. `runs`: exam and stage of all work that was begun; only accepted exams count."""
    exams = set(accepted)
    reported = {exam for exam in exams if reports.get(exam, 0) > 0}
    twice = {exam for exam in reported if reports[exam] > 1}
    told = (exams & set(failed)) - reported
    stuck = (exams & set(held)) - reported - told
    begun = Counter(run for run in runs if run[0] in exams)
    return Tally(
        accepted=len(exams),
        once=len(reported - twice),
        twice=len(twice),
        failed=len(told),
        stuck=len(stuck),
        lost=len(exams - reported - told - stuck),
        repeated=begun.total() - len(begun),
    )
