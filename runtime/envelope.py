"""Records as CloudEvents 1.0 in Kafka binary mode: attributes in `ce_*` headers, the event's JSON as value."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import ValidationError

from contracts.errors import Invalid
from contracts.events import ExamEvent
from contracts.topics import MAX_RECORD_BYTES
from runtime import trace
from runtime.trace import Trace

Headers = dict[str, str]

CONTENT_TYPE = "application/json"
TENANT = "ce_tenant"
ATTEMPT, DUE, FORMER = "x-attempt", "x-due-ms", "x-former-trace"
"""Headers of a retry; the last names the span of the try before, as a traceparent does."""


@dataclass(frozen=True)
class Record:
    """A record as it lies on a topic. `timestamp` in seconds since 1970, of the producer."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: float = 0.0

    def header(self, name: str) -> str | None:
        """The last header of that name, as text; undecodable bytes count as absent."""
        for key, value in reversed(self.headers):
            if key == name:
                try:
                    return value.decode()
                except UnicodeDecodeError:
                    return None
        return None

    @property
    def attempt(self) -> int:
        """Which try this record is, from 1."""
        return max(1, _number(self.header(ATTEMPT), 1))

    @property
    def tenant(self) -> str:
        """Whose turn it takes in the queue of a consumer, and nothing more: a header proves nothing. Empty: nobody's."""
        return self.header(TENANT) or ""

    @property
    def due(self) -> float:
        """When it may be worked on, in seconds since 1970; 0 when at once."""
        return max(0, _number(self.header(DUE), 0)) / 1000


@dataclass(frozen=True)
class Envelope:
    """The attributes of one event. `id` is derived, so that a retry or a replay has the same."""

    id: uuid.UUID
    type: str
    source: str
    time: datetime
    trace: Trace


def encode(envelope: Envelope, event: ExamEvent) -> tuple[bytes, bytes, Headers]:
    """(key, value, headers) of a record; ValueError above the 64 KiB that a record may have."""
    value = event.model_dump_json().encode()
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(envelope.id),
        "ce_type": envelope.type,
        "ce_source": envelope.source,
        "ce_subject": str(event.exam_id),
        "ce_time": envelope.time.isoformat(),
        TENANT: event.tenant,
        "content-type": CONTENT_TYPE,
        "traceparent": envelope.trace.traceparent,
    }
    size = len(value) + sum(len(key) + len(text) for key, text in headers.items())
    if size > MAX_RECORD_BYTES:
        raise ValueError(f"a record of {size} bytes; {MAX_RECORD_BYTES} is the limit: records carry references")
    return str(event.exam_id).encode(), value, headers


def decode(record: Record) -> Envelope:
    """The attributes of a record; Invalid when it is no CloudEvent of ours. A missing trace begins anew."""
    if record.value is None or len(record.value) > MAX_RECORD_BYTES:
        raise Invalid("no value" if record.value is None else f"value of {len(record.value)} bytes")
    if record.header("ce_specversion") != "1.0":
        raise Invalid("no CloudEvents 1.0 headers")
    try:
        return Envelope(
            id=uuid.UUID(record.header("ce_id") or ""),
            type=record.header("ce_type") or "",
            source=record.header("ce_source") or "",
            time=datetime.fromisoformat(record.header("ce_time") or ""),
            trace=trace.parse(record.header("traceparent")) or trace.start(),
        )
    except ValueError as error:
        raise Invalid("malformed ce_id or ce_time") from error


def event_of(record: Record, model: type[ExamEvent]) -> ExamEvent:
    """The event in a record; Invalid, with the fields that are wrong and nothing of what they hold."""
    try:
        return model.model_validate_json(record.value or b"")
    except ValidationError as error:
        fields = {".".join(str(part) for part in item["loc"]) or "(root)" for item in error.errors(include_input=False)}
        raise Invalid(f"not a {model.__name__}: {', '.join(sorted(fields)[:8])}") from None


def again(record: Record, *, attempt: int, due: float, former: Trace) -> Headers:
    """The headers of a retry: the record's own, the next attempt, its due time (seconds since 1970), who tried before."""
    return text_headers(record) | {ATTEMPT: str(attempt), DUE: str(round(due * 1000)), FORMER: former.traceparent}


def text_headers(record: Record) -> Headers:
    """All headers as text; bytes that are no UTF-8 stay visible as escapes."""
    return {key: value.decode(errors="backslashreplace") for key, value in record.headers}


def first_try(record: Record) -> Record:
    """The record as it was before any retry; what an operator replays."""
    return replace(record, headers=tuple(item for item in record.headers if item[0] not in {ATTEMPT, DUE, FORMER}))


def _number(text: str | None, default: int) -> int:
    try:
        return int(text) if text else default
    except ValueError:
        return default
