"""One delivered record, understood: its event, its span, its id."""

from dataclasses import dataclass

from contracts.events import ExamEvent
from runtime import envelope
from runtime.envelope import Record
from runtime.trace import Span, Trace


@dataclass(frozen=True)
class Case:
    """One delivered record, understood."""

    record: Record
    event: ExamEvent
    span: Span
    event_id: str

    @property
    def attempt(self) -> int:
        return self.record.attempt

    @property
    def trace(self) -> Trace:
        """What is said of it continues this try's span."""
        return self.span.trace


def understand(record: Record, model: type[ExamEvent], span: Span) -> Case:
    """Decode a record whose work is `span`; raises Invalid."""
    attributes = envelope.decode(record)
    event = envelope.event_of(record, model)
    span.note({"redink.exam_id": str(event.exam_id), "redink.tenant": event.tenant, "redink.revision": event.revision})
    return Case(record, event, span, str(attributes.id))
