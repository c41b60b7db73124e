"""What teachers decided of items, kept until it is applied: the decisions on one exam together, as one new revision.

A decision that can never be applied ends: it is void, with the reason, and is kept to be read. In the row that is
`decision -> 'void'`, beside what was decided.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import asyncpg
from pydantic import TypeAdapter

from contracts.artefacts.correction import Correctable
from contracts.artefacts.paper import KnowledgePoint
from services.gateway.core.cursor import Cursor
from services.gateway.corrections.revise import Shown
from services.gateway.corrections.rules import Author, Wish
from services.gateway.review.queue import Busy


@dataclass(frozen=True)
class Decision:
    """A correction in waiting; `fields` as JSON. The id becomes that of the entry in the exam's log."""

    id: uuid.UUID
    path: tuple[str, ...]
    by: str
    actor: str | None
    accept: bool
    fields: dict[Correctable, Any]
    at: datetime
    void: dict[str, str] | None = None
    """Why it will not be applied: `code` and `detail`"""

    def wish(self) -> Wish:
        """As the rules of corrections take it."""
        fields = dict(self.fields)
        if fields.get("knowledge_points") is not None:
            fields["knowledge_points"] = _POINTS.validate_python(fields["knowledge_points"])
        return Wish(".".join(self.path), fields, self.accept, self.id)

    def author(self) -> Author:
        """Who decided, and when."""
        return Author(self.by, self.actor, self.at)

    def same(self, other: "Decision") -> bool:
        """Whether both say the same, be it at another time."""
        return (self.path, self.accept, self.fields) == (other.path, other.accept, other.fields)


_POINTS = TypeAdapter(tuple[KnowledgePoint, ...])


def decision_of(row: asyncpg.Record) -> Decision:
    """A row with `path`, `decision` and `decided_at`."""
    said = row["decision"]
    return Decision(
        uuid.UUID(said["id"]), tuple(row["path"]), said["by"], said["actor"], said["accept"], said["fields"],
        row["decided_at"], said.get("void"),
    )  # fmt: skip


async def keep(
    pool: asyncpg.Pool, tenant: str, item_id: uuid.UUID, decision: Decision, token: uuid.UUID | None
) -> Decision | None:
    """Keep a decision on an item that has none, or a void one; one that says the same is the one kept before.

    None when there is no such item, or one with another decision. Items may be decided while their exam is worked on.
    Raises Busy.
    """
    said = {name: value for name, value in asdict(decision).items() if name not in {"path", "at", "void"}}
    said["id"] = str(decision.id)
    row = await pool.fetchrow(
        """UPDATE review_items SET decided_at = $4, decision = $5, lease = NULL, leased_by = NULL, leased_until = NULL
           WHERE item_id = $1 AND tenant = $2 AND (decided_at IS NULL OR decision ? 'void')
             AND (lease IS NULL OR lease = $3 OR leased_until <= clock_timestamp())
           RETURNING path, decision, decided_at""",
        item_id,
        tenant,
        token,
        decision.at,
        said,
    )
    if row is not None:
        return decision_of(row)
    row = await pool.fetchrow(
        "SELECT path, decision, decided_at, leased_until FROM review_items WHERE item_id = $1 AND tenant = $2",
        item_id,
        tenant,
    )
    if row is not None and row["decided_at"] is None:
        raise Busy(row["leased_until"])
    kept = decision_of(row) if row is not None else None
    return kept if kept is not None and kept.same(decision) else None


async def path_of(pool: asyncpg.Pool, tenant: str, item_id: uuid.UUID) -> tuple[uuid.UUID, tuple[str, ...]] | None:
    """The exam and the question of an item, open or decided."""
    row = await pool.fetchrow(
        "SELECT exam_id, path FROM review_items WHERE item_id = $1 AND tenant = $2", item_id, tenant
    )
    return (row["exam_id"], tuple(row["path"])) if row else None


async def due(pool: asyncpg.Pool, settle_seconds: float, but: Sequence[uuid.UUID], limit: int) -> list[uuid.UUID]:
    """Completed exams with decisions to be applied: nothing else is open, or nobody decided for `settle_seconds`."""
    rows = await pool.fetch(
        """SELECT i.exam_id FROM review_items i JOIN exams e ON e.exam_id = i.exam_id
           WHERE i.exam_id IN (SELECT exam_id FROM review_items WHERE decided_at IS NOT NULL AND NOT decision ? 'void')
             AND NOT i.exam_id = ANY($2) AND e.status = 'COMPLETED' AND e.review_revision = e.revision
           GROUP BY i.exam_id
           HAVING bool_and(i.decided_at IS NOT NULL)
               OR max(i.decided_at) < clock_timestamp() - make_interval(secs => $1)
           ORDER BY max(i.decided_at) LIMIT $3""",
        settle_seconds,
        but,
        limit,
    )
    return [row["exam_id"] for row in rows]


async def of_exam(pool: asyncpg.Pool | asyncpg.Connection, exam_id: uuid.UUID) -> list[Decision]:
    """The decisions that wait, in the order of the paper."""
    rows = await pool.fetch(
        """SELECT path, decision, decided_at FROM review_items
           WHERE exam_id = $1 AND decided_at IS NOT NULL AND NOT decision ? 'void' ORDER BY place""",
        exam_id,
    )
    return [decision_of(row) for row in rows]


async def give_back(pool: asyncpg.Pool, exam_id: uuid.UUID, ids: set[uuid.UUID]) -> None:
    """Open the items again whose decisions can't be applied."""
    await pool.execute(
        """UPDATE review_items SET decided_at = NULL, decision = NULL
           WHERE exam_id = $1 AND decision ->> 'id' = ANY($2::text[])""",
        exam_id,
        [str(each) for each in ids],
    )


async def void(
    pool: asyncpg.Pool | asyncpg.Connection, exam_id: uuid.UUID, ids: Iterable[uuid.UUID], why: Mapping[str, str]
) -> None:
    """End decisions that can't be applied any more, with the reason; the teacher may decide again."""
    await pool.execute(
        """UPDATE review_items SET decision = decision || jsonb_build_object('void', $3::jsonb)
           WHERE exam_id = $1 AND decision ->> 'id' = ANY($2::text[])""",
        exam_id,
        [str(each) for each in ids],
        dict(why),
    )


@dataclass(frozen=True)
class Kept:
    """A decision with its item and exam."""

    item_id: uuid.UUID
    exam_id: uuid.UUID
    decision: Decision


async def page(  # noqa: PLR0917 - the filters
    pool: asyncpg.Pool,
    tenant: str,
    exam_id: uuid.UUID | None,
    is_void: bool | None,
    after: Cursor | None,
    limit: int,
) -> list[Kept]:
    """Up to `limit` of the tenant's decisions that wait or are void, newest first; the cursor's id is an item's."""
    rows = await pool.fetch(
        """SELECT item_id, exam_id, path, decision, decided_at FROM review_items
           WHERE tenant = $1 AND decided_at IS NOT NULL AND ($2::uuid IS NULL OR exam_id = $2)
             AND ($3::boolean IS NULL OR (decision ? 'void') = $3)
             AND ($4::timestamptz IS NULL OR (decided_at, item_id) < ($4, $5::uuid))
           ORDER BY decided_at DESC, item_id DESC LIMIT $6""",
        tenant,
        exam_id,
        is_void,
        after.created_at if after else None,
        after.exam_id if after else None,
        limit,
    )
    return [Kept(row["item_id"], row["exam_id"], decision_of(row)) for row in rows]


def waits_still(decision: Decision, seen: Shown) -> bool:
    """Whether it is to be applied to what the exam shows now: not in the log yet, and no other teacher was first."""
    if any(entry.id == decision.id for entry in seen.submission.corrections):
        return False
    questions = [question for question in seen.result.questions if question.path == decision.path]
    return bool(questions) and not questions[0].reviewed_by
