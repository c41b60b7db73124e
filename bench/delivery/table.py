"""The outcomes as Markdown. Pure."""

from collections.abc import Iterable, Sequence
from importlib import metadata

from bench.delivery.contest import Outcome, Plan

PACKAGES = ("faststream", "aiokafka", "celery", "kombu", "redis")
_HEAD = (
    "contestant",
    "accepted",
    "reported once",
    "reported twice or more",
    "failed, and said so",
    "stuck",
    "lost",
    "runs beyond the first",
    "kills",
    "seconds",
)


def markdown(outcomes: Iterable[Outcome], plan: Plan, broker: str) -> str:
    """One table and the conditions under it."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return "\n".join(
        [
            _row(_HEAD),
            _row(["---", *["---:"] * (len(_HEAD) - 1)]),
            *(_row(_cells(outcome)) for outcome in outcomes),
            "",
            f"Broker of the contestants on Kafka: {broker}. {plan.exams} uploads at {plan.rate:.0f}/s, seed {plan.seed},",
            f"at most {plan.kills} kills; quiet is {plan.quiet:.0f} s without progress. {versions}.",
        ]
    )


def _cells(outcome: Outcome) -> list[str]:
    counts = outcome.tally
    numbers = (counts.accepted, counts.once, counts.twice, counts.failed, counts.stuck, counts.lost, counts.repeated)
    return [outcome.title, *map(str, numbers), str(outcome.kills), f"{outcome.seconds:.0f}"]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
