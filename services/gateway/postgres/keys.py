"""Rows of `idempotency`."""

import uuid
from typing import Any, Literal

import asyncpg

from services.gateway.core.problems import Code, Problem
from services.gateway.idempotency import Earlier, Reservation

KEY_DAYS = 3
"""How long a key is remembered by what was made under it, where it is kept there."""

Table = Literal["templates", "webhook_endpoints", "practices", "course_proposals"]
"""Those that keep the key that each of their rows was made under."""


async def forget_key(
    connection: asyncpg.Connection | asyncpg.Pool,
    table: Table,
    tenant: str,
    key: str,
) -> None:
    """Take the key from what was made under it too long ago, so that it may be used anew."""
    await connection.execute(
        f"""UPDATE {table} SET idempotency_key = NULL WHERE tenant = $1 AND idempotency_key = $2
            AND created_at < clock_timestamp() - make_interval(days => $3)""",  # noqa: S608
        tenant,
        key,
        KEY_DAYS,
    )


async def made_before(
    connection: asyncpg.Connection | asyncpg.Pool, table: Table, columns: str, asked: tuple[str, str, bytes]
) -> asyncpg.Record | None:
    """The row that an earlier request with the key made; `asked`: tenant, key, and SHA-256 of what is asked for now.

    None when there is none, or it was so long ago that the key is forgotten. Problem(IDEMPOTENCY_MISMATCH).
    """
    tenant, key, digest = asked
    await forget_key(connection, table, tenant, key)
    row = await connection.fetchrow(
        f"SELECT fingerprint = $3 AS same, {columns} FROM {table} WHERE tenant = $1 AND idempotency_key = $2",  # noqa: S608
        tenant,
        key,
        digest,
    )
    if row is not None and not row["same"]:
        raise Problem(Code.IDEMPOTENCY_MISMATCH)
    return row


class Keys:
    """The part of a transaction that is about Idempotency-Keys."""

    _connection: asyncpg.Connection

    async def reserve(self, tenant: str, key: str, lease_seconds: float) -> Reservation | Earlier | None:
        owner = uuid.uuid4()
        row = await self._connection.fetchrow(
            """INSERT INTO idempotency AS i (tenant, key, owner, lease_until)
               VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
               ON CONFLICT (tenant, key) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until
                 WHERE i.exam_id IS NULL AND i.lease_until < clock_timestamp()
               RETURNING owner""",
            tenant,
            key,
            owner,
            lease_seconds,
        )
        if row is not None:
            return Reservation(tenant, key, owner)
        row = await self._connection.fetchrow(
            """SELECT exam_id, fingerprint, response FROM idempotency
               WHERE tenant = $1 AND key = $2 AND exam_id IS NOT NULL""",
            tenant,
            key,
        )
        return Earlier(row["exam_id"], row["fingerprint"], row["response"]) if row else None

    async def renew(self, held: Reservation, lease_seconds: float) -> bool:
        done = await self._connection.execute(
            """UPDATE idempotency SET lease_until = clock_timestamp() + make_interval(secs => $4)
               WHERE tenant = $1 AND key = $2 AND owner = $3""",
            held.tenant,
            held.key,
            held.owner,
            lease_seconds,
        )
        return bool(done == "UPDATE 1")

    async def settle(self, held: Reservation, exam_id: uuid.UUID, digest: bytes, response: dict[str, Any]) -> bool:
        done = await self._connection.execute(
            """UPDATE idempotency SET exam_id = $4, fingerprint = $5, response = $6
               WHERE tenant = $1 AND key = $2 AND owner = $3 AND exam_id IS NULL""",
            held.tenant,
            held.key,
            held.owner,
            exam_id,
            digest,
            response,
        )
        return bool(done == "UPDATE 1")

    async def release(self, held: Reservation) -> None:
        await self._connection.execute(
            "DELETE FROM idempotency WHERE tenant = $1 AND key = $2 AND owner = $3 AND exam_id IS NULL",
            held.tenant,
            held.key,
            held.owner,
        )

    async def forget_keys(self, seconds: float) -> None:
        """Drop keys older than that."""
        await self._connection.execute(
            "DELETE FROM idempotency WHERE created_at < now() - make_interval(secs => $1)", seconds
        )
