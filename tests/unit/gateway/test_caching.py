"""The caches by themselves: bounded, never stale, one question at a time, and no worse than slow."""

import asyncio
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import Transient
from contracts.events import BlobRef
from runtime import metrics
from runtime.blobs import BlobMissing, pieces
from runtime.blobs_local import LocalBlobs
from runtime.breaker import Breaker
from services.gateway.caching.blobs import CachedBlobs
from services.gateway.caching.layered import Layered
from services.gateway.caching.local import Local
from services.gateway.caching.shelves import _weight
from services.gateway.templates.library import known


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Shared:
    """Redis, so to say."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    async def get(self, key: str) -> Any | None:
        await asyncio.sleep(0)
        return self.kept.get(key)

    async def set(self, key: str, value: Any, ttl: float) -> None:
        self.kept[key] = value

    async def forget(self, key: str) -> None:
        self.kept.pop(key, None)


class Truth:
    """Counts how often it is asked."""

    def __init__(self, text: str | None = "1") -> None:
        self.text = text
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> str | None:
        self.asked += 1
        found = self.text
        await self.gate.wait()
        return found


def layered(shared: Any = None, decode: Callable[[str], int] = int, most: int = 10_000, longest: int = 100) -> Any:
    return Layered("test", shared, decode, lambda _: 1, most=most, seconds=60, longest=longest)


def hits(level: str) -> tuple[float, float]:
    hit, miss = (counter.labels("test", level)._value.get() for counter in (metrics.CACHE_HITS, metrics.CACHE_MISSES))
    return hit, miss


# --- memory


def test_memory_is_bounded_and_drops_what_was_not_used_for_longest() -> None:
    kept: Local[str] = Local(1000)
    for name in ("a", "b", "c"):
        kept.set(name, name, 300, 60)
    assert kept.get("a") == "a"
    kept.set("d", "d", 300, 60)
    assert [kept.get(name) for name in "abcd"] == ["a", None, "c", "d"]
    assert kept.size == 900
    kept.set("e", "e", 1001, 60)
    assert (kept.get("e"), len(kept), kept.size) == (None, 3, 900)


def test_many_small_values_count_for_what_keeping_them_costs() -> None:
    kept: Local[int] = Local(2560)
    for number in range(100):
        kept.set(str(number), number, 1, 60)
    assert len(kept) == 10


def test_values_are_over_at_their_time() -> None:
    clock = Clock()
    kept: Local[int] = Local(1000, clock)
    kept.set("a", 1, 1, 10)
    clock.now = 9.9
    assert kept.get("a") == 1
    clock.now = 10
    assert (kept.get("a"), kept.size) == (None, 0)


# --- layers


async def test_the_truth_is_asked_once_then_memory_answers() -> None:
    cache, truth = layered(Shared()), Truth()
    before = hits("local"), hits("redis")
    assert [await cache.get("k", truth) for _ in range(3)] == [1, 1, 1]
    assert truth.asked == 1
    (local, redis), after = before, (hits("local"), hits("redis"))
    assert (after[0][0] - local[0], after[0][1] - local[1]) == (2, 1)
    assert (after[1][0] - redis[0], after[1][1] - redis[1]) == (0, 1)


async def test_another_process_is_answered_by_redis() -> None:
    shared, truth = Shared(), Truth()
    assert await layered(shared).get("k", truth) == 1
    assert await layered(shared).get("k", truth) == 1
    assert truth.asked == 1


async def test_who_asks_for_the_same_at_the_same_time_waits_for_one_answer() -> None:
    cache, truth = layered(Shared()), Truth()
    truth.gate.clear()
    asking = [asyncio.create_task(cache.get("k", truth)) for _ in range(20)]
    while not truth.asked:  # noqa: ASYNC110 - a step at a time
        await asyncio.sleep(0)
    asking[0].cancel()  # the client that asked first is gone
    truth.gate.set()
    assert await asyncio.gather(*asking[1:]) == [1] * 19
    assert truth.asked == 1


async def test_an_error_is_told_to_all_who_wait_and_not_kept() -> None:
    cache = layered(Shared())
    asked = 0

    async def broken() -> str:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)
        raise Transient("away")

    found = await asyncio.gather(*(cache.get("k", broken) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in found] == [Transient] * 3
    assert asked == 1
    assert await cache.get("k", Truth()) == 1


async def test_what_is_not_there_is_asked_for_again() -> None:
    cache, truth = layered(Shared()), Truth(None)
    assert [await cache.get("k", truth) for _ in range(2)] == [None, None]
    truth.text = "2"
    assert await cache.get("k", truth) == 2


async def test_what_another_release_wrote_is_overwritten() -> None:
    shared = Shared()
    for rubbish in ("x", 5, ["1"]):
        shared.kept["redink:test:k"] = rubbish
        assert await layered(shared).get("k", Truth("7")) == 7
        assert shared.kept["redink:test:k"] == "7"


async def test_what_is_dropped_while_it_is_read_is_not_kept() -> None:
    shared, truth = Shared(), Truth()
    cache = layered(shared)
    truth.gate.clear()
    reading = asyncio.create_task(cache.get("k", truth))
    while not truth.asked:  # noqa: ASYNC110 - a step at a time
        await asyncio.sleep(0)
    await cache.drop("k")
    truth.gate.set()
    assert await reading == 1
    assert shared.kept == {}
    truth.text = "2"
    assert await cache.get("k", truth) == 2


async def test_long_texts_stay_out_of_redis() -> None:
    shared = Shared()
    assert await layered(shared, len).get("k", Truth("x" * 101)) == 101
    assert shared.kept == {}


async def test_without_redis_there_is_memory() -> None:
    cache, truth = layered(None), Truth()
    assert [await cache.get("k", truth) for _ in range(2)] == [1, 1]
    assert truth.asked == 1
    await cache.drop("k")
    assert await cache.get("k", truth) == 1
    assert truth.asked == 2


def test_a_template_weighs_about_what_it_takes() -> None:
    items = [
        {"number": str(n), "answer": "B", "max_score": 3, "knowledge_points": ["有理数的加减"]} for n in range(200)
    ]
    text = json.dumps({"name": "n", "subject": "math", "items": items})
    known(text)
    tracemalloc.start()
    kept = [known(text) for _ in range(5)]
    taken = tracemalloc.get_traced_memory()[0] / len(kept)
    tracemalloc.stop()
    assert 0.5 < _weight(kept[0]) / taken < 2


# --- what has just failed


def test_what_failed_is_asked_by_one_after_a_pause() -> None:
    clock = Clock()
    breaker = Breaker(5, clock)
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    clock.now = 5
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    breaker.worked()
    assert [breaker.allows() for _ in range(3)] == [True] * 3


# --- blobs


def cached(folder: Path, shared: Any = None, longest: int = 1000) -> tuple[CachedBlobs, LocalBlobs]:
    inner = LocalBlobs(folder)
    documents = Layered("test", shared, str.encode, len, most=100_000, seconds=60, longest=1000)
    return CachedBlobs(inner, documents, longest), inner


async def whole(blobs: Any, ref: BlobRef) -> bytes:
    return b"".join([piece async for piece in pieces(blobs, ref)])


async def test_a_document_is_answered_from_memory_whole_and_in_parts(tmp_path: Path) -> None:
    blobs, inner = cached(tmp_path)
    ref = await blobs.put("dev/e/1/result.json", '{"题": 1}'.encode())
    assert await blobs.get(ref) == '{"题": 1}'.encode()
    await inner.delete([ref.path])
    assert await blobs.get(ref) == await whole(blobs, ref) == '{"题": 1}'.encode()
    assert await blobs.part(ref.path, 0, 2) == b'{"'
    with pytest.raises(Transient):
        await blobs.get(ref.model_copy(update={"sha256": "0" * 64}))


async def test_what_is_no_small_document_is_passed_on(tmp_path: Path) -> None:
    blobs, inner = cached(tmp_path, longest=10)
    for path, data in (("dev/e/1/report.pdf", b"\xff"), ("dev/e/1/long.json", b"x" * 11)):
        ref = await blobs.put(path, data)
        assert await blobs.get(ref) == await whole(blobs, ref) == data
        await inner.delete([path])
        with pytest.raises(BlobMissing):
            await blobs.get(ref)
        with pytest.raises(BlobMissing):
            await whole(blobs, ref)


async def test_what_was_deleted_is_gone_from_every_level(tmp_path: Path) -> None:
    shared = Shared()
    blobs, _ = cached(tmp_path, shared)
    ref = await blobs.put("dev/e/1/result.json", b"{}")
    await whole(blobs, ref)
    assert len(shared.kept) == 1
    await blobs.delete([ref.path])
    assert shared.kept == {}
    with pytest.raises(BlobMissing):
        await blobs.get(ref)
