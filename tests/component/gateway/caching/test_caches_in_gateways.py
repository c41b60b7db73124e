"""Several gateways on one Redis, and a Redis that is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from deploy.native.stack import Stack
from runtime.blobs_local import LocalBlobs
from runtime.cache import open_cache
from runtime.settings import RedisSettings
from tests.component.gateway.harness import PATIENCE, Bus, Outside, Running, gateway
from tests.component.gateway.templates.conftest import make, paper
from tests.component.gateway.templates.test_exams_by_template import stored


class Open(Protocol):
    def __call__(self, cache: Any) -> AbstractAsyncContextManager[Running]: ...


@pytest.fixture
def opened(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Gateways of one database and blob store, whose loops read nothing meanwhile: they would be counted, too."""
    monkeypatch.setenv("REDINK_LIMIT_METER_SECONDS", "3600")
    monkeypatch.setenv("REDINK_RECORD_POLL_SECONDS", "3600")
    return lambda cache: gateway(database, tmp_path, outside=Outside(Bus(), LocalBlobs(tmp_path), cache=cache))


@pytest.fixture
async def redis(stack: Stack) -> AsyncIterator[Any]:
    async with open_cache(RedisSettings(url=SecretStr(stack.redis_url), timeout=PATIENCE)) as cache:
        yield cache


async def counted(running: Running, cache: str, level: str) -> tuple[float, float]:
    """(hits, misses) as Prometheus sees them."""
    text = (await running.client.get("/metrics")).text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    names = (f'redink_cache_{kind}_total{{cache="{cache}",level="{level}"}}' for kind in ("hits", "misses"))
    hit, miss = (float(values.get(name, 0)) for name in names)
    return hit, miss


async def test_a_change_at_one_gateway_is_used_by_the_next_upload_at_another(opened: Open, redis: Any) -> None:
    async with opened(redis) as one, opened(redis) as two:
        template = await make(one)
        for running in (one, two):
            assert (await running.get(f"/templates/{template['id']}")).json()["version"] == 1
        for version, answer in enumerate("CDAB", 2):
            url = f"/api/v1/templates/{template['id']}"
            changed = await one.client.put(url, json=paper(items=[{"number": "1", "answer": answer}]))
            assert changed.json()["version"] == version
            submission = await stored(two, await two.exam(template_id=template["id"]))
            assert submission.answer_key is not None
            assert submission.answer_key.questions[0].answer == answer


async def test_a_deleted_template_is_gone_at_every_gateway(opened: Open, redis: Any) -> None:
    async with opened(redis) as one, opened(redis) as two:
        template = await make(one)
        await two.exam(template_id=template["id"])
        await one.client.delete(f"/api/v1/templates/{template['id']}")
        assert (await two.get(f"/templates/{template['id']}")).status_code == 404
        assert (await two.upload(template_id=template["id"])).json()["code"] == "unknown_template"


async def test_results_are_read_once_and_hits_are_counted(opened: Open, redis: Any) -> None:
    async with opened(redis) as one:
        exam = await one.exam()
        await one.report(exam)
        before = await counted(one, "result", "local")
        answers = [await one.get(f"/exams/{exam['exam_id']}/result") for _ in range(5)]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        after = await counted(one, "result", "local")
        assert (after[0] - before[0], after[1] - before[1]) == (8, 2)  # the report's entry and the document, five times
        await one.sql(
            "UPDATE exams SET metered = revision, recorded_revision = revision"
        )  # as if the loops had read it
    async with opened(redis) as two:
        before = await counted(two, "result", "redis")
        assert (await two.get(f"/exams/{exam['exam_id']}/result")).content == answers[0].content
        assert (await counted(two, "result", "redis"))[0] - before[0] == 2


def asked(result: str) -> float:
    """Of all caches that this process had."""
    return REGISTRY.get_sample_value("redink_cache_requests_total", {"result": result}) or 0.0


async def test_a_redis_that_hangs_slows_a_few_requests_and_breaks_none(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.cache._PAUSE", 600.0)  # a busy machine needs more than one pause for these requests

    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    url = SecretStr(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    errors, skipped = asked("error"), asked("skipped")
    async with open_cache(RedisSettings(url=url, timeout=0.5)) as cache, opened(cache) as running:
        templates = [await make(running, name=f"卷 {n}") for n in range(12)]
        for template in templates:  # each a miss: without a breaker each would wait twice for half a second
            assert (await running.upload(template_id=template["id"])).status_code == 202
        assert asked("skipped") > skipped
        assert 1 <= asked("error") - errors < len(templates)
    server.close()
