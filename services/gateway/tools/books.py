"""The database as an audit reads it: in a session that can't write, and all of one moment."""

import asyncio
import json
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from contracts.events import BlobRef
from services.gateway.settings import PostgresSettings
from services.gateway.tools.console import Bar
from services.gateway.tools.evidence import ENDED, Notified, Parked, Row, Step


@dataclass(frozen=True)
class Books:
    """What the database says, all of one moment."""

    now: datetime
    rows: Mapping[uuid.UUID, Row]
    steps: Mapping[uuid.UUID, Sequence[Step]]
    promised: frozenset[uuid.UUID]
    parked: Sequence[Parked]
    notified: Sequence[Notified] | None
    connections: int
    erased: frozenset[uuid.UUID]


@asynccontextmanager
async def read_only(settings: PostgresSettings) -> AsyncIterator[asyncpg.Connection]:
    """A session in which the database refuses to write, whatever this program does."""
    connection = await asyncpg.connect(
        settings.dsn.get_secret_value(),
        command_timeout=120,
        server_settings={"application_name": "redink-audit", "default_transaction_read_only": "on"},
    )
    try:
        yield connection
    finally:
        await connection.close()


async def settle(connection: asyncpg.Connection, seconds: float) -> bool:
    """Wait until nothing is in flight, to be published or parked for an exam that exists; whether that came."""
    until = asyncio.get_running_loop().time() + seconds
    with Bar("waiting for rest") as bar:
        while True:
            restless = await connection.fetchval(
                """SELECT (SELECT count(*) FROM exams WHERE NOT status = ANY($1))
                        + (SELECT count(*) FROM outbox) + (SELECT count(*) FROM parked JOIN exams USING (exam_id))""",
                list(ENDED),
            )
            if not restless:
                return True
            if asyncio.get_running_loop().time() > until:
                return False
            bar.say(f"{restless} in motion")
            await asyncio.sleep(0.5)


async def read_books(connection: asyncpg.Connection) -> Books:
    """All tables, as of one snapshot."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        steps: dict[uuid.UUID, list[Step]] = defaultdict(list)
        for row in await connection.fetch("SELECT exam_id, number, revision, status FROM exam_events"):
            steps[row["exam_id"]].append(Step(row["number"], row["revision"], row["status"]))
        rows = {row["exam_id"]: _row(row) for row in await connection.fetch("SELECT * FROM exams")}
        promised = await connection.fetch(
            """SELECT exam_id FROM idempotency WHERE exam_id IS NOT NULL AND NOT coalesce(response ? 'ignored', false)
               EXCEPT SELECT batch_id FROM batches"""  # what has ignored columns was an import, which may be gone
        )
        parked = await connection.fetch("SELECT topic, exam_id, reason, received_at FROM parked")
        erased = await connection.fetch("SELECT exam_id FROM exam_tombstones")
        return Books(
            now=await connection.fetchval("SELECT clock_timestamp()"),
            rows=rows,
            steps=steps,
            promised=frozenset(row["exam_id"] for row in promised),
            parked=[Parked(**row) for row in parked],
            notified=await _notified(connection),
            erased=frozenset(row["exam_id"] for row in erased),
            connections=await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ),
        )


def _row(row: asyncpg.Record) -> Row:
    names = ("exam_id", "tenant", "revision", "status", "attempt", "done", "deadline", "last_event")
    report = json.loads(row["report"]) if row["report"] else None
    return Row(
        code=row["error_code"],
        report=BlobRef.model_validate(report) if report else None,
        **{name: row[name] for name in names},
    )


async def _notified(connection: asyncpg.Connection) -> list[Notified] | None:
    if await connection.fetchval("SELECT to_regclass('webhook_deliveries')") is None:
        return None
    rows = await connection.fetch(_NOTIFIED, list(ENDED))
    return [Notified(**row) for row in rows]


_NOTIFIED = r"""
WITH told AS (
    SELECT exam_id, tenant, endpoint_id, event_type, substring(body FROM '"revision": *([0-9]+)')::integer AS revision
    FROM webhook_deliveries WHERE exam_id IS NOT NULL
)
SELECT exam_id, tenant || '/' || endpoint_id AS endpoint, string_agg(event_type, ', ') AS event, count(*) AS messages
FROM told GROUP BY exam_id, tenant, endpoint_id, revision
UNION ALL  -- what was asked for with the upload and never recorded; older deliveries are forgotten in time
SELECT exam_id, tenant || '/callback', 'exam.' || lower(status), 0 FROM exams e
WHERE callback_url IS NOT NULL AND status = ANY($1) AND completed_at > now() - interval '1 hour'
  AND NOT EXISTS (SELECT FROM told WHERE told.exam_id = e.exam_id AND told.revision = e.revision
                  AND told.endpoint_id = 'callback')
"""
"""One end is one message per endpoint, whatever it is called: COMPLETED and FAILED of one revision are two."""
