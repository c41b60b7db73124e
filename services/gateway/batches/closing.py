"""A batch's end and what its webhooks are owed: one transaction, so it is told once or not yet."""

import json
import uuid
from typing import Any

import asyncpg

from services.gateway.batches import claims
from services.gateway.batches.rows import Batch
from services.gateway.webhooks.messages import CALLBACK, EventType
from services.gateway.webhooks.owed import wake


async def close(pool: asyncpg.Pool, batch_id: uuid.UUID) -> Batch | None:
    """End the batch if all of it has ended, and owe its message; None when there was nothing to do."""
    async with pool.acquire() as connection, connection.transaction():
        batch = await claims.close(connection, batch_id)
        if batch is not None:
            await _owe(connection, batch)
        return batch


async def _owe(connection: asyncpg.Connection, batch: Batch) -> None:
    """One delivery per endpoint that subscribed, locked against deletion meanwhile."""
    endpoints = await connection.fetch(
        """SELECT id FROM webhook_endpoints WHERE tenant = $1 AND $2 = ANY(events) AND id <> $3
           ORDER BY id FOR KEY SHARE""",
        batch.tenant,
        EventType.BATCH_COMPLETED.value,
        CALLBACK,
    )
    if not endpoints:
        return
    body = body_of_end(batch)
    await connection.executemany(
        """INSERT INTO webhook_deliveries (id, tenant, endpoint_id, event_type, body)
           VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING""",
        [
            (uuid.uuid5(batch.batch_id, f"ended/{row['id']}"), batch.tenant, row["id"], EventType.BATCH_COMPLETED, body)
            for row in endpoints
        ],
    )
    await wake(connection)


def body_of_end(batch: Batch) -> str:
    """The body about a batch that ended: ids, counts and links, never names."""
    assert batch.ended_at is not None
    base = f"/api/v1/batches/{batch.batch_id}"
    moment = batch.ended_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data: dict[str, Any] = {
        "batch_id": str(batch.batch_id),
        "created_at": batch.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "ended_at": moment,
        "papers": batch.counts.papers,
        "refused": batch.counts.states.get("refused", 0),
        "counts": dict(sorted(batch.counts.statuses.items())),
        "links": {"self": base, "exams": f"{base}/exams", "class_report": f"{base}/class-report"},
    }
    return json.dumps({"type": EventType.BATCH_COMPLETED, "timestamp": moment, "data": data}, separators=(",", ":"))
