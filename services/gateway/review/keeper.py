"""Keeps the queue: looks through what completed, and applies what was decided. Derived from results, so none is lost.

An exam counts as looked through only with its items in one transaction; rows that came back by a rebuild, and those
of the time before there was a queue, are looked through like new ones.
"""

import uuid
from collections.abc import Awaitable

import asyncpg

from runtime import log, metrics
from runtime.blobs import Blobs
from services.gateway.background import regularly
from services.gateway.core.problems import Code, Problem
from services.gateway.corrections.revise import Shown, revise, shown
from services.gateway.corrections.rules import Author, Wish, entries_of
from services.gateway.corrections.service import count
from services.gateway.exams import Exam, exam_of
from services.gateway.ledger import Ledger, Transaction, transact
from services.gateway.pauses import Pauses
from services.gateway.review import decisions
from services.gateway.review.decisions import Decision
from services.gateway.review.items import Open, open_items
from services.gateway.review.settings import ReviewSettings
from services.gateway.settings import GatewaySettings

_BATCH = 50
_GONE = {
    Code.RESULT_GONE: "The result of this exam is no longer stored, so nothing can be corrected in it: upload the paper again.",
    Code.ARTEFACT_GONE: "What grading begins with is no longer stored for this exam, so it can't be graded anew: run it"
    " again from an earlier stage (POST /exams/{exam_id}/retry), or upload the paper again.",
}
"""What ends decisions, for no later attempt would fare better; in words for the teacher."""
_NOT_NOW = frozenset({Code.EXAM_NOT_COMPLETED, Code.PRECONDITION_FAILED, Code.EXAM_IN_FLIGHT, Code.EXAM_NOT_FOUND})


_WAITING = """
SELECT (SELECT extract(epoch FROM clock_timestamp() - min(completed_at)) FROM exams
        WHERE status = 'COMPLETED' AND review_revision < revision) AS behind,
       (SELECT extract(epoch FROM clock_timestamp() - min(decided_at)) FROM review_items
        WHERE decided_at IS NOT NULL AND NOT decision ? 'void') AS oldest
"""


# What asks for nothing, and never did: of most exams one statement is all.
_NOTHING = """
UPDATE exams SET review_revision = $2
WHERE exam_id = $1 AND revision = $2 AND status = 'COMPLETED' AND review_revision < $2
  AND NOT EXISTS (SELECT 1 FROM review_items i WHERE i.exam_id = $1)
"""


class Keeper:
    """One of possibly several: what another did first is found done, under the exam's lock."""

    def __init__(
        self, pool: asyncpg.Pool, ledger: Ledger, blobs: Blobs, settings: ReviewSettings, limits: GatewaySettings
    ) -> None:
        """`pool` sees all tenants."""
        self._pool = pool
        self._ledger = ledger
        self._blobs = blobs
        self._settings = settings
        self._limits = limits
        self._pauses = Pauses()
        self._log = log.get("gateway.review")

    async def run(self) -> None:
        """For ever; a database or store that is away is waited for."""
        await regularly(self.round, self._settings.poll_seconds, self._log, "review queue not kept")

    async def round(self) -> None:
        """Look through all that completed, then apply all that is due."""
        while found := await self._completed():
            for exam in found:
                await self._apart(exam.exam_id, self._look_through(exam))
        for exam_id in await decisions.due(self._pool, self._settings.settle_seconds, self._pauses.current(), _BATCH):
            await self._apart(exam_id, self._apply(exam_id))
        row = await self._pool.fetchrow(_WAITING)
        metrics.REVIEW_BEHIND.set(float(row["behind"] or 0.0))
        metrics.REVIEW_OLDEST.set(float(row["oldest"] or 0.0))

    async def _apart(self, exam_id: uuid.UUID, work: Awaitable[None]) -> None:
        """What goes wrong with this exam is no matter of the others."""
        try:
            await work
            self._pauses.well(exam_id)
        except Exception as error:  # noqa: BLE001 - met again after a pause
            self._pauses.failed(exam_id)
            self._log.error("review not kept", exam_id=str(exam_id), error=log.what(error), at=log.where(error))

    async def _completed(self) -> list[Exam]:
        rows = await self._pool.fetch(
            """SELECT * FROM exams WHERE status = 'COMPLETED' AND review_revision < revision AND NOT exam_id = ANY($1)
               ORDER BY completed_at LIMIT $2""",
            self._pauses.current(),
            _BATCH,
        )
        return [exam_of(row) for row in rows]

    async def _look_through(self, exam: Exam) -> None:
        try:
            seen = await shown(self._blobs, exam)
        except Problem as gone:
            if gone.code is not Code.RESULT_GONE:
                raise
            seen = None
        items = open_items(exam.exam_id, seen.result) if seen else []
        if not items and await self._pool.execute(_NOTHING, exam.exam_id, exam.position.revision) == "UPDATE 1":
            return
        async with self._pool.acquire() as connection, connection.transaction():
            first = await connection.fetchval(
                """SELECT 1 FROM exams WHERE exam_id = $1 AND revision = $2 AND status = 'COMPLETED'
                     AND review_revision < revision FOR NO KEY UPDATE""",
                exam.exam_id,
                exam.position.revision,
            )
            void = await _replace(connection, exam, items, seen) if first else 0
        if void:
            self._log.warning("decisions void: the question is gone, or was corrected first", count=void)

    async def _apply(self, exam_id: uuid.UUID) -> None:
        row = await self._pool.fetchrow("SELECT * FROM exams WHERE exam_id = $1", exam_id)
        if row is None:
            return
        exam = exam_of(row)
        try:
            seen = await shown(self._blobs, exam)
            waiting = [
                each for each in await decisions.of_exam(self._pool, exam_id) if decisions.waits_still(each, seen)
            ]
            good = [each for each in waiting if _fits(each, seen)]
            if bad := {each.id for each in waiting} - {each.id for each in good}:
                await decisions.give_back(self._pool, exam_id, bad)
                self._log.warning("decisions given back", exam_id=str(exam_id), count=len(bad))
            if good:
                await self._revise(exam, seen, good)
        except Problem as problem:
            if problem.code in _GONE:
                await self._end(exam_id, problem.code)
            elif problem.code not in _NOT_NOW:
                raise

    async def _end(self, exam_id: uuid.UUID, code: Code) -> None:
        """No decision on the exam can be applied: say so to those who ask for them, instead of trying for ever."""
        waiting = await decisions.of_exam(self._pool, exam_id)
        await decisions.void(self._pool, exam_id, [each.id for each in waiting], _why(code))
        self._log.warning("decisions void", exam_id=str(exam_id), count=len(waiting), code=code.value)

    async def _revise(self, exam: Exam, seen: Shown, good: list[Decision]) -> None:
        authors = {each.id: each.author() for each in good}

        def author(wish: Wish) -> Author:
            return authors[wish.id]

        entries = entries_of(seen.result, seen.submission, [each.wish() for each in good], author)

        async def work(transaction: Transaction) -> None:
            locked = await transaction.lock(exam.exam_id)
            if locked is not None:
                await revise(transaction, self._blobs, locked, seen, entries, settings=self._limits)

        await transact(self._ledger, "replay", work)
        count(entries)
        self._log.info("decisions applied", exam_id=str(exam.exam_id), count=len(entries))


def _why(code: Code) -> dict[str, str]:
    return {"code": code.value, "detail": _GONE[code]}


def _fits(decision: Decision, seen: Shown) -> bool:
    """Whether the rules still allow it: a replay may have read the question otherwise since."""
    try:
        made = entries_of(seen.result, seen.submission, [decision.wish()], lambda _wish: decision.author())
    except Problem:
        return False
    return bool(made)


async def _replace(connection: asyncpg.Connection, exam: Exam, items: list[Open], seen: Shown | None) -> int:
    """The exam's items as its result has them now; leases, skips and decisions that wait still stay.

    Returns how many decisions fell: neither applied nor to be applied any more.
    """
    there = await connection.fetch("SELECT 1 FROM review_items WHERE exam_id = $1 FOR UPDATE", exam.exam_id)
    void = await _clear(connection, exam, items, seen) if there else 0
    await _put(connection, exam, items)
    await connection.execute(
        "UPDATE exams SET review_revision = $2 WHERE exam_id = $1", exam.exam_id, exam.position.revision
    )
    return void


async def _clear(connection: asyncpg.Connection, exam: Exam, items: list[Open], seen: Shown | None) -> int:
    """Take the rows away that the result has no place for; how many decisions fell with them."""
    waiting = await decisions.of_exam(connection, exam.exam_id)
    kept = [each for each in waiting if seen is None or decisions.waits_still(each, seen)]
    if seen is None:
        await decisions.void(connection, exam.exam_id, [each.id for each in kept], _why(Code.RESULT_GONE))
    else:  # a new result makes what was void before worth a decision again
        await connection.execute("DELETE FROM review_items WHERE exam_id = $1 AND decision ? 'void'", exam.exam_id)
    await connection.execute(
        """DELETE FROM review_items WHERE exam_id = $1 AND NOT item_id = ANY($2)
             AND NOT coalesce(decision ->> 'id', '') = ANY($3) AND NOT coalesce(decision ? 'void', false)""",
        exam.exam_id,
        [item.item_id for item in items],
        [str(each.id) for each in kept],
    )
    applied = {entry.id for entry in seen.submission.corrections} if seen else set()
    return sum(each not in kept and each.id not in applied for each in waiting)


async def _put(connection: asyncpg.Connection, exam: Exam, items: list[Open]) -> None:
    await connection.executemany(
        """INSERT INTO review_items (item_id, exam_id, tenant, revision, place, path, reason, question, queued_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           ON CONFLICT (item_id) DO UPDATE SET revision = excluded.revision, place = excluded.place,
             reason = excluded.reason, question = excluded.question""",
        [
            (
                item.item_id, exam.exam_id, exam.tenant, exam.position.revision, item.place, list(item.path),
                item.reason, item.question, exam.completed_at,
            )
            for item in items
        ],
    )  # fmt: skip
