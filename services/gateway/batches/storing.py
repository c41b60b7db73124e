"""Papers whose bytes are stored: each with its exam's id and advice on its photos, or with why it is refused."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass
from typing import Any, cast

from contracts.artefacts import UploadedFile
from contracts.events import BlobRef
from contracts.topics import SUBMISSION, artefact_path
from runtime.blobs import Blobs
from services.gateway import scraps
from services.gateway.batches.archive import DAMAGED
from services.gateway.batches.papers import File, Planned, media_type
from services.gateway.batches.plan import Paper
from services.gateway.batches.spool import chunks
from services.gateway.core.advice import KinCode
from services.gateway.core.form import Form
from services.gateway.core.problems import Code, Problem
from services.gateway.looks.advice import Told, told
from services.gateway.looks.watch import Looks, Watch, refuse

_AT_ONCE = 4
"""Papers of a batch that are stored at a time."""


@dataclass(frozen=True)
class Kin:
    """Advice on a paper beside an earlier one, `paper`, of its batch; `file` from 1, `text` for users."""

    page: None
    file: int
    code: KinCode
    text: str
    paper: int


@dataclass(frozen=True)
class Kept:
    """A paper of a batch, numbered from 1: stored and to become `exam_id`, or refused.

    `scraps`: paths of what was stored before it was refused, to be deleted when the batch is known to be this request's:
    of a repeated request the first may have made an exam of them. `digests`: SHA-256 of its files, in their order.
    """

    number: int
    name: str
    files: int
    exam_id: uuid.UUID | None = None
    artefact: BlobRef | None = None
    form: Form | None = None
    refusal: Problem | None = None
    advice: Sequence[Told | Kin] = ()
    scraps: Sequence[str] = ()
    digests: Sequence[str] = ()


@dataclass(frozen=True)
class Place:
    """Where the papers of a batch go. `complete` looks up what a form names, or raises Problem; files are looked at for
    `look_seconds` from the first on, so that a large batch is not kept waiting for advice, and each paper waits `patience` seconds for the look at its last.
    """

    batch_id: uuid.UUID
    tenant: str
    blobs: Blobs
    complete: Callable[[Form], Awaitable[Form]]
    looks: Looks
    look_seconds: float
    patience: float


@dataclass(frozen=True)
class _Stored:
    artefact: BlobRef
    advice: Sequence[Told]
    digests: Sequence[str]


class _Refused(Exception):
    """A paper whose files are stored can't be read."""

    def __init__(self, problem: Problem, scraps: Sequence[str]) -> None:
        super().__init__(problem.code.value)
        self.problem = problem
        self.scraps = scraps


async def stored(found: Planned, place: Place) -> list[Kept]:
    """Store every paper that can be taken."""
    gate = asyncio.Semaphore(_AT_ONCE)
    until = time.monotonic() + place.look_seconds

    async def keep(number: int, paper: Paper) -> Kept:
        if paper.form is None:
            return Kept(number, paper.name, len(paper.files), refusal=paper.refusal)
        async with gate:
            exam_id = uuid.uuid5(place.batch_id, str(number))
            files = [found.files[index] for index in paper.files]
            try:
                form = await place.complete(paper.form)
                with place.looks.watch(look=time.monotonic() < until) as watch:
                    done = await _store(place, exam_id, form, files, watch)
            except Problem as problem:
                return Kept(number, paper.name, len(paper.files), refusal=problem)
            except _Refused as refused:
                return Kept(number, paper.name, len(paper.files), refusal=refused.problem, scraps=refused.scraps)
        return Kept(
            number, paper.name, len(files), exam_id, done.artefact, form, advice=done.advice, digests=done.digests
        )

    tasks = [asyncio.create_task(keep(number, paper)) for number, paper in enumerate(found.papers, 1)]
    try:
        return list(await asyncio.gather(*tasks))  # not a TaskGroup: what fails is answered by its own type
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _store(place: Place, exam_id: uuid.UUID, form: Form, files: Sequence[File], watch: Watch) -> _Stored:
    """The files under the exam's own path, then the artefact that refers to them."""
    uploaded: list[UploadedFile] = []
    paths = [f"{place.tenant}/{exam_id}/1/upload-{number}" for number in range(1, len(files) + 1)]
    try:
        for number, (path, file) in enumerate(zip(paths, files, strict=True), 1):
            kind = await asyncio.to_thread(media_type, file)
            ref = await _put(place.blobs, path, file, watch, number)
            uploaded.append(UploadedFile(blob=ref, media_type=kind))
    except Problem:
        await scraps.drop(place.blobs, paths)  # damaged at every try, so no request can have made an exam of them
        raise
    looks = await watch.seen(place.patience)
    try:
        refuse(looks)
    except Problem as problem:
        raise _Refused(problem, paths) from None
    submission = form.submission(uploaded).model_dump_json().encode()
    artefact = await place.blobs.put(artefact_path(place.tenant, exam_id, 1, SUBMISSION), submission)
    advice = told(looks, [file.media_type for file in uploaded], form.locale)[0]
    return _Stored(artefact, advice, [file.blob.sha256 for file in uploaded])


async def _put(blobs: Blobs, path: str, file: File, watch: Watch, number: int) -> BlobRef:
    damage: list[BaseException] = []

    async def content() -> AsyncIterator[bytes]:
        try:
            with closing(file.open()) as opened:
                async for chunk in chunks(cast("Any", opened)):
                    yield chunk
        except DAMAGED as error:
            damage.append(error)
            raise

    try:
        async with aclosing(watch.seeing(number, content())) as seen:
            return await blobs.put_stream(path, seen)
    except Exception:
        # A store may wrap what its source raises; the client is told of its file, not of the store.
        if damage:
            raise Problem(Code.FILE_DAMAGED, f"{file.name[:200]} is damaged: pack and upload it again.") from None
        raise
