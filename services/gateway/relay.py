"""The outbox's way to Kafka: NOTIFY wakes it, polling is the truth, rows leave only after the acknowledgement.

Any number of relays may run: `FOR UPDATE SKIP LOCKED` shares the rows out. There is no high-water mark, so a row of a
transaction that commits late is found whenever it appears. A crash between acknowledgement and delete repeats an event
with the same id.
"""

import asyncio

from contracts.events import ExamControl, ExamEvent, StageDone
from contracts.topics import CONTROL, STAGES, UPLOADED
from runtime import log, trace
from runtime.spans import sending
from runtime.trace import UNTRACED, Tracer
from services.gateway import ports
from services.gateway.background import Outage
from services.gateway.ledger import Ledger, Outgoing
from services.gateway.notices import Notices, wait
from services.gateway.settings import GatewaySettings

SOURCE = "/redink/gateway"
_MODELS: dict[str, type[ExamEvent]] = {row.sink: row.event for row in STAGES}


class Relay:
    """One relay. `run` until cancelled."""

    def __init__(
        self,
        ledger: Ledger,
        kafka: ports.EventBus,
        notices: Notices,
        settings: GatewaySettings,
        tracer: Tracer = UNTRACED,
    ) -> None:
        self._ledger = ledger
        self._kafka = kafka
        self._notices = notices
        self._settings = settings
        self._tracer = tracer
        self._log = log.get("gateway.relay")

    async def run(self) -> None:
        """Publish whatever is due, for ever; a database that is away is waited for."""
        outage = Outage(self._log, "outbox not readable")
        while True:
            try:
                taken = await self.drain()
            except Exception as error:  # noqa: BLE001 - a relay that died would stop every exam, unseen
                outage.goes_on(error)
                taken = 0
            else:
                outage.ends()
            if taken < self._settings.relay_batch:
                await wait(self._notices.outbox, self._settings.relay_poll_seconds)

    async def drain(self) -> int:
        """Publish one batch; how many rows were taken."""
        async with self._ledger.transaction("relay") as transaction:
            rows = await transaction.due(self._settings.relay_batch)
            if not rows:
                return 0
            outcomes = await asyncio.gather(*(self._publish(row) for row in rows), return_exceptions=True)
            failed = [row.id for row, error in zip(rows, outcomes, strict=True) if error is not None]
            for row, error in zip(rows, outcomes, strict=True):
                if error is not None:
                    self._log.warning("event not published", topic=row.topic, error=log.what(error))
            if failed:
                await transaction.postpone(failed, self._settings.relay_retry_seconds)
            await transaction.sent([row.id for row in rows if row.id not in failed])
            return len(rows)

    async def _publish(self, row: Outgoing) -> None:
        event = _model(row.topic).model_validate(row.event)
        context = trace.parse(row.traceparent) or trace.start()
        with sending(self._tracer, row.topic, context) as span:
            await self._kafka.publish(
                row.topic, event, event_id=ports.event_id(row.topic, event), source=SOURCE, trace=span.trace
            )


def _model(topic: str) -> type[ExamEvent]:
    if topic in UPLOADED.values():
        return StageDone
    return ExamControl if topic == CONTROL else _MODELS[topic]
