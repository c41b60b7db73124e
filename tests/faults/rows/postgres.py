"""Rows 24-26: Postgres dies, hangs, crawls and says no."""

import asyncio
import time
from collections import Counter

import asyncpg

from tests.faults.rows.evidence import Evidence, NotInjected, Unexpected, until
from tests.faults.rows.row import Row
from tests.faults.rows.scene import Request, Scene


async def postgres_comes_and_goes(s: Scene, e: Evidence) -> None:
    """24: restarted, its sessions terminated, then out of reach."""
    requests = [s.request() for _ in range(24)]
    sending = [asyncio.create_task(_insist(s, request, number)) for number, request in enumerate(requests)]
    await s.world.servers.restart("postgres", hard=False)
    await s.world.servers.restart("postgres", hard=True)
    e.did("postgres restarted twice, once by kill -9")
    e.did(f"{await _terminate(s, 5)} sessions terminated", True)
    exams = await asyncio.gather(*sending)
    await _black_hole(s, e, 60)
    await s.completes(*exams)
    e.saw("no upload was accepted twice", sorted(await s.books.of_class(s.tag)) == sorted(set(exams)))


async def _insist(s: Scene, request: Request, number: int) -> str:
    await asyncio.sleep(number / 4)
    return await s.accepted(request, f"gateway-{1 + number % 2}", within=60)


async def _terminate(s: Scene, seconds: float) -> int:
    """End the gateways' sessions again and again; how many were."""
    ended, until_then = 0, time.monotonic() + seconds
    async with s.world.database() as database:
        while time.monotonic() < until_then:
            rows = await database.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'redink-%'"
            )
            ended += len(rows)
            await asyncio.sleep(0.3)
    if not ended:
        raise NotInjected("no session to terminate")
    return ended


async def _black_hole(s: Scene, e: Evidence, seconds: float) -> None:
    """Nothing passes to or from Postgres, and nothing is refused either."""
    began = time.monotonic()
    s.world.proxy["postgres"].set("both", silent=True)
    e.did(f"black hole before postgres for {seconds:.0f} s")
    await until("the gateway says that it is not ready", lambda: _unready(s, "gateway-1"), 20)
    e.saw(f"readiness flipped after {time.monotonic() - began:.0f} s", True)
    asked = time.monotonic()
    answer = await s.offer(s.request(), patience=30)
    took = time.monotonic() - asked
    e.saw(f"an upload was answered 503 in {took:.1f} s", answer is not None and answer.status_code == 503, answer)
    await asyncio.sleep(max(0.0, seconds - (time.monotonic() - began)))
    s.world.proxy["postgres"].heal()
    began = time.monotonic()
    await s.world.processes.ready("gateway-1", "gateway-2", within=45)
    e.saw(f"ready {time.monotonic() - began:.1f} s after it healed, without a restart", True)


async def _unready(s: Scene, name: str) -> bool:
    return not await s.world.processes.is_ready(name)


async def postgres_crawls(s: Scene, e: Evidence) -> None:
    """25: every answer of Postgres comes 2 s late, and more ask than the pool has connections."""
    s.world.proxy["postgres"].set("down", latency=2.0)
    e.did("2 s latency on every answer of postgres, 40 uploads at once on pools of 6")
    began = time.monotonic()
    answers = await asyncio.gather(*(s.offer(s.request(), f"gateway-{1 + n % 2}", 45) for n in range(40)))
    took = time.monotonic() - began
    codes = Counter(None if answer is None else answer.status_code for answer in answers)
    e.saw(f"all were answered in {took:.0f} s: {dict(codes)}", set(codes) <= {202, 503} and took < 40, dict(codes))
    e.saw("some were told to come back", codes[503], dict(codes))
    s.world.proxy["postgres"].heal()
    began = time.monotonic()
    exam = await s.upload()
    e.saw(f"{time.monotonic() - began:.1f} s after it healed uploads are accepted again", True)
    accepted = [answer.json()["exam_id"] for answer in answers if answer is not None and answer.status_code == 202]
    e.saw("nothing is there that was not accepted", set(accepted) <= set(await s.books.of_class(s.tag)))
    await s.completes(exam, *accepted)


async def postgres_says_no(s: Scene, e: Evidence) -> None:
    """26: a real deadlock, then every third write is told of a deadlock or a failed serialization."""
    exam = await s.upload("hang@parser")
    await until("parser hangs", lambda: s.executions(exam, "parser", "begun"))
    await _deadlock(s, e, exam)
    async with s.world.database() as database:
        await database.execute(_CONFLICTS)
        try:
            exams = await s.uploads(8)
            await asyncio.gather(*(s.ended(each) for each in exams))
            refused = await database.fetchval("SELECT last_value FROM torture_turn")
        finally:
            await database.execute("DROP FUNCTION torture_conflict CASCADE; DROP SEQUENCE torture_turn")
    e.did(f"{refused // 3} writes refused as deadlock (40P01) or serialization failure (40001)", refused >= 3)
    await s.completes(*exams)
    e.saw("the exam that was fought over ended once", await s.ended(exam) == "FAILED")
    await s.ends_once(exam)


_CONFLICTS = """
CREATE SEQUENCE torture_turn;
CREATE FUNCTION torture_conflict() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE turn bigint := nextval('torture_turn');
BEGIN
  IF turn % 6 = 3 THEN RAISE EXCEPTION 'ordered' USING ERRCODE = '40P01'; END IF;
  IF turn % 6 = 0 THEN RAISE EXCEPTION 'ordered' USING ERRCODE = '40001'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER torture_events BEFORE INSERT ON exam_events FOR EACH ROW EXECUTE FUNCTION torture_conflict();
CREATE TRIGGER torture_outbox BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION torture_conflict();
"""


async def _deadlock(s: Scene, e: Evidence, exam: str) -> None:
    """The gateway locks the exam and wants a row that we hold; then we want the exam. One of the two must give way."""
    async with s.world.database() as ours:
        await ours.execute("SET deadlock_timeout = '30s'")  # so that the one that looks for a cycle is the gateway's
        before = await ours.fetchval(_DEADLOCKS)
        async with ours.transaction():
            await ours.execute(
                "INSERT INTO stage_timings (exam_id, revision, stage, attempts) VALUES ($1::text::uuid, 1, 'parser', 1)"
                " ON CONFLICT (exam_id, revision, stage) DO UPDATE SET attempts = stage_timings.attempts",
                exam,
            )
            await until("the gateway waits for our row", lambda: _waits(s), 15)
            locked = await ours.fetchval("SELECT status FROM exams WHERE exam_id = $1::text::uuid FOR UPDATE", exam)
        after = await until("the deadlock is counted", lambda: _more(s, before), 10)
    e.did(f"{after - before} deadlock between the projection and a session of ours, which won ({locked})", locked)


_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


async def _waits(s: Scene) -> bool:
    return bool(
        await s.books.pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'redink-%'"
        )
    )


async def _more(s: Scene, before: int) -> int:
    try:
        now = int(await s.books.pool.fetchval(_DEADLOCKS))
    except asyncpg.PostgresError as error:
        raise Unexpected(str(error)) from error
    return now if now > before else 0


ROWS = (
    Row(
        24,
        "Postgres restarted, its sessions terminated, then a black hole for 60 s",
        "restart, kill -9, pg_terminate_backend, proxy silent",
        "the pool recovers, readiness flips and returns, no half transaction",
        postgres_comes_and_goes,
        seconds=240,
    ),
    Row(
        25,
        "Postgres slow, pool exhausted",
        "2 s latency, 40 uploads at once",
        "202 or 503 in bounded time, no pile-up",
        postgres_crawls,
        seconds=150,
    ),
    Row(
        26,
        "deadlocks and serialization failures",
        "a real deadlock; every third write refused",
        "retried, nothing told twice",
        postgres_says_no,
        seconds=120,
    ),
)
