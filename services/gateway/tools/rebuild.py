"""`python -m services rebuild`: the exams' rows beside what the topics say; missing ones made, late ones advanced."""

import argparse
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import ValidationError

from contracts.artefacts import Submission
from contracts.events import ExamEvent
from contracts.topics import SUBMISSION, TOPICS, artefact_path
from runtime import trace
from runtime.blobs import BlobMissing, Blobs
from runtime.settings import KafkaSettings, load
from services.gateway.core.form import Form
from services.gateway.core.progress import advance
from services.gateway.endings import take
from services.gateway.exams import Exam, exam_of
from services.gateway.ledger import Transaction, transact
from services.gateway.tools import deletions
from services.gateway.tools.collect import each, read_records
from services.gateway.tools.console import Bar, complain, show_json, show_table
from services.gateway.tools.desk import DONE, LEFT, Desk, open_desk, run
from services.gateway.tools.fold import State, Story, compare, stories

_DESCRIPTION = """\
Reads all topics from the beginning, folds each exam's events with the status machine, and compares with Postgres:
exams that are missing there, behind, equal, or ahead (the topics forgot, or the sweeper ended them).

With --write it inserts what is missing (form fields from the upload artefact, tenants too, so an empty database will
do) and advances what is behind, each in one transaction with the same compare-and-set as the gateway: never backwards,
never past an end, on a live system as well. Without it nothing is changed.

Deleted exams are deleted again, by the marks they left in the blob store. What topics never carried can't come back: API keys, Idempotency-Keys, webhooks, earlier revisions, and the moments of
passed steps. Exams that are inserted are not announced to webhooks; those advanced to an end are, as by the gateway.
"""
_EPILOG = """\
exit codes: 0 nothing is missing or behind (any more); 1 something is; 2 it could not look

examples:
  python -m services rebuild --check
  python -m services rebuild --write       # also after the loss of the database: migrate happens by itself
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Compare, mend when asked, and return the exit code."""
    return run("rebuild", _rebuild, _parser().parse_args(argv))


async def _rebuild(asked: argparse.Namespace) -> int:
    records = await read_records(load(KafkaSettings), [topic.name for topic in TOPICS])
    told = stories(records)
    async with open_desk() as desk:
        forgotten = await deletions.unknown(desk)
        undone = dict.fromkeys(forgotten.items(), "was deleted")
        if asked.write:
            undone = {
                (exam_id, forgotten[exam_id]): why for exam_id, why in (await deletions.repeat(desk, forgotten)).items()
            }
        erased = {row["exam_id"] for row in await desk.pool.fetch("SELECT exam_id FROM exam_tombstones")}
        told = {key: story for key, story in told.items() if key[0] not in erased | forgotten.keys()}
        rows = await _rows(desk, {exam_id for exam_id, _ in told})
        states = {key: compare(story, rows.get(key[0])) for key, story in told.items()}
        wanting = [key for key, state in states.items() if state in {State.MISSING, State.BEHIND}]
        left = {key: states[key].value for key in wanting}
        if asked.write:
            left = await _mend(desk, {key: told[key] for key in wanting})
        left |= undone
    _tell(states, left, asked)
    return LEFT if left else DONE


async def _rows(desk: Desk, exam_ids: set[uuid.UUID]) -> dict[uuid.UUID, Exam]:
    rows = await desk.pool.fetch("SELECT * FROM exams WHERE exam_id = ANY($1)", list(exam_ids))
    return {row["exam_id"]: exam_of(row) for row in rows}


Key = tuple[uuid.UUID, str]
"""(exam, tenant)"""


async def _mend(desk: Desk, told: Mapping[Key, Story]) -> dict[Key, str]:
    """Write each story into the books; those that could not be, and why."""
    left: dict[Key, str] = {}
    with Bar("writing", len(told)) as bar:

        async def one(key: Key) -> None:
            if refused := await _write(desk, told[key]):
                left[key] = refused
            bar.step()

        await each(one, told, side_by_side=2)
    return left


async def _write(desk: Desk, story: Story) -> str | None:
    """Insert or advance one exam; why not, if not."""
    event = story.event
    if await desk.exam(event.exam_id) is None:
        submission = await _submission(desk.blobs, event)
        if submission is None:
            return "its upload is gone, and with it its form"
        await _insert(desk, story, submission)
        return None

    async def advance_it(transaction: Transaction) -> bool:
        exam = await transaction.lock(event.exam_id)
        if exam is None or exam.tenant != event.tenant:
            return False
        for word in story.words:
            exam = await take(transaction, exam, word.fact, word.report)
        return True

    return None if await transact(desk.ledger, "project", advance_it) else "its row is another tenant's"


async def _insert(desk: Desk, story: Story, submission: Submission) -> None:
    """The row and its history in one transaction; unless it has come in the meantime."""
    event = story.event
    await desk.pool.execute("INSERT INTO tenants (name) VALUES ($1) ON CONFLICT DO NOTHING", event.tenant)

    async def insert(transaction: Transaction) -> None:
        if await transaction.lock(event.exam_id) is not None:
            return
        traceparent = story.traceparent or trace.start().traceparent
        exam = await transaction.insert(
            event, Form.stored(submission, event.priority), len(submission.files), traceparent
        )
        for word in story.words:
            exam = await transaction.move(exam, advance(exam.position, word.fact), word.report)

    await transact(desk.ledger, "accept", insert)
    if story.ended_at is not None:
        ended_at = datetime.fromtimestamp(story.ended_at, UTC)
        await desk.pool.execute(
            "UPDATE exams SET completed_at = $2 WHERE exam_id = $1 AND completed_at IS NOT NULL",
            event.exam_id,
            ended_at,
        )


async def _submission(blobs: Blobs, event: ExamEvent) -> Submission | None:
    try:
        data = await blobs.read(artefact_path(event.tenant, event.exam_id, event.revision, SUBMISSION))
        return Submission.model_validate_json(data)
    except (BlobMissing, ValidationError):
        return None


def _tell(states: Mapping[Key, State], left: Mapping[Key, str], asked: argparse.Namespace) -> None:
    counts = Counter(states.values())
    if asked.json:
        found = {state.value: counts[state] for state in State}
        rest = [{"exam_id": str(exam_id), "tenant": tenant, "why": why} for (exam_id, tenant), why in left.items()]
        show_json({"written": asked.write, "exams": len(states), **found, "left": rest})
        return
    show_table(("state", "exams"), [(state.value, counts[state]) for state in State])
    for (exam_id, _), why in list(left.items())[:20]:
        complain(f"{exam_id}: {why}")
    if left and not asked.write:
        complain("nothing was changed: say --write to mend it")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services rebuild",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="only compare (the default)")
    what.add_argument("--write", action="store_true", help="insert what is missing, advance what is behind")
    parser.add_argument("--json", action="store_true")
    return parser
