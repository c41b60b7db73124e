"""What spans say of a record's way, and what they never say."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from shell_world import EMPTY, World, record

from contracts.base import Contract
from contracts.errors import Transient
from contracts.topics import STATUS, retry_topic
from runtime import trace
from runtime.envelope import FORMER, Record, first_try
from runtime.job import Job
from runtime.otel import OtelTracer, provider_of
from runtime.settings import BadSettings, TraceSettings
from runtime.spans import calling, tries
from runtime.trace import UNTRACED, Trace
from runtime.tracing import open_tracing

SECRET = "小明的答案是四十二"


class Traced:
    """A tracer and what it recorded."""

    def __init__(self, ratio: float = 1.0) -> None:
        self.exporter = InMemorySpanExporter()
        provider = provider_of(SimpleSpanProcessor(self.exporter), ratio, "redink-parser", "1")
        self.tracer = OtelTracer(provider.get_tracer("test"))

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()

    def named(self, name: str) -> ReadableSpan:
        (found,) = [span for span in self.spans if span.name == name]
        return found


@pytest.fixture
def traced() -> Traced:
    return Traced()


async def _fails(_: Job) -> Contract:
    raise Transient(SECRET)


def _id(span: ReadableSpan) -> int:
    assert span.context
    return span.context.span_id


def _parent(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


async def test_the_work_on_a_record_is_a_child_of_what_sent_it_and_the_parent_of_what_it_says(traced: Traced) -> None:
    world, given = World(tracer=traced.tracer), record()
    await world.handle(given)
    sent = trace.parse(given.header("traceparent"))
    assert sent
    process = traced.named(f"process {given.topic}")
    assert _parent(process) == int(sent.span_id, 16)
    assert {span.context.trace_id for span in traced.spans if span.context} == {int(sent.trace_id, 16)}
    inner = {span.name for span in traced.spans if _parent(span) == _id(process)}
    assert inner == {"work", "store", f"send {STATUS}", "send redink.exam.parsed.v1"}
    assert process.attributes
    assert process.attributes["redink.outcome"] == "completed"


async def test_a_call_to_others_is_seen_below_the_work_that_makes_it(traced: Traced) -> None:
    async def asks(_: Job) -> Contract:
        with calling("chat model", {"gen_ai.request.model": "model"}):
            return EMPTY

    await World(tracer=traced.tracer).handle(record(), asks)
    assert _parent(traced.named("chat model")) == _id(traced.named("work"))
    with calling("chat model", {}):  # outside of any work it is no error
        pass


async def test_a_call_that_is_tried_again_is_linked_to_the_try_before_and_to_nothing_else(traced: Traced) -> None:
    async def asks(_: Job) -> Contract:
        with tries():
            for name in ("first", "second", "third"):
                with contextlib.suppress(OSError), calling(name, {}):
                    raise OSError
        with tries(), calling("another", {}):
            return EMPTY

    await World(tracer=traced.tracer).handle(record(), asks)
    links = {span.name: [link.context.span_id for link in span.links] for span in traced.spans}
    first, second = _id(traced.named("first")), _id(traced.named("second"))
    assert [links[name] for name in ("first", "second", "third", "another")] == [[], [first], [second], []]
    assert {_parent(traced.named(name)) for name in ("first", "second", "third")} == {_id(traced.named("work"))}


async def test_the_next_stage_has_the_publish_as_its_parent(traced: Traced) -> None:
    world = World(tracer=traced.tracer)
    await world.handle(record())
    sent = traced.named("send redink.exam.parsed.v1")
    (told,) = [told for topic, told in world.traces if topic == "redink.exam.parsed.v1"]
    assert int(told.span_id, 16) == _id(sent)


async def test_a_retry_keeps_the_trace_and_is_linked_to_the_try_before(traced: Traced) -> None:
    world, given = World(tracer=traced.tracer), record()
    await world.handle(given, _fails)
    ((_, headers),) = [said for said in world.published if said[0] == retry_topic("parser")]
    again = Record(
        retry_topic("parser"), 0, 0, given.key, given.value, tuple((k, v.encode()) for k, v in headers.items())
    )
    await world.handle(again)
    first, second = traced.named(f"process {given.topic}"), traced.named(f"process {again.topic}")
    assert not first.status.is_ok
    assert [link.context.span_id for link in second.links] == [_id(first)]
    assert _parent(first) == _parent(second)  # both work on what the stage before sent
    assert first_try(again).header(FORMER) is None  # a replay tries for the first time


async def test_no_message_of_an_error_leaves_the_process_in_a_span(traced: Traced) -> None:
    await World(tracer=traced.tracer).handle(record(), _fails)
    assert SECRET not in "".join(span.to_json() for span in traced.spans)
    assert traced.named("work").attributes == {"error.type": "Transient"}


async def test_a_caller_may_decline_to_be_recorded_but_cannot_ask_for_more() -> None:
    for ratio, flags, expected in ((1.0, "00", 0), (0.0, "01", 0), (1.0, "01", 1)):
        traced = Traced(ratio)
        with traced.tracer.span("x", parent=Trace("a" * 32, "b" * 16, flags)) as span:
            assert span.trace.trace_id == "a" * 32
        assert len(traced.spans) == expected


def test_without_a_tracer_ids_still_travel() -> None:
    with UNTRACED.span("work", parent=Trace("a" * 32, "b" * 16)) as span:
        assert span.trace.trace_id == "a" * 32
        assert span.trace == span.trace != Trace("a" * 32, "b" * 16)


@pytest.fixture
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """Its address, and what it was sent."""
    received: list[ExportTraceServiceRequest] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(ExportTraceServiceRequest.FromString(_plain(self.headers.get("Content-Encoding"), body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()


def _plain(encoding: str | None, body: bytes) -> bytes:
    assert encoding is None
    return body


async def test_spans_reach_a_collector_before_the_process_leaves(
    collector: tuple[str, list[ExportTraceServiceRequest]],
) -> None:
    address, received = collector
    async with open_tracing(TraceSettings(endpoint=address), "redink-ocr", "7") as tracer:  # type: ignore[arg-type]
        with tracer.span("work"):
            await asyncio.sleep(0)
    (resource,) = [spans for request in received for spans in request.resource_spans]
    said = {item.key: item.value.string_value for item in resource.resource.attributes}
    assert (said["service.name"], said["service.version"]) == ("redink-ocr", "7")
    assert [span.name for scope in resource.scope_spans for span in scope.spans] == ["work"]


async def test_an_image_without_the_sdk_says_at_start_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "runtime.otel", None)
    monkeypatch.delattr("runtime.otel", raising=False)
    with pytest.raises(BadSettings, match="extra `tracing`"):
        async with open_tracing(TraceSettings(endpoint="http://127.0.0.1:4318"), "redink-ocr", "7"):  # type: ignore[arg-type]
            pass
