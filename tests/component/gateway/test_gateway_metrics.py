"""What Prometheus is told of requests and of exams in flight."""

from typing import Any

from prometheus_client import REGISTRY

from services.gateway.gauges import Gauges
from tests.component.gateway.harness import Running


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_requests_are_counted_by_the_template_of_their_route(running: Running) -> None:
    template = "/exams/{exam_id}/status"
    counts = [
        ("GET", template, "2xx"),
        ("GET", template, "4xx"),
        ("GET", "none", "4xx"),
        ("POST", "/exams", "2xx"),
    ]
    before = [value("redink_http_requests_total", method=m, route=r, status=s) for m, r, s in counts]
    exam = await running.exam()
    await running.status(exam["exam_id"])
    await running.get("/exams/00000000-0000-0000-0000-000000000000/status")
    await running.get("/no-such-thing")
    after = [value("redink_http_requests_total", method=m, route=r, status=s) for m, r, s in counts]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 1, 1]
    assert value("redink_http_request_seconds_count", method="POST", route="/exams") >= 1
    samples = [sample for metric in REGISTRY.collect() for sample in metric.samples]
    assert not [sample for sample in samples if exam["exam_id"] in sample.labels.values()]


async def test_exams_in_flight_are_told_by_class_and_by_the_stage_they_wait_for(running: Running) -> None:
    gauges = Gauges(await _pool(running), 60)
    before = value("redink_inflight", **{"class": "interactive"})
    await running.exam()
    await running.exam(priority="batch")
    await gauges.measure()
    assert value("redink_inflight", **{"class": "interactive"}) == before + 1
    assert value("redink_inflight", **{"class": "batch"}) == 1
    assert value("redink_exams_at_stage", stage="ocr") == before + 2
    assert value("redink_exams_at_stage_oldest_age_seconds", stage="ocr") > 0
    assert value("redink_exams_at_stage", stage="report") == 0


async def _pool(running: Running) -> Any:
    return _Sql(running)


class _Sql:
    """The part of a pool that gauges use, on the test's database."""

    def __init__(self, running: Running) -> None:
        self._running = running

    async def fetch(self, statement: str) -> list[Any]:
        return await self._running.sql(statement)

    async def fetchval(self, statement: str) -> Any:
        return (await self._running.sql(statement))[0][0]
