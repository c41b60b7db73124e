"""Cursors of the exam list: opaque to clients, the position after the last item of a page."""

import base64
import binascii
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from services.gateway.core.problems import Code, Problem


@dataclass(frozen=True)
class Cursor:
    """A position in the list, newest first."""

    created_at: datetime
    exam_id: uuid.UUID


def encode(cursor: Cursor) -> str:
    """URL-safe text without padding."""
    text = json.dumps([cursor.created_at.isoformat(), cursor.exam_id.hex], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str) -> Cursor:
    """The inverse of `encode`; Problem(INVALID_CURSOR) for anything else."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        created_at, exam_id = json.loads(raw)
        moment = datetime.fromisoformat(created_at)
        if moment.tzinfo is None:
            raise ValueError("a time without zone")  # noqa: TRY301 - one way out for all that is wrong
        return Cursor(moment.astimezone(UTC), uuid.UUID(exam_id))
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error, RecursionError) as error:
        raise Problem(Code.INVALID_CURSOR) from error
