"""Request headers that several routes take."""

from typing import Annotated

from fastapi import Depends, Header

from services.gateway import idempotency

InKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A repeated request with the same key makes nothing again, and gets the first answer; kept for 72 h.",
    ),
]


def _checked(idempotency_key: InKey = None) -> str | None:
    return None if idempotency_key is None else idempotency.checked(idempotency_key)


InCheckedKey = Annotated[str | None, Depends(_checked)]
"""Problem(INVALID_IDEMPOTENCY_KEY); routes name it after those who look at the API key."""
