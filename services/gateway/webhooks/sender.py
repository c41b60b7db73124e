"""Sends what is due: NOTIFY wakes it, polling is the truth, and any number of gateways share the work out."""

import asyncio
import random
import time
from collections.abc import Callable

import asyncpg

from runtime import log, metrics, trace
from runtime.trace import UNTRACED, Span, Tracer
from services.gateway.background import Outage
from services.gateway.notices import wait
from services.gateway.webhooks import claims, deliveries
from services.gateway.webhooks.claims import Claimed, Shares
from services.gateway.webhooks.egress import Way
from services.gateway.webhooks.messages import TEST
from services.gateway.webhooks.schedule import Attempt, Outcome, judge
from services.gateway.webhooks.settings import WebhookSettings
from services.gateway.webhooks.signing import signed_headers

_LEASE_MARGIN = 15.0
"""Seconds a lease outlasts an attempt: for the database to take note of it."""
_HOUSEKEEPING_SECONDS = 60.0


class Sender:
    """One sender. `run` until cancelled; what was in the air then is sent again when its lease ends."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        way: Way,
        due: asyncio.Event,
        settings: WebhookSettings,
        *,
        clock: Callable[[], float] = time.time,
        tracer: Tracer = UNTRACED,
    ) -> None:
        self._pool = pool
        self._tracer = tracer
        self._way = way
        self._due = due
        self._settings = settings
        self._clock = clock
        self._flying: set[asyncio.Task[None]] = set()
        self._log = log.get("gateway.webhooks")
        self._outage = Outage(self._log, "deliveries not readable")

    async def run(self) -> None:
        """Send whatever is due, for ever; a database that is away is waited for."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_house())
            while True:
                if not await self._start_some(tasks):
                    await wait(self._due, self._settings.poll_seconds)

    async def _start_some(self, tasks: asyncio.TaskGroup) -> int:
        """Begin as many deliveries as there is room for; how many. Each that ends makes room, and wakes the loop."""
        room = self._settings.concurrency - len(self._flying)
        if room <= 0:
            return 0
        shares = Shares(room, self._settings.per_tenant, self._settings.per_endpoint)
        try:
            claimed = await claims.claim(self._pool, shares, self._lease)
        except Exception as error:  # noqa: BLE001 - nobody would notice that a sender died
            self._outage.goes_on(error)
            return 0
        self._outage.ends()
        for one in claimed:
            task = tasks.create_task(self._deliver(one))
            self._flying.add(task)
            task.add_done_callback(self._landed)
        return len(claimed)

    @property
    def _lease(self) -> float:
        return self._settings.timeout_seconds + _LEASE_MARGIN

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._due.set()

    async def _deliver(self, claimed: Claimed) -> None:
        former = trace.parse(claimed.former_trace)
        try:
            with self._tracer.span(
                "POST webhook",
                kind="client",
                parent=trace.parse(claimed.traceparent),
                links=[former] if former else (),
                attributes={"http.request.method": "POST", "redink.attempt": claimed.claims},
            ) as span:
                await self._attempt(claimed, span)
        except Exception as error:  # noqa: BLE001 - its fate is not noted, so it is sent again when the lease ends
            self._log.error("attempt not noted", error=log.what(error), at=log.where(error))

    async def _attempt(self, claimed: Claimed, span: Span) -> None:
        body = claimed.body.encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "Redink-Webhooks/1",
            "traceparent": span.trace.traceparent,
            **signed_headers(str(claimed.id), int(self._clock()), body, claimed.secrets),
        }
        attempt = await self._way.post(claimed.url, headers, body)
        if attempt.status is not None:
            span.note({"http.response.status_code": attempt.status})
        if not attempt.succeeded:
            span.fail(str(attempt.status or "unanswered"))
        delays = () if claimed.event_type == TEST else self._settings.retry_seconds
        verdict = judge(attempt, claimed.failures, delays, random.random())  # noqa: S311 - jitter needs no secrecy
        noted = await claims.note(
            self._pool, claimed, attempt, verdict, self._settings.disable_days * 86400, trace=span.trace
        )
        metrics.WEBHOOK_ATTEMPTS.labels(_label(attempt, verdict.outcome) if noted else "superseded").inc()

    async def _keep_house(self) -> None:
        outage = Outage(self._log, "deliveries not measured")
        while True:
            try:
                await deliveries.forget(self._pool, self._settings.keep_days * 86400)
                oldest, late = await deliveries.ages(self._pool)
                metrics.WEBHOOK_OLDEST.set(oldest)
                metrics.WEBHOOK_LATE.set(late)
            except Exception as error:  # noqa: BLE001 - as above
                outage.goes_on(error)
            else:
                outage.ends()
            await asyncio.sleep(min(_HOUSEKEEPING_SECONDS, 15 * self._settings.poll_seconds))


def _label(attempt: Attempt, outcome: Outcome) -> str:
    return "refused" if attempt.refused and outcome is Outcome.RETRY else outcome.value
