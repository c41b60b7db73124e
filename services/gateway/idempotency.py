"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): replay, 409 in flight, 422 for another payload.

A key is reserved before the body is read and settled in the transaction that accepts the exam. A reservation whose
process died ends with its lease.
"""

import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Any

from contracts.artefacts import Submission
from services.gateway.core.problems import Code, Problem

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


def fingerprint(submission: Submission, priority: str, callback_url: str | None = None) -> bytes:
    """SHA-256 of what the request asks for: fields and file contents, not where this attempt put them."""
    # `trend`, `essay` and `points` came later: with them, a key that was settled before an upgrade would fit no repetition after it.
    left_out: dict[str, bool | set[str]] = {"files": True, "corrections": True, "points": True, "background": {"trend"}}
    plain = submission.model_dump(mode="json", exclude=left_out)
    if submission.essay is None:
        del plain["essay"]
    files = [(file.blob.sha256, file.blob.size) for file in submission.files]
    asked = (sorted(plain.items()), files, priority, *([callback_url] if callback_url else []))
    return hashlib.sha256(repr(asked).encode()).digest()


def digest(*asked: object) -> bytes:
    """SHA-256 of what a call without a body to speak of asks for."""
    return hashlib.sha256(repr(asked).encode()).digest()
