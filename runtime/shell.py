"""The one shell around every stage's work. What it does in which order is what loses no exam and doubles none.

decode · cancelled or expired? · artefact exists? republish · say it started · work · still wanted? · conditional put,
whose loser reads the winner · still wanted? · publish, awaited · return, upon which the intake marks the offset. Any
step may be the last before a crash: the record is delivered again, and what was done before is found done.
"""

import asyncio
import random
import time
from collections.abc import Callable

import structlog

from contracts.errors import ErrorCode, Invalid
from contracts.events import BlobRef, StatusKind
from contracts.status import Status
from contracts.topics import TOPICS, artefact_path
from runtime import log, metrics
from runtime.blobs import Blobs, Unavailable
from runtime.cache import Starts
from runtime.cancellations import Cancellations
from runtime.case import Case, understand
from runtime.clock import Clock
from runtime.envelope import Record
from runtime.job import Job, latest
from runtime.kept import Kept
from runtime.limit import DeadLetterLimit
from runtime.pool import Workers
from runtime.quarantine import CrashGuard, Quarantine
from runtime.settings import FlowSettings
from runtime.spans import processing, working
from runtime.stage import Stage
from runtime.trace import UNTRACED, Span, Tracer
from runtime.verdict import CrashLooping, DeadLetter, Fail, Policy, RetryAt, judge
from runtime.voice import Publisher, Unsaid, Voice
from runtime.work import artefact_of

PROGRESS_PATIENCE = 1.0
"""Seconds that a word on progress may take from the work, which has a time limit: a broker may be away for longer."""

_MODEL = {topic.name: topic.model for topic in TOPICS}


class Shell:
    """Handles the records of one stage; `handle` is the intake's handler."""

    def __init__(
        self,
        stage: Stage,
        *,
        publisher: Publisher,
        blobs: Blobs,
        starts: Starts,
        cancellations: Cancellations,
        workers: Workers | None,
        settings: FlowSettings,
        clock: Clock = time.time,
        quarantine: Quarantine | None = None,
        chance: Callable[[], float] = random.random,
        tracer: Tracer = UNTRACED,
    ) -> None:
        """`quarantine` is shared by all stages of a process; `chance` gives numbers in 0..1 that spread retries."""
        self._stage = stage
        self._row = stage.row
        self._model = _MODEL[stage.row.sources[0]]
        self._voice = Voice(stage.row, publisher, clock, tracer)
        self._blobs = blobs
        self._kept = Kept(blobs, stage.row)
        self._guard = CrashGuard(starts, quarantine or Quarantine(), settings.crash_limit)
        self._cancellations = cancellations
        self._workers = workers
        self._clock = clock
        self._chance = chance
        self._tracer = tracer
        self._policy = Policy(settings.retries, settings.retry_base, settings.retry_cap)
        self._limit = DeadLetterLimit(settings.dead_consecutive, settings.dead_ratio, settings.dead_sample)
        self._log = log.get("runtime.shell")
        metrics.PLACES.labels(stage.name).set(stage.concurrency)

    async def handle(self, record: Record) -> None:
        """Return when the record has a home: the sink, the retry topic, the dead letters or a failure said.

        Raises Unsaid when the broker is away and Unavailable when the store is (no fault of the exam, so no try is used
        up: the intake calls again), and Halt when there are too many dead letters.
        """
        with structlog.contextvars.bound_contextvars(stage=self._stage.name, attempt=record.attempt):
            began = _now()
            with (
                metrics.IN_PROGRESS.labels(self._stage.name).track_inprogress(),
                processing(self._tracer, record, self._stage.name) as span,
            ):
                outcome = await self._handle(record, began, span)
                span.note({"redink.outcome": outcome})
            metrics.PROCESS.labels(self._stage.name, outcome).observe(_now() - began)
            self._log.info("record handled", outcome=outcome, seconds=round(_now() - began, 3))

    async def _handle(self, record: Record, began: float, span: Span) -> str:
        try:
            case = understand(record, self._model, span)
        except Invalid as error:
            span.fail(type(error).__name__)
            return await self._set_aside(record, None, DeadLetter("invalid"), error)
        structlog.contextvars.bind_contextvars(
            exam_id=str(case.event.exam_id),
            tenant=case.event.tenant,
            event_id=case.event_id,
            trace_id=case.trace.trace_id,
        )
        looping = False
        try:
            return await self._process(case, began)
        except (Unavailable, Unsaid):
            raise
        except Exception as error:  # noqa: BLE001 - the one place where errors become decisions
            looping = isinstance(error, CrashLooping)
            return await self._route(case, error)
        finally:
            if not looping:  # the process lived to say so; what crash-looped once must not begin to crash anew
                await self._guard.end(self._start_key(case))

    async def _process(self, case: Case, began: float) -> str:
        event = case.event
        job = self._job(case)
        job.check()
        path = artefact_path(event.tenant, event.exam_id, event.revision, self._row.name)
        if existing := await self._kept.find(path):
            metrics.DUPLICATES.labels("artefact").inc()
            await self._announce(case, existing, began)
            return "duplicate"
        async with self._guard.start(self._start_key(case)):
            await self._voice.status(
                event,
                case.trace,
                StatusKind.STARTED,
                self._row.running,
                attempt=case.attempt,
                queue_seconds=self._waited(case.record),
            )
            with working(self._tracer, case.trace) as external:
                artefact = await artefact_of(self._stage, job)
            self._measure_cpu(max(job.cpu_seconds, getattr(artefact, "cpu_seconds", 0.0)))
            with self._tracer.span("store", kind="client", parent=case.trace):
                stored = await self._kept.put(job, path, artefact.model_dump_json(by_alias=True).encode())
        job.check()
        await self._announce(case, stored, began, round(external.seconds, 3) or None)
        return "completed"

    def _measure_cpu(self, seconds: float) -> None:
        metrics.CPU.labels(self._stage.name).inc(seconds)
        metrics.EXAM_CPU.labels(self._stage.name).observe(seconds)

    async def _announce(self, case: Case, artefact: BlobRef, began: float, external: float | None = None) -> None:
        """The sink event and the status, both awaited: only then may the offset be marked."""
        await asyncio.gather(
            self._voice.done(case.event, artefact, case.trace),
            self._voice.status(
                case.event,
                case.trace,
                StatusKind.COMPLETED,
                self._row.done,
                attempt=case.attempt,
                work_seconds=round(_now() - began, 3),
                external_seconds=external,
            ),
        )
        self._limit.passed()

    async def _route(self, case: Case, error: Exception) -> str:
        """Find the record a home other than the sink."""
        event = case.event
        verdict = judge(error, case.attempt, self._clock(), latest(event), self._policy, chance=self._chance())
        self._log.warning("work failed", error=log.what(error), at=log.where(error), verdict=type(verdict).__name__)
        match verdict:
            case DeadLetter():
                case.span.fail(type(error).__name__)
                return await self._set_aside(case.record, case, verdict, error)
            case RetryAt(due=due, reason=reason):
                case.span.fail(type(error).__name__)
                await self._voice.retry(case.record, due, case.trace)
                await self._voice.status(event, case.trace, StatusKind.RETRIED, self._row.running, attempt=case.attempt)
                metrics.RETRIES.labels(self._stage.name, reason).inc()
                outcome = "retried"
            case Fail(status=status, code=code):
                await self._fail(case, status, code)
                outcome = "cancelled" if status is Status.CANCELLED else "failed"
        self._limit.passed()
        return outcome

    async def _set_aside(self, record: Record, case: Case | None, verdict: DeadLetter, error: Exception) -> str:
        self._limit.dead()  # before publishing: over the limit, the record stays where it is
        await self._voice.dead(record, verdict.reason, log.what(error))
        if case:
            await self._fail(case, Status.FAILED, verdict.code)
        metrics.DEAD.labels(self._stage.name, verdict.reason).inc()
        self._log.error(
            "dead letter",
            reason=verdict.reason,
            error=log.what(error),
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
        )
        return "dead"

    async def _fail(self, case: Case, status: Status, code: ErrorCode | None) -> None:
        await self._voice.status(case.event, case.trace, StatusKind.FAILED, status, attempt=case.attempt, code=code)

    def _job(self, case: Case) -> Job:
        async def progress(done: int, total: int) -> None:
            try:
                async with asyncio.timeout(PROGRESS_PATIENCE):
                    await self._voice.status(
                        case.event,
                        case.trace,
                        StatusKind.PROGRESSED,
                        self._row.running,
                        attempt=case.attempt,
                        done=done,
                        total=total,
                    )
            except Exception as error:  # noqa: BLE001 - progress is a courtesy
                self._log.warning("progress not published", error=log.what(error))

        return Job(
            case.event,
            case.attempt,
            blobs=self._blobs,
            workers=self._workers,
            cancelled=lambda: case.event in self._cancellations,
            progress=progress,
            time_limit=self._stage.soft_timeout,
            last_try=case.attempt > self._policy.retries,
            clock=self._clock,
        )

    def _waited(self, record: Record) -> float:
        """Seconds from when the record could have been begun; the producer's clock may be ahead of ours."""
        waited = self._clock() - max(record.timestamp, record.due)
        if waited < 0:
            metrics.CLOCK_SKEW.labels(self._stage.name).inc()
        waited = max(0.0, waited)
        metrics.QUEUE_WAIT.labels(self._stage.name).observe(waited)
        return round(waited, 3)

    def _start_key(self, case: Case) -> str:
        return f"{self._stage.name}:{case.event_id}"


def _now() -> float:
    """Seconds, for durations: the loop's, so that a loop with a time of its own agrees with itself."""
    return asyncio.get_running_loop().time()
