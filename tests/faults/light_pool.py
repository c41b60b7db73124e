"""What the light ocr stage runs in its pool: a module that imports next to nothing, as its processes are often new."""

import os
import re
import signal
from typing import Any, NamedTuple

_FORM = re.compile(rb"marker=([0-9a-f]+) pages=(\d+) poison=(\S*)")


class Upload(NamedTuple):
    """What an upload says of itself. `poison` as verb@stage, or empty."""

    marker: str
    pages: int
    poison: str

    def verb(self, stage: str) -> str:
        """What is to go wrong in this stage; empty for nothing."""
        verb, _, where = self.poison.partition("@")
        return verb if where == stage else ""


def paper(upload: Upload, size: int = 0) -> bytes:
    """The bytes of an upload, at least `size` of them; the gateway takes them for a PDF."""
    text = f"%PDF-1.4 marker={upload.marker} pages={upload.pages} poison={upload.poison} \n".encode()
    return text.ljust(size, b"%")


def read(data: bytes) -> tuple[Any, ...]:
    """(marker, pages, poison) of an upload; a poisoned one may kill this process."""
    found = _FORM.search(data)
    if found is None:
        raise ValueError("no light paper")
    upload = Upload(found[1].decode(), int(found[2]), found[3].decode())
    if upload.verb("ocr") == "kill-child":
        os.kill(os.getpid(), signal.SIGKILL)
    return tuple(upload)
