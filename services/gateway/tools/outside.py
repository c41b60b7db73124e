"""What is seen from outside: the event streams a client gets, and what the processes say they hold."""

import asyncio
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import asyncpg

from services.gateway.core import keys
from services.gateway.tools.evidence import Look, Process, Row, Stream

_SECONDS = 20
_MEASURED = {
    "process_resident_memory_bytes": "resident_bytes",
    "process_open_fds": "open_files",
    "redink_tasks": "tasks",
    "redink_threads": "threads",
}


async def streams(look: Look, connection: asyncpg.Connection, rows: Mapping[uuid.UUID, Row]) -> list[Stream]:
    """Streams of a sample of the key's ended exams, whole and resumed after the middle and after the end."""
    key = keys.parse(look.api_key or "")
    tenant = await connection.fetchval("SELECT tenant FROM api_keys WHERE id = $1", key.id) if key else None
    ended = sorted(row.exam_id for row in rows.values() if row.ended and row.tenant == tenant)
    chosen = ended[:: max(1, len(ended) // max(1, look.sample))][: look.sample]
    seen = []
    for exam_id in chosen:
        last = rows[exam_id].last_event
        for since in sorted({0, last // 2, last}):
            url = f"{(look.gateway or '').rstrip('/')}/api/v1/exams/{exam_id}/events"
            numbers, final = await asyncio.to_thread(_read_stream, url, look.api_key or "", since)
            seen.append(Stream(exam_id, since, numbers, final))
    return seen


def _read_stream(url: str, key: str, since: int) -> tuple[tuple[int, ...], bool]:
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
    if since:
        headers["Last-Event-ID"] = str(since)
    numbers: list[int] = []
    final = False
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_SECONDS) as answer:  # noqa: S310
        if answer.status == HTTPStatus.NO_CONTENT:
            return (), True
        for raw in answer:
            line = raw.decode().rstrip("\n")
            if line.startswith("id: "):
                numbers.append(int(line[4:]))
            elif line.startswith("data: "):
                final = '"final": true' in line
    return tuple(numbers), final


async def processes(urls: Sequence[str], connections: int) -> list[Process]:
    """What each /metrics says of memory, files, tasks and threads; and the database's connections."""
    found = [Process(url, await asyncio.to_thread(_measure, url)) for url in urls]
    return [*found, Process("postgres", {"connections": float(connections)})]


def _measure(url: str) -> dict[str, float]:
    values = {}
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - the operator named it
        for raw in answer:
            name, _, value = raw.decode().strip().rpartition(" ")
            if name in _MEASURED:
                values[_MEASURED[name]] = float(value)
    return values
