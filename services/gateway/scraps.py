"""Blobs that nothing leads to: what was stored before a request was refused, or of what was taken back."""

from collections.abc import Sequence

from runtime import log
from runtime.blobs import Blobs


async def drop(blobs: Blobs, paths: Sequence[str]) -> None:
    """Delete them, if that can be done now: the client is told what it asked for, not that scraps of it stay."""
    if not paths:
        return
    try:
        await blobs.delete(list(paths))
    except Exception as error:  # noqa: BLE001 - it is no reason to answer otherwise
        log.get("gateway.blobs").warning("scraps are kept", files=len(paths), error=log.what(error))
