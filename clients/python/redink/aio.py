"""The client that awaits."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import httpx

from redink import calls
from redink.answers import checked, opened
from redink.attempts import Attempts, Following
from redink.batches import Papers
from redink.blocking import TIMEOUT
from redink.calls import Call, Paper
from redink.errors import Ended
from redink.essays import Essay
from redink.models import Batch, Exam, Outcome, Page
from redink.server import address, headers


class AsyncRedink:
    """As `Redink`, awaited. Use it as a context, or `close` it.

    `attempts` of each request, 5xx and lost connections included. Raises ProblemError and Unreachable;
    at once ValueError for what can be no address and no key.
    """

    def __init__(
        self, url: str, api_key: str, *, attempts: int = 6, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=address(url), headers=headers(api_key), timeout=TIMEOUT, transport=transport
        )
        self._attempts = attempts
        self._chance = random.Random()  # noqa: S311 - jitter

    async def submit(self, paper: Paper, *, key: str | None = None) -> Exam:
        """Upload one student's paper; the exam is safe when this returns. Repeat after Unreachable with the same `key`."""
        return Exam.of((await self.send(calls.submit(paper, key))).json())

    async def submit_essay(self, essay: Essay, *, key: str | None = None) -> Exam:
        """Send an essay as text; it is an exam from then on, and all that takes an exam's id takes its."""
        return Exam.of((await self.send(calls.submit_essay(essay, key))).json())

    async def exam(self, exam_id: str) -> Exam:
        """Where it is."""
        return Exam.of((await self.send(calls.exam(exam_id))).json())

    async def exams(self, **filters: str) -> AsyncIterator[Exam]:
        """All of them, newest first; filters as GET /exams takes them."""
        cursor: str | None = None
        while True:
            page = Page.of((await self.send(calls.exams(cursor, filters))).json())
            for exam in page.exams:
                yield exam
            cursor = page.next
            if cursor is None:
                return

    async def events(self, exam_id: str) -> AsyncIterator[Exam]:
        """Every change from the first on, as it happens, to the end; lost connections are taken up where they broke."""
        async for event in self._told(lambda after: calls.events(exam_id, after)):
            yield Exam.of(event)

    async def wait(self, exam_id: str, *, seen: Callable[[Exam], None] = lambda _: None) -> Exam:
        """Wait until it is COMPLETED, showing each change to `seen`. Raises Ended when it ends otherwise."""
        async for change in self.events(exam_id):
            seen(change)
        exam = await self.exam(exam_id)
        if not exam.completed:
            raise Ended(exam)
        return exam

    async def result(self, exam_id: str) -> dict[str, Any]:
        """The result document `redink.result.v1`."""
        document: dict[str, Any] = (await self.send(calls.result(exam_id))).json()
        return document

    async def report(self, exam_id: str, kind: calls.Report = "pdf") -> bytes:
        """The report as a file."""
        return (await self.send(calls.report(exam_id, kind))).content

    async def cancel(self, exam_id: str) -> Exam:
        """Withdraw it."""
        return Exam.of((await self.send(calls.cancel(exam_id))).json())

    async def retry(self, exam_id: str, stage: str | None = None) -> Exam:
        """Run it again as a new revision, from `stage` on if given."""
        return Exam.of((await self.send(calls.retry(exam_id, stage))).json())

    async def submit_batch(self, papers: Papers, *, key: str | None = None) -> Batch:
        """Upload many papers; all are safe when this returns. Repeat after Unreachable with the same `key`.

        `batch_papers` says what became of each. Raises also OSError and ValueError: what is sent can't be read.
        """
        with papers.opened() as form:
            return Batch.of((await self.send(calls.submit_batch(form, key))).json())

    async def batch(self, batch_id: str) -> Batch:
        """How far it is."""
        return Batch.of((await self.send(calls.batch(batch_id))).json())

    async def batch_papers(self, batch_id: str) -> AsyncIterator[Outcome]:
        """What became of each paper, in their order."""
        cursor: str | None = None
        while True:
            page = (await self.send(calls.batch_papers(batch_id, cursor))).json()
            for paper in page["items"]:
                yield Outcome.of(paper)
            cursor = page["next_cursor"]
            if cursor is None:
                return

    async def batch_events(self, batch_id: str) -> AsyncIterator[Batch]:
        """Its state now and whenever it changes, until all exams have ended."""
        async for event in self._told(lambda after: calls.batch_events(batch_id, after)):
            yield Batch.of(event)

    async def wait_batch(self, batch_id: str, *, seen: Callable[[Batch], None] = lambda _: None) -> Batch:
        """Wait until all exams have ended, however they did, showing each change to `seen`."""
        async for change in self.batch_events(batch_id):
            seen(change)
        return await self.batch(batch_id)

    async def cancel_batch(self, batch_id: str) -> Batch:
        """Withdraw all of it that has not ended."""
        return Batch.of((await self.send(calls.cancel_batch(batch_id))).json())

    async def class_report(
        self, batch_id: str, kind: calls.ClassReport = "pdf", *, disclosure: calls.Disclosure | None = None
    ) -> bytes:
        """The report on the class as a file, once all exams have ended; `disclosure` of single students."""
        return (await self.send(calls.class_report(batch_id, kind, disclosure))).content

    async def send(self, call: Call) -> httpx.Response:
        """Any call of the API."""
        attempts = Attempts(self._attempts, self._chance)
        while True:
            try:
                response = await self._http.request(**call.arguments())
            except httpx.TransportError as error:
                seconds: float | None = attempts.lost(error)
            else:
                seconds = attempts.again(response)
            if seconds is None:
                return checked(response)
            await asyncio.sleep(seconds)

    async def _told(self, call_after: Callable[[str | None], Call]) -> AsyncIterator[dict[str, Any]]:
        """The events of a stream to its end, opened again where it broke."""
        following = Following(self._attempts, self._chance)
        while True:
            try:
                async with self._open(call_after(following.last)) as response:
                    async for line in response.aiter_lines():
                        if event := following.take(line):
                            yield event
                following.ended(response)
            except httpx.TransportError as error:
                following.broken(error)
            if following.over:
                return
            await asyncio.sleep(following.pause())

    @asynccontextmanager
    async def _open(self, call: Call) -> AsyncIterator[httpx.Response]:
        async with self._http.stream(**call.arguments()) as response:
            if response.is_error:
                await response.aread()
            yield opened(response)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()
