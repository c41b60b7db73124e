"""Records are CloudEvents; what is malformed is Invalid and says nothing of its content."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import Invalid
from contracts.events import BlobRef, ExamRead
from runtime import trace
from runtime.envelope import Envelope, Headers, Record, again, decode, encode, event_of, first_try

EVENT = ExamRead(
    exam_id=uuid.UUID(int=7),
    tenant="school-a",
    uploaded_at=datetime(2026, 1, 1, tzinfo=UTC),
    deadline=datetime(2026, 1, 2, tzinfo=UTC),
    artefact=BlobRef(path="school-a/x/1/ocr.json", sha256="0" * 64, size=3),
)
ENVELOPE = Envelope(uuid.UUID(int=9), "redink.exam.read.v1", "/redink/ocr", datetime.now(UTC), trace.start())


def record(value: bytes | None, headers: Headers) -> Record:
    return Record("t", 0, 0, b"k", value, tuple((key, text.encode()) for key, text in headers.items()))


def test_what_is_encoded_decodes_to_the_same() -> None:
    key, value, headers = encode(ENVELOPE, EVENT)
    assert key == str(EVENT.exam_id).encode()
    assert decode(record(value, headers)) == ENVELOPE
    assert event_of(record(value, headers), ExamRead) == EVENT


def test_headers_are_those_of_cloudevents_binary_mode() -> None:
    _, _, headers = encode(ENVELOPE, EVENT)
    assert headers["ce_specversion"] == "1.0"
    assert headers["content-type"] == "application/json"
    assert {"ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "traceparent"} <= set(headers)


def test_a_record_over_64_kib_is_refused() -> None:
    large = EVENT.model_copy(update={"tenant": "x" * 70_000})
    with pytest.raises(ValueError, match="references"):
        encode(ENVELOPE, large)


def understand(odd: Record) -> None:
    decode(odd)
    event_of(odd, ExamRead)


@given(st.binary(max_size=60), st.dictionaries(st.sampled_from(["ce_specversion", "ce_id", "ce_time"]), st.binary()))
def test_any_bytes_are_understood_or_invalid(value: bytes, headers: dict[str, bytes]) -> None:
    odd = Record("t", 0, 0, None, value, tuple(headers.items()))
    with pytest.raises(Invalid):
        understand(odd)


def test_an_invalid_event_is_described_without_its_content() -> None:
    with pytest.raises(Invalid) as caught:
        event_of(record(b'{"exam_id": "\xe5\xbc\xa0\xe4\xb8\x89", "tenant": 5}', {}), ExamRead)
    assert "exam_id" in str(caught.value)
    assert "张三" not in str(caught.value)


def test_a_retry_keeps_the_id_and_adds_attempt_and_due_time() -> None:
    _, value, headers = encode(ENVELOPE, EVENT)
    retried = record(value, again(record(value, headers), attempt=2, due=1234.5, former=trace.start()))
    assert (retried.attempt, retried.due) == (2, 1234.5)
    assert decode(retried).id == ENVELOPE.id
    assert first_try(retried).attempt == 1


@pytest.mark.parametrize("odd", ["", "zero", "-5", "1e3", "９"])
def test_odd_attempt_numbers_never_fall_below_one(odd: str) -> None:
    assert record(b"{}", {"x-attempt": odd}).attempt >= 1


@given(st.text(max_size=80))
def test_any_traceparent_is_parsed_or_none(text: str) -> None:
    found = trace.parse(text)
    assert found is None or found.traceparent.count("-") == 3


@pytest.mark.parametrize(
    "malformed",
    [
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    ],
)
def test_traceparents_the_standard_forbids_are_ignored(malformed: str) -> None:
    assert trace.parse(malformed) is None


def test_a_child_span_stays_in_its_trace() -> None:
    parent = trace.parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    assert parent
    child = parent.child()
    assert (child.trace_id, child.flags) == (parent.trace_id, "01")
    assert child.span_id != parent.span_id
