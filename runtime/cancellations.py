"""Which exams were withdrawn, as far as this process knows."""

import uuid
from collections import OrderedDict

from contracts.errors import Invalid
from contracts.events import ExamControl, ExamEvent
from runtime import log
from runtime.envelope import Record, event_of

LIMIT = 10_000


class Cancellations:
    """A bounded set, fed by the control topic. Forgetting one costs work, not correctness: the projection decides."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._known: OrderedDict[tuple[uuid.UUID, int], None] = OrderedDict()

    def hear(self, record: Record) -> None:
        """Take in a record of the control topic."""
        try:
            event = event_of(record, ExamControl)
        except Invalid as error:
            log.get("runtime.cancellations").warning("control record ignored", error=log.what(error))
            return
        self._known[event.exam_id, event.revision] = None
        if len(self._known) > self._limit:
            self._known.popitem(last=False)

    def __contains__(self, event: ExamEvent) -> bool:
        return (event.exam_id, event.revision) in self._known
