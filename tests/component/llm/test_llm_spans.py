"""What is seen of a model's calls in a trace: each try below the work that asked, and how it ended."""

import json

from llm_world import WORD, question
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from scripted_model import error, says

from runtime import trace
from runtime.otel import OtelTracer, provider_of
from runtime.spans import working


async def test_a_call_that_is_tried_again_is_two_spans_below_the_work_and_the_first_failed(opened) -> None:
    exporter = InMemorySpanExporter()
    tracer = OtelTracer(provider_of(SimpleSpanProcessor(exporter), 1.0, "redink", "1").get_tracer("test"))
    async with opened() as world:
        world.server.script = [error(429, Retry_After="0"), says(json.dumps({"word": WORD}))]
        with working(tracer, trace.start()):
            assert (await world.llm.ask(question(), world.account())).word == WORD
    spans = {name: [s for s in exporter.get_finished_spans() if s.name.startswith(name)] for name in ("chat", "work")}
    (work,) = spans["work"]
    assert [span.attributes["http.response.status_code"] for span in spans["chat"]] == [429, 200]
    assert [span.status.is_ok for span in spans["chat"]] == [False, True]
    assert {span.parent.span_id for span in spans["chat"]} == {work.context.span_id}
    failed, well = spans["chat"]
    assert [link.context.span_id for link in well.links] == [failed.context.span_id]
    assert not failed.links
    said = json.dumps([json.loads(span.to_json()) for span in spans["chat"]], ensure_ascii=False)
    assert "apple" not in said
    assert WORD not in said
