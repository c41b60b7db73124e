"""Cursors of the queue: the position of the last item of a page."""

import uuid

from services.gateway.core.cursor import date_of, dated, ours
from services.gateway.review.queue import After


def encode(after: After) -> str:
    """URL-safe text without padding."""
    return dated(after.queued_at, after.exam_id.hex, after.place)


def decode(text: str) -> After:
    """The inverse of `encode`; Problem(INVALID_CURSOR) for anything else."""
    with ours():
        queued_at, exam_id, place = date_of(text)
        if type(place) is not int or not 0 <= place < 1_000_000:
            raise ValueError("not ours")
        return After(queued_at, uuid.UUID(exam_id), place)
