"""A blob that is not what its reference says: one exam's trouble, which holds up neither bills nor deletions of others."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import Transient
from contracts.events import BlobRef
from runtime.blobs import Unavailable
from services.gateway.database import open_database
from services.gateway.limits.meter import Meter
from services.gateway.retention.eraser import Eraser
from services.gateway.retention.settings import RetentionSettings
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import Running, gateway


class Damaged:
    """The store, in which all of one exam fails to be read; `error` says how."""

    def __init__(self, inner: Any, exam_id: str, error: Exception) -> None:
        self._inner = inner
        self._exam_id = exam_id
        self._error = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def get(self, ref: BlobRef) -> bytes:
        if self._exam_id in ref.path:
            raise self._error
        data: bytes = await self._inner.get(ref)
        return data


@pytest.fixture
async def running(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setenv("REDINK_LIMIT_METER_SECONDS", "3600")  # the test's meter counts
    async with gateway(database, tmp_path) as one:
        yield one


async def _two(running: Running) -> tuple[str, str]:
    """A completed exam, and a later one."""
    exams = [await running.exam() for _ in range(2)]
    for exam in exams:
        await running.report(exam)
    return exams[0]["exam_id"], exams[1]["exam_id"]


async def test_an_exam_whose_report_is_damaged_holds_up_no_others_bill(running: Running) -> None:
    bad, good = await _two(running)
    async with open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool:
        blobs: Any = Damaged(running.blobs, bad, Transient("torn"))
        meter = Meter(pool, blobs, 60)
        assert await meter.turn() == 2
        counted = await running.sql("SELECT exam_id FROM exams WHERE metered = 1")
        assert [str(row["exam_id"]) for row in counted] == [good]
        assert await meter.turn() == 0, "it is met again after a pause"


async def test_an_exam_whose_report_is_damaged_can_be_deleted_and_holds_up_no_others_deletion(running: Running) -> None:
    bad, _good = await _two(running)
    await running.sql("UPDATE exams SET completed_at = completed_at - interval '10 days'")
    async with open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool:
        blobs: Any = Damaged(running.blobs, bad, Transient("torn"))
        await Eraser(pool, blobs, Meter(pool, blobs, 60), RetentionSettings(days=1)).sweep()
    assert await running.sql("SELECT 1 FROM exams") == []
    assert await running.blobs.listing(f"dev/{bad}") == {}


async def test_while_the_store_is_away_no_exam_is_deleted_whose_use_was_not_counted(running: Running) -> None:
    bad, _good = await _two(running)
    async with open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool:
        blobs: Any = Damaged(running.blobs, bad, Unavailable("away"))
        eraser = Eraser(pool, blobs, Meter(pool, blobs, 60), RetentionSettings())
        with pytest.raises(Unavailable):
            await eraser.delete("dev", (await _ids(running))[0], "request", None)
    assert len(await running.sql("SELECT 1 FROM exams")) == 2


async def _ids(running: Running) -> list[Any]:
    return [row["exam_id"] for row in await running.sql("SELECT exam_id FROM exams ORDER BY completed_at")]
