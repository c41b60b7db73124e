"""Rows 4-7: stage processes die at each of their moments."""

import asyncio
from collections import Counter

from contracts.topics import STAGE, STAGES, dead_topic, retry_topic
from runtime.topics import committed_offsets, end_offsets
from tests.faults.rows.evidence import Evidence, NotInjected, Unexpected, until
from tests.faults.rows.row import Row
from tests.faults.rows.scene import Scene
from tests.faults.rows.wire import ids, sinks

NAMES = tuple(row.name for row in STAGES)


async def _die_side_by_side(s: Scene, place: str) -> dict[str, str]:
    """An exam waits at each stage; each stage dies at its place over the one it finds. The exams by stage."""
    exams = {stage: await _parked(s, stage) for stage in reversed(NAMES)}
    artefact = {"report": 4} if "put" in place else {}  # report stores three blobs that its artefact names
    deaths = [s.arm(f"{stage}-1", f"{stage}.{place}", 60, artefact.get(stage, 1)) for stage in NAMES]
    for stage in NAMES:
        s.world.processes.resume(f"{stage}-1")
    for death in deaths:
        await s.struck(death)
    await s.completes(*exams.values())
    await s.one_story(*exams.values())
    return exams


async def _parked(s: Scene, stage: str) -> str:
    """An exam that waits at a stage, which stands still and has committed all before it, so as to die over this one."""
    await until(f"{stage} has committed what it did", lambda: _committed(s, stage), 30, pause=0.1)
    s.world.processes.pause(f"{stage}-1")
    exam = await s.upload()
    if before := NAMES[: NAMES.index(stage)]:
        await until(f"{before[-1]} has done it", lambda: s.executions(exam, before[-1]), 30, pause=0.02)
    return exam


async def _committed(s: Scene, stage: str) -> bool:
    """Whether a stage has committed every record that came to it."""
    topics = (*STAGE[stage].sources, retry_topic(stage))
    ends, offsets = await asyncio.gather(
        end_offsets(s.wire.settings, topics), committed_offsets(s.wire.settings, stage)
    )
    return all(offsets.get(place, 0) >= end for place, end in ends.items())


def _runs(s: Scene, exams: dict[str, str]) -> dict[str, int]:
    """How often each stage worked on the exam over which it died."""
    return {stage: s.executions(exam, stage) for stage, exam in exams.items()}


async def dies_before_put(s: Scene, e: Evidence) -> None:
    """4: worked, nothing kept."""
    runs = _runs(s, await _die_side_by_side(s, "blobs.put.before"))
    e.saw("each stage worked again, once", set(runs.values()) == {2}, runs)


async def dies_after_put(s: Scene, e: Evidence) -> None:
    """5: the artefact is kept, nobody knows."""
    runs = _runs(s, await _die_side_by_side(s, "blobs.put.after"))
    e.saw("no stage worked again", set(runs.values()) == {1}, runs)


async def dies_after_publish(s: Scene, e: Evidence) -> None:
    """6: said, not committed."""
    exams = await _die_side_by_side(s, "kafka.commit.before")
    try:
        said = await until("every stage has said it again", lambda: _said_again(s, exams), 30, pause=0.5)
    except Unexpected as missed:
        # Held up for longer than its session, a stage is put out of its group, and dies over the commit of that instead.
        raise NotInjected("a stage died before it had said it") from missed
    e.saw(f"each sink event came at least twice: {said} in all", said)
    await s.ends_once(*exams.values())
    runs = _runs(s, exams)
    e.saw("no stage worked again", set(runs.values()) == {1}, runs)


async def _said_again(s: Scene, exams: dict[str, str]) -> int:
    """Sink events about which a stage died, once there are two of each."""
    told = Counter((record.topic, record.key) for record in await s.wire.records(*sinks()))
    said = [told[STAGE[stage].sink, exam.encode()] for stage, exam in exams.items()]
    return sum(said) if min(said) > 1 else 0


async def dies_after_retry(s: Scene, e: Evidence) -> None:
    """7: the next try is published, this one not committed: two next tries."""
    death = s.arm("parser-1", "parser.kafka.retry.after")
    exam, hopeless = await asyncio.gather(s.upload("transient-once@parser"), s.upload("transient@parser"))
    await s.struck(death)
    await s.completes(exam)
    e.saw("the hopeless one FAILED", await s.ended(hopeless) == "FAILED")
    await s.ends_once(hopeless)
    limit = int(s.world.processes.env["REDINK_FLOW_RETRIES"]) + 1
    tries = [record.attempt for record in await s.wire.of(hopeless, retry_topic("parser"))]
    tries += [record.attempt for record in await s.wire.of(exam, retry_topic("parser"))]
    e.saw(
        f"{len(tries)} retries, none beyond try {limit}", max(tries) == limit and len(tries) > limit - 1, Counter(tries)
    )
    letters = await s.wire.of(hopeless, dead_topic("parser"))
    e.saw(f"{len(letters)} dead letter(s) of one id", len(ids(letters)) == 1, len(letters))


ROWS = (
    Row(
        4,
        "each stage dies before it keeps its artefact",
        "exit 137 at <stage>.blobs.put.before, five times",
        "worked again once, one story",
        dies_before_put,
        seconds=90,
    ),
    Row(
        5,
        "each stage dies after it kept its artefact, before it says so",
        "exit 137 at <stage>.blobs.put.after, five times",
        "the artefact is found: no second run, hence no second bill",
        dies_after_put,
        seconds=90,
    ),
    Row(
        6,
        "each stage dies after it published, before it commits",
        "exit 137 at <stage>.kafka.commit.before, five times",
        "duplicates absorbed",
        dies_after_publish,
        seconds=90,
    ),
    Row(
        7,
        "a stage dies after it published a retry, before it commits",
        "exit 137 at parser.kafka.retry.after",
        "tries stay under their cap, one dead letter",
        dies_after_retry,
        seconds=90,
    ),
)
