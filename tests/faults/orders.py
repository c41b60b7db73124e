"""What a process has been ordered to suffer: a small file that the nemesis writes and every tortured process watches.

The file is a JSON object {process or role or "*": {kind: value}}; the more exact name wins. `REDINK_CRASH_AT` says the
same as the kind `crash`, from the process's start.
"""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any


class Journal:
    """Lines of JSON that outlive their writer: one O_APPEND write each, so that many processes share a file."""

    def __init__(self, path: Path | str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, **fact: Any) -> None:
        """Append one fact."""
        os.write(self._file, (json.dumps({"at": round(time.time(), 3), **fact}) + "\n").encode())


def read_journal(path: Path | str) -> list[dict[str, Any]]:
    """All facts of a journal; none when nobody wrote one."""
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines]


class Orders:
    """The orders of one process, as it reads them."""

    def __init__(self, path: Path | str, name: str) -> None:
        """`name` as ocr-2; its role is what stands before the number."""
        self._path = Path(path)
        self._names = ("*", name.rpartition("-")[0] or name, name)
        self._read_at: int = -1
        self._mine: dict[str, Any] = {}

    def get(self, kind: str, default: Any = 0.0) -> Any:
        """What is ordered now."""
        try:
            changed = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return default
        if changed != self._read_at:
            every = json.loads(self._path.read_text("utf-8"))
            self._mine = {kind: value for name in self._names for kind, value in every.get(name, {}).items()}
            self._read_at = changed
        return self._mine.get(kind, default)


class Commands:
    """The other side: writes the file, all at once, so that no reader sees half of it."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._all: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._write()

    def set(self, name: str, **kinds: Any) -> None:
        """Order these kinds (dots as two underscores: blobs__error) of a process, a role or "*"; None revokes."""
        with self._lock:
            mine = self._all.setdefault(name, {})
            for kind, value in kinds.items():
                mine[kind.replace("__", ".")] = value
                if value is None:
                    del mine[kind.replace("__", ".")]
            self._write()

    def clear(self) -> None:
        """Revoke everything."""
        with self._lock:
            self._all.clear()
            self._write()

    def _write(self) -> None:
        aside = self._path.with_suffix(".new")
        aside.write_text(json.dumps(self._all), "utf-8")
        aside.replace(self._path)
