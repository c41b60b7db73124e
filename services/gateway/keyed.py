"""What is done under an Idempotency-Key: taken before the work, held while it lasts, settled in the work's transaction."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from runtime import log
from services.gateway import idempotency
from services.gateway.core.problems import Code, Problem
from services.gateway.idempotency import Earlier, Reservation
from services.gateway.ledger import Ledger, Transaction, transact

_RELEASE_SECONDS = 2.0
"""A request that failed has told its client nothing yet."""


def in_flight() -> Problem:
    """Another request holds the key, or has taken it over."""
    return Problem(Code.IDEMPOTENCY_IN_FLIGHT, headers={"Retry-After": "2"})


async def take(transaction: Transaction, tenant: str, key: str, lease_seconds: float) -> Reservation | Earlier:
    """The key, or what an earlier request with it was told; Problem(IDEMPOTENCY_IN_FLIGHT)."""
    found = await transaction.reserve(tenant, key, lease_seconds)
    if found is None:
        raise in_flight()
    return found


async def settle(
    transaction: Transaction, held: Reservation | None, made: uuid.UUID, digest: bytes, response: dict[str, Any]
) -> None:
    """Bind the key, if there is one, to what was made under it; Problem(IDEMPOTENCY_IN_FLIGHT) when it was taken over."""
    if held is not None and not await transaction.settle(held, made, digest, response):
        raise in_flight()


@dataclass(frozen=True)
class Once:
    """A call that is done once. `earlier`: it was done, and this is a repetition of it."""

    digest: bytes
    held: Reservation | None = None
    earlier: Earlier | None = None

    async def settle(self, transaction: Transaction, made: uuid.UUID, response: dict[str, Any]) -> None:
        """In the transaction of the work; Problem(IDEMPOTENCY_IN_FLIGHT)."""
        await settle(transaction, self.held, made, self.digest, response)


@asynccontextmanager
async def once(
    ledger: Ledger, tenant: str, key: str | None, digest: bytes, lease_seconds: float
) -> AsyncIterator[Once]:
    """Do what `digest` names at most once under the key; without a key, whenever it is asked for.

    Problem(INVALID_IDEMPOTENCY_KEY | IDEMPOTENCY_IN_FLIGHT | IDEMPOTENCY_MISMATCH).
    """
    if key is None:
        yield Once(digest)
        return
    checked = idempotency.checked(key)
    found = await transact(ledger, "reserve", lambda books: take(books, tenant, checked, lease_seconds))
    if isinstance(found, Earlier):
        if found.fingerprint != digest:
            raise Problem(Code.IDEMPOTENCY_MISMATCH)
        yield Once(digest, earlier=found)
        return
    async with holding(ledger, found, lease_seconds):
        yield Once(digest, found)


@asynccontextmanager
async def holding(ledger: Ledger, held: Reservation | None, lease_seconds: float) -> AsyncIterator[None]:
    """Keep the key's lease while the work lasts; what ends with an error gives the key back."""
    if held is None:
        yield
        return
    renewing = asyncio.create_task(_renew(ledger, held, lease_seconds), name="lease of an Idempotency-Key")
    try:
        yield
    except BaseException:
        await _release(ledger, held)
        raise
    finally:
        renewing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await renewing


async def _renew(ledger: Ledger, held: Reservation, lease_seconds: float) -> None:
    """Until cancelled, or the lease went to another request; `settle` sees that, too."""
    while True:
        await asyncio.sleep(lease_seconds / 3)
        try:
            if not await transact(ledger, "reserve", lambda transaction: transaction.renew(held, lease_seconds)):
                return
        except Exception as error:  # noqa: BLE001 - the next turn may succeed, and `settle` checks the lease
            log.get("gateway.idempotency").warning("lease not renewed", error=log.what(error))


async def _release(ledger: Ledger, held: Reservation) -> None:
    try:
        async with asyncio.timeout(_RELEASE_SECONDS):
            await transact(ledger, "release", lambda transaction: transaction.release(held))
    except Exception as error:  # noqa: BLE001 - the request's own error is the one to tell; the lease ends by itself
        log.get("gateway.idempotency").warning("key not given back", error=log.what(error))
