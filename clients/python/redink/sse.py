"""Server-sent events, as lines come in (WHATWG HTML, section 9.2.6: only what Redink sends)."""

import json
from typing import Any


class Frames:
    """Gathers lines into events; `last` is where to go on after a cut."""

    def __init__(self) -> None:
        self.last: str | None = None
        self._data: list[str] = []
        self._id: str | None = None

    def take(self, line: str) -> dict[str, Any] | None:
        """The event that this line completes."""
        if not line:
            return self._complete()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "id":
            self._id = value
        return None

    def cut(self) -> None:
        """The stream broke: what was begun will come again."""
        self._data, self._id = [], None

    def _complete(self) -> dict[str, Any] | None:
        data, self._data = "\n".join(self._data), []
        if not data:
            return None
        self.last = self._id or self.last
        document: dict[str, Any] = json.loads(data)
        return document
