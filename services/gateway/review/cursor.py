"""Cursors of the queue: opaque to clients, the position of the last item of a page."""

import base64
import binascii
import json
import uuid
from datetime import UTC, datetime

from services.gateway.core.problems import Code, Problem
from services.gateway.review.queue import After


def encode(after: After) -> str:
    """URL-safe text without padding."""
    text = json.dumps([after.queued_at.isoformat(), after.exam_id.hex, after.place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str) -> After:
    """The inverse of `encode`; Problem(INVALID_CURSOR) for anything else."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        queued_at, exam_id, place = json.loads(raw)
        moment = datetime.fromisoformat(queued_at)
        if moment.tzinfo is None or type(place) is not int or not 0 <= place < 1_000_000:
            raise ValueError("not ours")  # noqa: TRY301 - one way out for all that is wrong
        return After(moment.astimezone(UTC), uuid.UUID(exam_id), place)
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error, RecursionError) as error:
        raise Problem(Code.INVALID_CURSOR) from error
