"""Gathers evidence from the live stack. Reads only: the database session is read-only, no group is joined, nothing put.

The order makes a look at a busy system fair: offsets first, then topics, then the books. Whatever an offset or a record
implies had happened before the books were opened.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncpg
from pydantic import ValidationError

from contracts.artefacts import Report, Submission
from contracts.errors import Transient
from contracts.events import BlobRef
from contracts.status import Status
from contracts.topics import STAGES, SUBMISSION, TOPICS, artefact_path
from runtime.blobs import BlobMissing, Blobs
from runtime.settings import KafkaSettings
from runtime.topics import committed_offsets, read_topic
from runtime.tracker import Partition
from services.gateway.projection import GROUP
from services.gateway.tools import outside
from services.gateway.tools.books import Books, read_books, settle
from services.gateway.tools.console import Bar
from services.gateway.tools.evidence import (
    Attempt,
    Evidence,
    Heard,
    Look,
    Row,
    Stored,
    Upload,
    heard,
)

T = TypeVar("T")

_GROUPS = (*(row.name for row in STAGES), GROUP)


@dataclass
class Found:
    """What the blob store holds of what the books name."""

    uploads: dict[uuid.UUID, Upload | None] = field(default_factory=dict)
    reports: dict[uuid.UUID, Stored] = field(default_factory=dict)
    files: dict[str, Stored] = field(default_factory=dict)
    marked: dict[uuid.UUID, bool] = field(default_factory=dict)


class WrongStore(OSError):
    """A blob store that holds nothing of what the books name."""


async def gather(look: Look, connection: asyncpg.Connection, kafka: KafkaSettings, blobs: Blobs) -> Evidence:
    """Look at everything once. Raises WrongStore, for a missing store is no missing report, and what the parts raise."""
    settled = await settle(connection, look.settle) if look.settle is not None else None
    committed, records = await topics(kafka)
    books = await read_books(connection)
    found = await _blobs(blobs, books, look.journal)
    streams = await outside.streams(look, connection, books.rows) if look.gateway else None
    processes = await outside.processes(look.metrics, books.connections) if look.metrics else None
    return Evidence(
        now=books.now,
        rows=books.rows,
        steps=books.steps,
        records=records,
        committed=committed,
        uploads=found.uploads,
        reports=found.reports,
        promised=books.promised,
        parked=books.parked,
        notified=books.notified,
        erased=books.erased,
        journal=look.journal,
        files=found.files,
        marked=found.marked,
        streams=streams,
        processes=processes,
        baseline=look.baseline,
        settled=settled,
    )


# --- the topics


async def topics(kafka: KafkaSettings) -> tuple[Mapping[str, Mapping[Partition, int]], list[Heard]]:
    """Committed offsets by group, and then every record there is; what a broker forgot is simply not there."""
    committed = {group: await committed_offsets(kafka, group) for group in _GROUPS}
    return committed, await read_records(kafka, [topic.name for topic in TOPICS])


async def read_records(kafka: KafkaSettings, names: Sequence[str]) -> list[Heard]:
    """Every record of these topics, those of one topic in order."""
    records: dict[str, list[Heard]] = {}
    with Bar("reading topics", len(names)) as bar:

        async def read(name: str) -> None:
            records[name] = [heard(record) async for record in read_topic(kafka, name)]
            bar.step()

        await each(read, names, side_by_side=6)
    return [item for name in names for item in records[name]]


# --- the blobs


async def _blobs(blobs: Blobs, books: Books, journal: Sequence[Attempt] | None) -> Found:
    found = Found()
    rows = books.rows
    with Bar("reading uploads and reports", len(rows)) as bar:

        async def look(row: Row) -> None:
            found.uploads[row.exam_id] = await _upload(blobs, row)
            if row.status == Status.COMPLETED:
                found.reports[row.exam_id] = await stored(blobs, row.report) if row.report else Stored.MISSING
            bar.step()

        await each(look, rows.values())
    if rows and not any(found.uploads.values()) and set(found.reports.values()) <= {Stored.MISSING}:
        raise WrongStore(
            f"the blob store has nothing of any of {len(rows)} exams: is REDINK_BLOBS_URL the installation's?"
        )
    for line in journal or ():
        if line.outcome == "ok" and line.exam_id and (row := rows.get(line.exam_id)):
            await _content(blobs, row, line, found)
    return found


async def _upload(blobs: Blobs, row: Row) -> Upload | None:
    try:
        data = await blobs.read(artefact_path(row.tenant, row.exam_id, row.revision, SUBMISSION))
        submission = Submission.model_validate_json(data)
    except (BlobMissing, ValidationError):
        return None
    essay = hashlib.sha256(submission.essay.content.encode()).hexdigest() if submission.essay else None
    return Upload(tuple(file.blob for file in submission.files), essay)


async def _content(blobs: Blobs, row: Row, line: Attempt, found: Found) -> None:
    upload = found.uploads.get(row.exam_id)
    for file in upload.files if upload else ():
        found.files[file.path] = await stored(blobs, file)
    if line.marker and row.report and found.reports.get(row.exam_id) is Stored.WHOLE:
        report = Report.model_validate_json(await blobs.get(row.report))
        html = await blobs.get(report.html) if await stored(blobs, report.html) is Stored.WHOLE else b""
        found.marked[row.exam_id] = line.marker.encode() in html


async def stored(blobs: Blobs, ref: BlobRef) -> Stored:
    """What lies where the reference points."""
    try:
        await blobs.get(ref)
    except BlobMissing:
        return Stored.MISSING
    except Transient:
        return Stored.OTHER
    return Stored.WHOLE


async def each(work: Callable[[T], Awaitable[Any]], items: Iterable[T], side_by_side: int = 16) -> None:
    """Do it for all, a few side by side; the first error ends it, as itself."""
    waiting = iter(list(items))

    async def one() -> None:
        for item in waiting:
            await work(item)

    tasks = [asyncio.create_task(one()) for _ in range(side_by_side)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
