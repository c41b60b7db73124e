"""How a locked exam takes a fact. Whatever ends an exam comes through here, so its end is announced exactly once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from contracts.events import BlobRef, ExamEvent
from services.gateway.core.progress import Fact, advance
from services.gateway.exams import Exam
from services.gateway.ledger import Advance, Transaction


@dataclass(frozen=True)
class Taking:
    """A locked exam and what is said of it."""

    exam: Exam
    fact: Fact
    report: BlobRef | None = None


async def take(transaction: Transaction, exam: Exam, fact: Fact, report: BlobRef | None = None) -> Exam:
    """The exam after the fact; the same object when the fact changes nothing. `count_end` is due after the commit."""
    [after] = await take_all(transaction, [Taking(exam, fact, report)])
    return after


async def take_all(
    transaction: Transaction, takings: Sequence[Taking], heard: Collection[ExamEvent] = ()
) -> list[Exam]:
    """As `take`, for several exams, each of which comes once; `heard` as for `Transaction.move_all`."""
    advances = [Advance(each.exam, advance(each.exam.position, each.fact), each.report) for each in takings]
    after = await transaction.move_all(advances, heard)
    for taking, moved in zip(takings, after, strict=True):
        if moved is not taking.exam and moved.ended:
            await transaction.announce(moved)
    return after
