"""The client that blocks."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import httpx

from redink import calls
from redink.answers import checked, opened
from redink.attempts import Attempts, Following
from redink.batches import Papers
from redink.calls import Call, Paper
from redink.errors import Ended
from redink.essays import Essay
from redink.models import Batch, Exam, Outcome, Page
from redink.server import address, headers

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
"""Between two bytes; an event stream says something every 15 s."""


class Redink:
    """A connection to one server with one API key. Use it as a context, or `close` it.

    `attempts` of each request, 5xx and lost connections included. Raises ProblemError and Unreachable;
    at once ValueError for what can be no address and no key.
    """

    def __init__(
        self, url: str, api_key: str, *, attempts: int = 6, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._http = httpx.Client(base_url=address(url), headers=headers(api_key), timeout=TIMEOUT, transport=transport)
        self._attempts = attempts
        self._chance = random.Random()  # noqa: S311 - jitter

    def submit(self, paper: Paper, *, key: str | None = None) -> Exam:
        """Upload one student's paper; the exam is safe when this returns. Repeat after Unreachable with the same `key`."""
        return Exam.of(self.send(calls.submit(paper, key)).json())

    def submit_essay(self, essay: Essay, *, key: str | None = None) -> Exam:
        """Send an essay as text; it is an exam from then on, and all that takes an exam's id takes its."""
        return Exam.of(self.send(calls.submit_essay(essay, key)).json())

    def exam(self, exam_id: str) -> Exam:
        """Where it is."""
        return Exam.of(self.send(calls.exam(exam_id)).json())

    def exams(self, **filters: str) -> Iterator[Exam]:
        """All of them, newest first; filters as GET /exams takes them."""
        cursor: str | None = None
        while True:
            page = Page.of(self.send(calls.exams(cursor, filters)).json())
            yield from page.exams
            cursor = page.next
            if cursor is None:
                return

    def events(self, exam_id: str) -> Iterator[Exam]:
        """Every change from the first on, as it happens, to the end; lost connections are taken up where they broke."""
        for event in self._told(lambda after: calls.events(exam_id, after)):
            yield Exam.of(event)

    def wait(self, exam_id: str, *, seen: Callable[[Exam], None] = lambda _: None) -> Exam:
        """Wait until it is COMPLETED, showing each change to `seen`. Raises Ended when it ends otherwise."""
        for change in self.events(exam_id):
            seen(change)
        exam = self.exam(exam_id)
        if not exam.completed:
            raise Ended(exam)
        return exam

    def result(self, exam_id: str) -> dict[str, Any]:
        """The result document `redink.result.v1`."""
        document: dict[str, Any] = self.send(calls.result(exam_id)).json()
        return document

    def report(self, exam_id: str, kind: calls.Report = "pdf") -> bytes:
        """The report as a file."""
        return self.send(calls.report(exam_id, kind)).content

    def cancel(self, exam_id: str) -> Exam:
        """Withdraw it."""
        return Exam.of(self.send(calls.cancel(exam_id)).json())

    def retry(self, exam_id: str, stage: str | None = None) -> Exam:
        """Run it again as a new revision, from `stage` on if given."""
        return Exam.of(self.send(calls.retry(exam_id, stage)).json())

    def submit_batch(self, papers: Papers, *, key: str | None = None) -> Batch:
        """Upload many papers; all are safe when this returns. Repeat after Unreachable with the same `key`.

        `batch_papers` says what became of each. Raises also OSError and ValueError: what is sent can't be read.
        """
        with papers.opened() as form:
            return Batch.of(self.send(calls.submit_batch(form, key)).json())

    def batch(self, batch_id: str) -> Batch:
        """How far it is."""
        return Batch.of(self.send(calls.batch(batch_id)).json())

    def batch_papers(self, batch_id: str) -> Iterator[Outcome]:
        """What became of each paper, in their order."""
        cursor: str | None = None
        while True:
            page = self.send(calls.batch_papers(batch_id, cursor)).json()
            for paper in page["items"]:
                yield Outcome.of(paper)
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def batch_events(self, batch_id: str) -> Iterator[Batch]:
        """Its state now and whenever it changes, until all exams have ended."""
        for event in self._told(lambda after: calls.batch_events(batch_id, after)):
            yield Batch.of(event)

    def wait_batch(self, batch_id: str, *, seen: Callable[[Batch], None] = lambda _: None) -> Batch:
        """Wait until all exams have ended, however they did, showing each change to `seen`."""
        for change in self.batch_events(batch_id):
            seen(change)
        return self.batch(batch_id)

    def cancel_batch(self, batch_id: str) -> Batch:
        """Withdraw all of it that has not ended."""
        return Batch.of(self.send(calls.cancel_batch(batch_id)).json())

    def class_report(
        self, batch_id: str, kind: calls.ClassReport = "pdf", *, disclosure: calls.Disclosure | None = None
    ) -> bytes:
        """The report on the class as a file, once all exams have ended; `disclosure` of single students."""
        return self.send(calls.class_report(batch_id, kind, disclosure)).content

    def send(self, call: Call) -> httpx.Response:
        """Any call of the API."""
        attempts = Attempts(self._attempts, self._chance)
        while True:
            try:
                response = self._http.request(**call.arguments())
            except httpx.TransportError as error:
                seconds: float | None = attempts.lost(error)
            else:
                seconds = attempts.again(response)
            if seconds is None:
                return checked(response)
            time.sleep(seconds)

    def _told(self, call_after: Callable[[str | None], Call]) -> Iterator[dict[str, Any]]:
        """The events of a stream to its end, opened again where it broke."""
        following = Following(self._attempts, self._chance)
        while True:
            try:
                with self._open(call_after(following.last)) as response:
                    for line in response.iter_lines():
                        if event := following.take(line):
                            yield event
                following.ended(response)
            except httpx.TransportError as error:
                following.broken(error)
            if following.over:
                return
            time.sleep(following.pause())

    @contextmanager
    def _open(self, call: Call) -> Iterator[httpx.Response]:
        with self._http.stream(**call.arguments()) as response:
            if response.is_error:
                response.read()
            yield opened(response)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
