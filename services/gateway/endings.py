"""How a locked exam takes a fact. Whatever ends an exam comes through here, so its end is announced exactly once."""

from contracts.events import BlobRef
from services.gateway.core.progress import Fact, advance
from services.gateway.exams import Exam
from services.gateway.ledger import Transaction


async def take(transaction: Transaction, exam: Exam, fact: Fact, report: BlobRef | None = None) -> Exam:
    """The exam after the fact; the same object when the fact changes nothing. `count_end` is due after the commit."""
    moved = await transaction.move(exam, advance(exam.position, fact), report)
    if moved is not exam and moved.ended:
        await transaction.announce(moved)
    return moved
