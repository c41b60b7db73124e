"""Rows 18-23: records that nobody can read, inputs that kill, bursts of rubbish, lies and repetitions."""

import asyncio
import random
import secrets
from typing import Any

from contracts.events import BlobRef, ExamRead, ExamReported, ExamStatus, StatusKind
from contracts.status import Status
from contracts.topics import REPORTED, STAGE, STAGES, STATUS, TOPICS, dead_topic, retry_topic
from runtime.process import HALTED
from services.gateway.core.problems import Code
from tests.faults.rows.evidence import Evidence, until
from tests.faults.rows.row import Row, blames
from tests.faults.rows.scene import OTHER_TENANT, Scene
from tests.faults.rows.wire import said

_WORK = {source: row.name for row in STAGES for source in (*row.sources, retry_topic(row.name))}
"""Topics whose records a stage works on, and which stage."""
_SOURCE = STAGE["parser"].sources[0]


async def undecodable(s: Scene, e: Evidence) -> None:
    """18: bytes that are nothing, on every topic there is."""
    starts = _starts(s)
    mark = secrets.token_bytes(8).hex()
    parked = await s.books.count("parked")
    for topic in TOPICS:
        # A dead letter without a reason is for the audit to find, which ends this row.
        reason = {"x-dead-reason": "planted"} if ".dead." in topic.name else {}
        await s.wire.put(topic.name, b"\xff\xfe\x00 " + mark.encode(), key=mark.encode(), **reason)
    e.did(f"undecodable bytes on all {len(TOPICS)} topics")
    await until("each stage has set aside what came to it", lambda: _set_aside(s, mark, len(_WORK)), 20, pause=0.3)
    e.saw(f"{len(_WORK)} of them are dead letters, one each", len(await _letters(s, mark)) == len(_WORK))
    kept = await until("the gateway has parked what came to it", lambda: _more_parked(s, parked), 15)
    e.saw(f"{kept} are parked by the gateway", kept)
    await s.completes(await s.upload())
    e.saw("no process died of it", _starts(s) == starts, _starts(s))


def _starts(s: Scene) -> dict[str, int]:
    return {name: member.starts for name, member in s.world.processes.members.items()}


async def _letters(s: Scene, mark: str) -> list[Any]:
    """Dead letters whose record bears a mark, without what was put on the dead-letter topics by hand."""
    found = await s.wire.of(mark, *(dead_topic(row.name) for row in STAGES))
    return [record for record in found if record.header("x-dead-topic")]


async def _set_aside(s: Scene, mark: str, wanted: int) -> bool:
    return len(await _letters(s, mark)) >= wanted


async def _more_parked(s: Scene, before: int) -> int:
    """How many were parked since, once status, reported and a dead letter of each stage were."""
    more = await s.books.count("parked") - before
    return more if more >= 2 + len(STAGES) else 0


async def killers(s: Scene, e: Evidence) -> None:
    """19: one input kills the process of its pool, another the whole stage, and with it the work of its neighbours."""
    deaths = 'redink_worker_deaths_total{reason="died",stage="ocr"}'
    before, ocr = await s.sample(deaths, "ocr-1"), s.world.processes.members["ocr-1"].starts
    await s.world.processes.stop("analyzer-1")
    child, whole, neighbours = await asyncio.gather(
        s.upload("kill-child@ocr"), s.upload("kill-process@analyzer"), s.uploads(4)
    )
    for exam in (whole, *neighbours):
        await until("all wait for analyzer", lambda exam=exam: s.executions(exam, "parser"), 60)
    s.order("analyzer-1", blobs__slow=1.0)  # so that the neighbours are at work when it is killed
    await s.world.processes.start("analyzer-1")
    ends = await asyncio.gather(s.ended(child, 100), s.ended(whole, 100))
    died = await s.sample(deaths, "ocr-1") - before
    e.did(f"ocr's pool child killed {died:.0f} times by one upload", died > 1)
    exits = s.exits(["analyzer-1"], 139)
    e.did(f"analyzer exited 139 {exits} times over another", exits > 1)
    e.saw("both FAILED", set(ends) == {"FAILED"}, ends)
    rows = [await s.books.exam(exam) for exam in (child, whole)]
    codes = [row and row["error_code"] for row in rows]
    e.saw("their code says why", codes == ["worker_crashed"] * 2, codes)
    e.saw("ocr itself never died", s.world.processes.members["ocr-1"].starts == ocr)
    await s.ends_once(child, whole)
    for exam, stage in ((child, "ocr"), (whole, "analyzer")):
        letters = await s.wire.of(exam, dead_topic(stage))
        e.saw(f"{stage}: a dead letter says {letters and letters[0].header('x-dead-reason')}", letters)
    await s.completes(*neighbours, within=90)
    begun = [s.executions(exam, "analyzer", "begun") for exam in neighbours]
    e.did(f"the neighbours were at work when it was killed: begun {begun} times", max(begun) > 1)


async def misshapen(s: Scene, e: Evidence) -> None:
    """20: an envelope of another version, an event without its fields, a record of 900 KiB."""
    starts = _starts(s)
    exam = await s.upload()
    await s.ended(exam)
    good = (await s.wire.of(exam, _SOURCE))[0]
    headers = {name: value.decode() for name, value in good.headers}
    poison = {
        "version": (b"{}", headers | {"ce_specversion": "9.9"}),
        "fields": (b'{"schema": 2, "exam": "?"}', headers),
        "size": (b'{"x": "' + b"x" * 900 * 1024 + b'"}', headers),
    }
    marks = {kind: secrets.token_hex(8) for kind in poison}
    for kind, (value, with_headers) in poison.items():
        await s.wire.put(_SOURCE, value, key=marks[kind].encode(), **with_headers)
    e.did("an unknown envelope version, missing fields, a record of 900 KiB on parser's topic")
    for kind, mark in marks.items():
        await until(f"{kind} is set aside", lambda mark=mark: _set_aside(s, mark, 1), 15, pause=0.3)
        letter = (await _letters(s, mark))[0]
        e.saw(
            f"{kind}: dead letter of {len(letter.value or b'')} bytes, {letter.header('x-dead-error')}",
            letter.value == poison[kind][0] and letter.header("x-dead-reason") == "invalid",
        )
    await s.completes(await s.upload())
    e.saw("no process died of it", _starts(s) == starts, _starts(s))


async def burst(s: Scene, e: Evidence) -> None:
    """21: two of five records are rubbish; the stage stops rather than set aside a whole topic."""
    exam = await s.upload()
    await s.ended(exam)
    good = (await s.wire.of(exam, _SOURCE))[0]
    strict = {"REDINK_FLOW_DEAD_RATIO": "0.3", "REDINK_FLOW_DEAD_SAMPLE": "50", "REDINK_FLOW_DEAD_CONSECUTIVE": "40"}
    mark = secrets.token_hex(8)
    async with s.special("parser-9", replaces=["parser-1"], **strict) as stage:
        for number in range(100):
            if number % 5 < 2:
                await s.wire.put(_SOURCE, b"rubbish", key=mark.encode())
            else:
                await s.wire.again([good], 1, random.Random(number))
        halted = await until("it stops itself", lambda: s.exits([stage], HALTED), 40)
        e.did(f"40 of 100 records are rubbish; parser exited {HALTED}, {halted} time(s)", halted)
        after = await s.upload()
        await s.completes(after, within=90)
    await until("all rubbish is set aside", lambda: _set_aside(s, mark, 40), 30, pause=0.5)
    letters = await _letters(s, mark)
    places = {(record.header("x-dead-partition"), record.header("x-dead-offset")) for record in letters}
    e.saw(f"each of 40 has a dead letter in the end ({len(letters)} letters): none was skipped", len(places) == 40)


async def forged(s: Scene, e: Evidence) -> None:
    """22: events about another tenant's exam, well-formed in everything else."""
    violations = 'redink_invariant_violations_total{name="event_of_another_tenant"}'
    gateways = s.world.processes.of("gateway")
    s.world.processes.pause("report-1")
    exam = await s.upload()
    await until("diagnostic has done it", lambda: s.executions(exam, "diagnostic"))
    row = await s.books.exam(exam)
    assert row is not None
    before = await s.sample(violations, *gateways)
    lie = said(row, tenant=OTHER_TENANT)
    ref = BlobRef(path=f"{OTHER_TENANT}/{exam}/1/report.json", sha256="0" * 64, size=1)
    await s.wire.say(REPORTED, ExamReported(**lie, artefact=ref))
    failed = ExamStatus(**lie, stage="report", kind=StatusKind.FAILED, status=Status.FAILED, at=row["created_at"])
    await s.wire.say(STATUS, failed)
    await s.wire.say(_SOURCE, ExamRead(**lie, artefact=ref))
    e.did("a result, a failure and work, forged in the name of another tenant")
    refused = await until("they are refused", lambda: _rise(s, violations, before, 3), 40)
    e.saw(f"{refused:.0f} refused and counted as violations", refused)
    after = await s.books.exam(exam) or {}
    e.saw("the exam goes on, and has no report of theirs", (after["completed_at"], after["report"]) == (None, None))
    s.world.processes.resume("report-1")
    await s.completes(exam)
    await until("parser has given up the forged work", lambda: _gave_up(s, exam, "parser"), 60, pause=0.5)
    e.saw("work on what isn't there was tried in vain, and said so", True)
    report = (await s.books.exam(exam) or {})["report"]
    e.saw("its report is its own tenant's", f"{row['tenant']}/{exam}/" in str(report), report)
    answer = await s.http.get(f"{s.url()}/api/v1/exams/{exam}", headers=s.auth(OTHER_TENANT))
    e.saw("the other tenant sees no such exam", answer.json().get("code") == Code.EXAM_NOT_FOUND.value)


async def _gave_up(s: Scene, exam: str, stage: str) -> bool:
    """Whether a stage has said that it failed: it says no more of this."""
    said = [ExamStatus.model_validate_json(record.value or b"") for record in await s.wire.of(exam, STATUS)]
    return any((one.stage, one.kind) == (stage, StatusKind.FAILED) for one in said)


async def _rise(s: Scene, sample: str, before: float, least: int) -> float:
    more = await s.sample(sample, *s.world.processes.of("gateway")) - before
    return more if more >= least else 0.0


async def repeated(s: Scene, e: Evidence) -> None:
    """23: everything that was ever said of these exams is said three times again, in any order."""
    poisons = ("", "", "transient-once@analyzer", "permanent@parser")
    exams = list(await asyncio.gather(*(s.upload(poison, pages=3) for poison in poisons)))
    cancelled = await s.upload("hang@parser")
    await until("parser hangs", lambda: s.executions(cancelled, "parser", "begun"))
    await s.ask("POST", f"/exams/{cancelled}/cancel")
    exams.append(cancelled)
    for exam in exams:
        await s.ended(exam)
    before = await _state(s, exams)
    keys = {exam.encode() for exam in exams}
    skip = {dead_topic(row.name) for row in STAGES}
    records = [record for record in await s.wire.everything() if record.key in keys and record.topic not in skip]
    seed = secrets.randbits(32)
    count = await s.wire.again(records, 3, random.Random(seed))
    e.did(f"{len(records)} records of {len(exams)} exams published 3 times more, shuffled with seed {seed}", count)
    tail = await s.upload()
    await s.completes(tail)
    await asyncio.sleep(1.5)
    after = await _state(s, exams)
    e.saw("status, events and artefacts of every exam are what they were", after == before, _difference(before, after))
    await s.ends_once(*exams)


async def _state(s: Scene, exams: list[str]) -> dict[str, Any]:
    """All that is known of the exams, without the times at which things were last heard."""
    state: dict[str, Any] = {}
    for exam in exams:
        row = await s.books.exam(exam) or {}
        state[exam] = {name: row[name] for name in ("status", "revision", "error_code", "last_event", "completed_at")}
        state[exam]["told"] = await s.books.told(exam)
        paths = (s.world.folder / "blobs").glob(f"*/{exam}/*/*.json")
        state[exam]["artefacts"] = {path.name: path.read_bytes() for path in paths}
    return state


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{exam}.{name}": (before[exam][name], after[exam][name])
        for exam in before
        for name in before[exam]
        if before[exam][name] != after[exam][name]
    }


ROWS = (
    Row(
        18,
        "undecodable bytes on every topic",
        "bytes that are no event",
        "dead letters or parked, the partitions move on",
        undecodable,
    ),
    Row(
        19,
        "inputs that kill the pool's child, and the stage itself",
        "SIGKILL of the child by its input; exit 139 of the stage by another",
        "FAILED with a code after a few tries; neighbours at work in the same process COMPLETED",
        killers,
        seconds=150,
    ),
    Row(
        20,
        "unknown version, missing fields, a record of 900 KiB",
        "three misshapen records",
        "dead letters with their own bytes, no crash",
        misshapen,
    ),
    Row(
        21,
        "a burst of rubbish",
        "40 % invalid records over the limit of 30 %",
        f"the stage exits {HALTED}, nothing is skipped",
        burst,
        seconds=150,
    ),
    Row(
        22,
        "forged events",
        "result, failure and work in another tenant's name",
        "refused and counted",
        forged,
        seconds=90,
        verdict=blames,
    ),
    Row(
        23,
        "everything repeated three times, shuffled",
        "all records of five exams again",
        "the same final state",
        repeated,
        seconds=120,
    ),
)
