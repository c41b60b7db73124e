"""What is owed when an exam ends: recorded in the transaction that ends it."""

import asyncpg

from services.gateway.exams import Exam
from services.gateway.webhooks.messages import BY_STATUS, CALLBACK, EventType, body_of_end, delivery_id
from services.gateway.webhooks.signing import new_secret

WEBHOOK_CHANNEL = "redink_webhook"


async def owe(connection: asyncpg.Connection, exam: Exam) -> None:
    """One delivery for each endpoint that is to be told; deriving it again adds none. Call it in a transaction."""
    event_type = BY_STATUS.get(exam.position.status)
    if event_type is None:
        return
    recipients = await _recipients(connection, exam, event_type)
    if not recipients:
        return
    if CALLBACK in dict(recipients):
        await ensure_callback(connection, exam.tenant)
    body = body_of_end(exam)
    await connection.executemany(
        """INSERT INTO webhook_deliveries (id, tenant, endpoint_id, url, event_type, exam_id, body)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING""",
        [
            (delivery_id(exam, endpoint), exam.tenant, endpoint, url, event_type.value, exam.exam_id, body)
            for endpoint, url in recipients
        ],
    )
    await wake(connection)


async def wake(connection: asyncpg.Connection) -> None:
    """Tell the senders, once the transaction has committed, that there is something to send."""
    await connection.execute("SELECT pg_notify($1, '')", WEBHOOK_CHANNEL)


async def ensure_callback(connection: asyncpg.Connection, tenant: str) -> None:
    """The tenant's sender of callbacks, made on first use."""
    await connection.execute(
        "INSERT INTO webhook_endpoints (tenant, id, events, secret) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        tenant,
        CALLBACK,
        [event.value for event in EventType],
        new_secret(),
    )


async def _recipients(
    connection: asyncpg.Connection, exam: Exam, event_type: EventType
) -> list[tuple[str, str | None]]:
    """(endpoint, the URL of a callback), of those that are subscribed and the exam's own callback, if it has one.

    Locked against deletion until the transaction ends: the foreign key of a delivery must not fail an exam's end.
    """
    rows = await connection.fetch(
        """WITH subscribed AS (
               SELECT id FROM webhook_endpoints WHERE tenant = $1 AND $2 = ANY(events) AND id <> $3
               ORDER BY id FOR KEY SHARE
           )
           SELECT id, NULL AS url FROM subscribed
           UNION ALL SELECT $3, callback_url FROM exams WHERE exam_id = $4 AND callback_url IS NOT NULL""",
        exam.tenant,
        event_type.value,
        CALLBACK,
        exam.exam_id,
    )
    return [(row["id"], row["url"]) for row in rows]
