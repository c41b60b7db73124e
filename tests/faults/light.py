"""Light stages: the five real rows in the real shell, with work that costs next to nothing and can be told apart.

A marker found in the upload and one random nonce per execution travel through every artefact into the report. An exam
that got another's pages shows another marker; one that was told in two versions shows two chains of nonces.
"""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import httpx

from contracts.artefacts import Analysis, Answer, Diagnosis, Line, Page, Paper, Question, Reading, Report
from contracts.artefacts.paper import Header
from contracts.base import Contract
from contracts.errors import ErrorCode, Permanent, Transient
from contracts.result import Result, ResultDiagnosis, ResultReport, ResultScore
from runtime.job import Job
from runtime.kit import Kit
from runtime.stage import Pool, Stage
from tests.faults.light_pool import Upload, read
from tests.faults.orders import Journal

POISONS = ("permanent", "transient", "transient-once", "unexpected", "hang", "kill-child", "kill-process")
"""What an upload may order of a stage, as poison=hang@parser; kill-child only of ocr, which has a pool."""

_PAGE_SECONDS = 0.005
_MODEL_LIMIT = 64 * 1024
_BOX = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))

Work = Callable[[Job, "Story"], Awaitable[Contract]]


@dataclass(frozen=True)
class Story:
    """What the artefacts tell of an exam: its upload, and the nonce of each execution that led here."""

    upload: Upload
    chain: str

    def grown(self, stage: str, nonce: str) -> "Story":
        """With this execution."""
        return Story(self.upload, f"{self.chain};{stage}={nonce}".lstrip(";"))

    @property
    def text(self) -> str:
        """In one line, as an artefact carries it."""
        return f"{self.upload.marker} {self.upload.pages} {self.upload.poison or '-'} {self.chain}"


def told(text: str) -> Story:
    """The story of such a line."""
    marker, pages, poison, chain = text.split(" ")
    return Story(Upload(marker, int(pages), "" if poison == "-" else poison), chain)


class Light:
    """One light stage of a process."""

    def __init__(self, name: str, executions: Journal | None, model: str | None) -> None:
        """`model`: URL that diagnostic asks; None asks nobody."""
        self._name = name
        self._executions = executions
        self._model = model

    async def work(self, job: Job) -> Contract:
        """The stage's artefact; what the upload orders happens first."""
        nonce = secrets.token_hex(4)
        self._note(job, nonce, "begun")
        before = await self._before(job)
        await self._suffer(job, before.upload)
        story = before.grown(self._name, nonce)
        artefact = await _MAKERS[self._name](job, story)
        if self._name == "diagnostic" and self._model:
            await _ask(self._model)
        self._note(job, nonce, "done")
        return artefact

    async def _before(self, job: Job) -> Story:
        """What the artefact before this stage tells."""
        if self._name == "ocr":
            submission = await job.submission()
            data = await job.blob(submission.files[0].blob)
            return Story(Upload(*await job.cpu(read, data)), "")
        if self._name == "parser":
            return told((await job.artefact(Reading)).pages[0].lines[0].text)
        if self._name == "analyzer":
            return told((await job.artefact(Paper)).header.title or "")
        if self._name == "diagnostic":
            return told((await job.artefact(Analysis)).answers[0].student_answer or "")
        return told((await job.artefact(Diagnosis)).summary)

    async def _suffer(self, job: Job, upload: Upload) -> None:
        match upload.verb(self._name):
            case "permanent":
                raise Permanent(ErrorCode.NO_QUESTION_FOUND, "ordered")
            case "transient":
                raise Transient("ordered")
            case "transient-once" if job.attempt == 1:
                raise Transient("ordered, once")
            case "unexpected":
                raise ValueError("ordered")
            case "hang":
                await asyncio.sleep(3600)
            case "kill-process":
                os._exit(139)

    def _note(self, job: Job, nonce: str, what: str) -> None:
        if self._executions:
            event = job.event
            self._executions.write(
                what=what,
                stage=self._name,
                exam=str(event.exam_id),
                revision=event.revision,
                attempt=job.attempt,
                nonce=nonce,
            )


async def _reading(job: Job, story: Story) -> Reading:
    pages = []
    for number in range(1, story.upload.pages + 1):
        job.check()
        await asyncio.sleep(_PAGE_SECONDS)
        pages.append(Page(page=number, width=9, height=9, lines=(Line(text=story.text, confidence=1.0, box=_BOX),)))
        await job.progress(number, story.upload.pages)
    return Reading(pages=tuple(pages), engine="light")


async def _paper(_: Job, story: Story) -> Paper:
    question = Question(number="1", path=("1",), type="short_answer", text=story.upload.marker)
    return Paper(header=Header(title=story.text), questions=(question,))


async def _analysis(job: Job, story: Story) -> Analysis:
    job.check()
    return Analysis(answers=(Answer(number="1", path=("1",), student_answer=story.text),))


async def _diagnosis(_: Job, story: Story) -> Diagnosis:
    return Diagnosis(engine="light", summary=story.text)


async def _report(job: Job, story: Story) -> Report:
    """As the real one: three blobs, then the artefact that names them. A rerun finds some of them stored already."""
    exam = job.event.exam_id
    result = Result(
        exam_id=str(exam),
        subject="math",
        grade=7,
        title=story.upload.marker,
        score=ResultScore(earned=None, max=None, graded=0, needs_review=0),
        diagnosis=ResultDiagnosis(engine="light", summary=story.text),
        report=ResultReport(html=f"/api/v1/exams/{exam}/report.html", pdf=f"/api/v1/exams/{exam}/report.pdf"),
    )
    job.check()
    return Report(
        result=await job.store("result.json", result.model_dump_json(by_alias=True).encode()),
        html=await job.store("report.html", f"<p>{story.upload.marker}</p>".encode()),
        pdf=await job.store("report.pdf", f"%PDF-1.4 {story.upload.marker}".encode()),
    )


_MAKERS: dict[str, Work] = {
    "ocr": _reading,
    "parser": _paper,
    "analyzer": _analysis,
    "diagnostic": _diagnosis,
    "report": _report,
}


async def _ask(url: str) -> None:
    """Ask the model for {"ok": true}, as a stage asks one that isn't its own: typed failures, bounded in time and size."""
    try:
        async with asyncio.timeout(2), httpx.AsyncClient(timeout=2) as client, client.stream("GET", url) as answer:
            if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                raise Transient("model: too many requests", float(answer.headers.get("Retry-After", "1")))
            if answer.is_error:
                raise Transient(f"model: {answer.status_code}")
            body = b""
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > _MODEL_LIMIT:
                    raise Transient("model: answer too large")
            if Answered.model_validate_json(body).ok is not True:
                raise Transient("model: no answer")
    except (TimeoutError, httpx.HTTPError, ValueError) as error:
        raise Transient(f"model: {type(error).__name__}") from None


class Answered(Contract):
    """What the scripted model answers."""

    ok: bool


def open_light(
    name: str, executions: Journal | None = None, model: str | None = None
) -> Callable[[Kit], AbstractAsyncContextManager[Stage]]:
    """The opener of a light stage."""

    @asynccontextmanager
    async def open_stage(_: Kit) -> AsyncIterator[Stage]:
        pool = Pool(workers=1, max_tasks=500) if name == "ocr" else None
        work = Light(name, executions, model).work
        yield Stage(name, work, pool=pool, soft_timeout=15, hard_timeout=18, concurrency=6)

    return open_stage


def hog(seconds: float) -> None:
    """Block the event loop, as work that ought to be in a pool does; the processor is left to others."""
    time.sleep(seconds)
