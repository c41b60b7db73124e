"""Asking an opener about one file that is still arriving."""

import asyncio
from contextlib import suppress

from pydantic import ValidationError

from contracts.opening import Ask, Look

_PATIENCE = 1.0
"""Seconds for the opener to be reached and to take some bytes: an upload waits no longer for it."""
_MOST = 64 * 1024
_TROUBLE = (OSError, TimeoutError, ValidationError, ValueError)


class Glance:
    """One file, passed on to the opener. Trouble with the opener ends the glance, never the upload."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._failed = False

    @classmethod
    async def begin(cls, path: str) -> "Glance | None":
        """None when no opener answers."""
        try:
            async with asyncio.timeout(_PATIENCE):
                reader, writer = await asyncio.open_unix_connection(path, limit=_MOST)
        except _TROUBLE:
            return None
        glance = cls(reader, writer)
        await glance.show(Ask(do="look").model_dump_json().encode() + b"\n")
        return glance

    async def show(self, data: bytes) -> None:
        """Pass bytes on; waits while the opener is slower than the client, but not for long."""
        if self._failed:
            return
        try:
            self._writer.write(data)
            async with asyncio.timeout(_PATIENCE):
                await self._writer.drain()
        except _TROUBLE:
            self.give_up()

    async def look(self) -> Look | None:
        """What the opener says once it has the whole file; None when it says nothing. Ends the glance."""
        if self._failed:
            return None
        try:
            self._writer.write_eof()
            return Look.model_validate_json(await self._reader.readline())
        except _TROUBLE:
            return None
        finally:
            self.give_up()

    def give_up(self) -> None:
        """End the connection; the opener's child ends with it."""
        self._failed = True
        with suppress(OSError):
            self._writer.transport.abort()
