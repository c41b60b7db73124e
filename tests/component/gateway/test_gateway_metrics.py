"""What Prometheus is told of requests and of exams in flight."""

import time
from typing import Any

import pytest
from asyncpg import InterfaceError
from prometheus_client import REGISTRY
from pydantic import SecretStr

from services.gateway.database import open_database
from services.gateway.gauges import Gauges
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import Running, until


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
    await running.exam()
    await running.exam(priority="batch")

    async def told() -> bool:
        """The gateway's own gauges may write what they saw before."""
        await gauges.measure()
        flying = [value("redink_inflight", **{"class": each}) for each in ("interactive", "batch")]
        return (flying, value("redink_exams_at_stage", stage="ocr")) == ([1, 1], 2)

    await until(told)
    assert value("redink_exams_at_stage_oldest_age_seconds", stage="ocr") > 0
    assert value("redink_exams_at_stage", stage="report") == 0


async def test_gauges_of_a_database_that_is_away_are_known_to_stand_still(database: str) -> None:
    """Without a gateway, which would read as well."""
    async with open_database(PostgresSettings(dsn=SecretStr(database), pool=2)) as pool:
        gauges = Gauges(pool, 60)
        began = time.time()
        await gauges.measure()
        read = value("redink_books_read_timestamp_seconds")
        assert began <= read <= time.time()
        await pool.close()
        with pytest.raises(InterfaceError):
            await gauges.measure()
        assert value("redink_books_read_timestamp_seconds") == read


async def test_what_no_loop_takes_is_told_by_its_age_and_what_has_ended_is_not(database: str) -> None:
    """Without a gateway, whose loops would take it."""
    async with open_database(PostgresSettings(dsn=SecretStr(database), pool=2)) as pool:
        gauges = Gauges(pool, 60)
        await gauges.measure()
        assert _behind() == (0, 0)
        await pool.execute("INSERT INTO tenants (name) VALUES ('t')")
        await pool.execute(
            """INSERT INTO imports (import_id, tenant, media_type, requested_by, created_at)
               VALUES (gen_random_uuid(), 't', 'text/csv', 'k', now() - interval '2 hours')"""
        )
        await pool.execute(
            """INSERT INTO exams (exam_id, tenant, priority, subject, grade, locale, files, status, created_at,
                                  deadline, updated_at, status_at, heard_at, completed_at)
               SELECT gen_random_uuid(), 't', 'interactive', 'math', 7, 'zh-CN', 1, 'COMPLETED', t, t, t, t, t, t
               FROM (SELECT now() - interval '1 hour' AS t) AS long_ago"""
        )
        await gauges.measure()
        imports, history = _behind()
        assert imports >= 7200
        assert 3600 <= history < 7200
        await pool.execute("UPDATE imports SET ended_at = now()")
        await pool.execute("UPDATE exams SET recorded_revision = revision")
        await gauges.measure()
        assert _behind() == (0, 0)


def _behind() -> tuple[float, float]:
    return value("redink_import_oldest_age_seconds"), value("redink_record_behind_seconds")


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
