"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): replay, 409 in flight, 422 for another payload.

A key is reserved before the body is read and settled in the transaction that accepts the exam. A reservation whose
process died ends with its lease.
"""

import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Any

import asyncpg

from contracts.artefacts import Submission
from services.gateway.core.problems import Code, Problem
from services.gateway.exams import Connection

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True)
class Reservation:
    """This request holds the key."""

    tenant: str
    key: str
    owner: uuid.UUID


@dataclass(frozen=True)
class Earlier:
    """An earlier request with the key was accepted."""

    exam_id: uuid.UUID
    fingerprint: bytes
    response: dict[str, Any]


def checked(key: str) -> str:
    """The header's value without the quotes the draft wants and few clients send; Problem(INVALID_IDEMPOTENCY_KEY)."""
    bare = key[1:-1] if len(key) >= 2 and key[0] == key[-1] == '"' else key
    if not _KEY.fullmatch(bare):
        raise Problem(Code.INVALID_IDEMPOTENCY_KEY)
    return bare


def fingerprint(submission: Submission, priority: str) -> bytes:
    """SHA-256 of what the request asks for: fields and file contents, not where this attempt put them."""
    plain = submission.model_dump(mode="json", exclude={"files"})
    files = [(file.blob.sha256, file.blob.size) for file in submission.files]
    return hashlib.sha256(repr((sorted(plain.items()), files, priority)).encode()).digest()


async def reserve(pool: asyncpg.Pool, tenant: str, key: str, lease_seconds: float) -> Reservation | Earlier:
    """Take the key; Problem(IDEMPOTENCY_IN_FLIGHT) while another request has it."""
    owner = uuid.uuid4()
    row = await pool.fetchrow(
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
    row = await pool.fetchrow(
        "SELECT exam_id, fingerprint, response FROM idempotency WHERE tenant = $1 AND key = $2 AND exam_id IS NOT NULL",
        tenant,
        key,
    )
    if row is None:
        raise Problem(Code.IDEMPOTENCY_IN_FLIGHT, headers={"Retry-After": "2"})
    return Earlier(row["exam_id"], row["fingerprint"], row["response"])


async def settle(
    connection: Connection, held: Reservation, exam_id: uuid.UUID, digest: bytes, response: dict[str, Any]
) -> None:
    """Bind the key to the exam and its answer, in the exam's transaction; IDEMPOTENCY_IN_FLIGHT when the lease went to another."""
    done = await connection.execute(
        "UPDATE idempotency SET exam_id = $4, fingerprint = $5, response = $6 WHERE tenant = $1 AND key = $2 AND owner = $3",
        held.tenant,
        held.key,
        held.owner,
        exam_id,
        digest,
        response,
    )
    if done != "UPDATE 1":
        raise Problem(Code.IDEMPOTENCY_IN_FLIGHT)


async def release(pool: asyncpg.Pool, held: Reservation) -> None:
    """Give the key back: nothing was accepted."""
    await pool.execute(
        "DELETE FROM idempotency WHERE tenant = $1 AND key = $2 AND owner = $3 AND exam_id IS NULL",
        held.tenant,
        held.key,
        held.owner,
    )
