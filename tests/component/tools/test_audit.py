"""Each invariant of the audit can fail: a healthy installation passes, one spoiled thing is found by the right check."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from audited_world import REPORTED, Audit, Made, World, sha

from contracts.errors import ErrorCode
from contracts.events import ExamReported, ExamUploaded, StatusKind
from contracts.status import Status
from contracts.topics import STAGE, STATUS, UPLOADED, retry_topic
from runtime.kafka import open_kafka
from services.gateway.tools import audit as command
from tests.component.gateway.harness import DEV_KEY, gateway


async def test_a_healthy_installation_is_clean_and_says_how_much_was_looked_at(world: World, audited: Audit) -> None:
    done = [await world.exam() for _ in range(3)]
    failed = await world.exam(Status.FAILED, code=ErrorCode.NO_TEXT_FOUND)
    await world.status(failed, "ocr", StatusKind.FAILED, Status.FAILED, code=ErrorCode.NO_TEXT_FOUND)
    running = await world.exam(Status.UPLOADED)
    await world.dead(failed, "ocr")
    await world.commit("ocr", UPLOADED["interactive"], 0)
    found = await audited("--journal", world.journal(*(made.journal() for made in [*done, failed, running])))
    assert (found["code"], found["ok"]) == (0, True), found
    assert found["equation"] == {
        "accepted": 5, "completed": 3, "failed": 1, "cancelled": 0, "expired": 0, "in_flight": 1,
    }  # fmt: skip
    assert found["duplicates"] == {"events": {}, "executions": 0}
    verdicts = {name: item["verdict"] for name, item in found["by_id"].items()}
    assert {name for name, verdict in verdicts.items() if verdict != "ok"} <= {"I5", "I9", "I11", "I12"}
    assert verdicts["I11"] == verdicts["I12"] == "not checked"
    assert found["by_id"]["I1"]["checked"] == 5


async def test_an_empty_installation_is_not_checked_rather_than_ok(world: World, audited: Audit) -> None:
    found = await audited()
    assert found["code"] == 0
    assert {item["verdict"] for item in found["invariants"]} == {"not checked"}


async def test_topics_that_a_broker_forgot_raise_no_false_alarm(
    world: World, audited: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.exam()
    await world.exam(Status.FAILED, code=ErrorCode.INTERNAL)
    empty = world.kafka_settings.model_copy(update={"topic_prefix": f"{world.kafka_settings.topic_prefix}new."})
    async with open_kafka(empty) as kafka:
        await kafka.create_topics()
    monkeypatch.setenv("REDINK_KAFKA_TOPIC_PREFIX", empty.topic_prefix)
    found = await audited()
    assert (found["code"], found["looked_at"]) == (0, {"exams": 2, "records": 0}), found
    assert found["by_id"]["I9"]["verdict"] == "not checked"


async def _overdue(world: World) -> Made:
    late = await world.exam(Status.UPLOADED)
    await world.sql.execute("UPDATE exams SET deadline = now() - interval '1 s' WHERE exam_id = $1", late.exam_id)
    return late


async def _lost(world: World) -> Made:
    made = await world.exam(Status.UPLOADED)
    await world.sql.execute(
        """INSERT INTO idempotency (tenant, key, owner, lease_until, exam_id)
           VALUES ('dev', 'k', gen_random_uuid(), now(), $1)""",
        made.exam_id,
    )
    await world.sql.execute("DELETE FROM exams WHERE exam_id = $1", made.exam_id)
    return made


async def _ended_twice(world: World) -> Made:
    made = await world.exam()
    await world.event(made, 13, Status.COMPLETED)
    await world.sql.execute("UPDATE exams SET last_event = 13 WHERE exam_id = $1", made.exam_id)
    return made


async def _second_report(world: World) -> Made:
    made = await world.exam()
    other = await world.blobs.put(f"dev/{made.exam_id}/1/other.json", b"{}")
    await world.say(REPORTED, ExamReported(**made.said, artefact=other), "again")
    return made


async def _report_nobody_published(world: World) -> Made:
    made = await world.exam()
    other = await world.blobs.put(f"dev/{made.exam_id}/1/other.json", b"{}")
    await world.sql.execute("UPDATE exams SET report = $2 WHERE exam_id = $1", made.exam_id, other.model_dump_json())
    return made


async def _report_gone(world: World) -> Made:
    made = await world.exam()
    (world.folder / "blobs" / made.refs["report"].path).unlink()
    return made


async def _report_rotten(world: World) -> Made:
    made = await world.exam()
    (world.folder / "blobs" / made.refs["report"].path).write_bytes(b"{}")
    return made


async def _forked(world: World) -> Made:
    made = await world.exam()
    other = await world.blobs.put(f"dev/{made.exam_id}/1/other.json", b"{}")
    row = STAGE["ocr"]
    await world.say(row.sink, row.event(**made.said, artefact=other), "ocr")
    return made


async def _upload_gone(world: World) -> Made:
    made = await world.exam()
    (world.folder / "blobs" / made.refs["upload"].path).unlink()
    return made


async def _ghost(world: World) -> Made:
    made = await world.exam()
    await world.sql.execute("DELETE FROM exams WHERE exam_id = $1", made.exam_id)
    return made


async def _gap(world: World) -> Made:
    made = await world.exam()
    await world.sql.execute("DELETE FROM exam_events WHERE exam_id = $1 AND number = 3", made.exam_id)
    return made


async def _fell_back(world: World) -> Made:
    made = await world.exam()
    await world.sql.execute(
        "UPDATE exam_events SET status = 'UPLOADED' WHERE exam_id = $1 AND number = 4", made.exam_id
    )
    return made


async def _after_the_end(world: World) -> Made:
    made = await world.exam()
    await world.event(made, 13, Status.FAILED)
    await world.sql.execute(
        "UPDATE exams SET last_event = 13, status = 'FAILED', error_code = 'internal' WHERE exam_id = $1", made.exam_id
    )
    return made


async def _row_alone_moved(world: World) -> Made:
    made = await world.exam()
    await world.sql.execute("UPDATE exams SET status = 'CANCELLED' WHERE exam_id = $1", made.exam_id)
    return made


async def _told_twice(world: World) -> Made:
    made = await world.exam()
    await world.sql.execute(
        "INSERT INTO webhook_endpoints (tenant, id, url, events, secret) VALUES ('dev', 'e1', 'https://x', '{}', 'x')"
    )
    for event in ("exam.completed", "exam.failed"):
        await world.sql.execute(
            """INSERT INTO webhook_deliveries (id, tenant, endpoint_id, event_type, exam_id, body)
               VALUES (gen_random_uuid(), 'dev', 'e1', $2, $1, '{"data":{"revision":1}}')""",
            made.exam_id,
            event,
        )
    return made


async def _never_called_back(world: World) -> Made:
    made = await world.exam()
    await world.sql.execute("UPDATE exams SET callback_url = 'https://x' WHERE exam_id = $1", made.exam_id)
    return made


async def _forged(world: World) -> Made:
    made = await world.exam()
    event = ExamUploaded(**(made.said | {"tenant": "other"}), artefact=made.refs["upload"])
    await world.say(UPLOADED["interactive"], event, "upload")
    return made


async def _foreign_artefact(world: World) -> Made:
    made, other = await world.exam(), await world.exam()
    row = STAGE["ocr"]
    await world.say(row.sink, row.event(**made.said, artefact=other.refs["ocr"]), "ocr")
    return made


async def _foreign_report(world: World) -> Made:
    made, other = await world.exam(), await world.exam()
    ref = other.refs["report"].model_dump_json()
    await world.sql.execute("UPDATE exams SET report = $2 WHERE exam_id = $1", made.exam_id, ref)
    return made


async def _row_without_history(world: World) -> Made:
    made = await world.exam()
    await world.sql.execute("DELETE FROM exam_events WHERE exam_id = $1", made.exam_id)
    return made


async def _unknown_status(world: World) -> Made:
    made = await world.exam()
    await world.sql.execute("UPDATE exams SET status = 'LIMBO' WHERE exam_id = $1", made.exam_id)
    return made


async def _committed_too_far(world: World) -> Made:
    made = await world.exam(Status.UPLOADED)
    await world.commit("ocr", UPLOADED["interactive"], 99)
    return made


async def _retry_committed_too_far(world: World) -> Made:
    made = await world.exam(Status.UPLOADED)
    again = ExamUploaded(**made.said, artefact=made.refs["upload"]).model_dump_json().encode()
    await world.kafka.send(retry_topic("ocr"), str(made.exam_id).encode(), again, {"x-attempt": "2"})
    await world.commit("ocr", retry_topic("ocr"), 99)
    return made


async def _word_swallowed(world: World) -> Made:
    made = await world.exam(Status.UPLOADED)
    await world.status(made, "ocr", StatusKind.STARTED, Status.OCR_PROCESSING)
    await world.commit("gateway", STATUS, 99)
    return made


async def _no_code(world: World) -> Made:
    return await world.exam(Status.FAILED)


async def _dead_but_going_on(world: World) -> Made:
    made = await world.exam(Status.UPLOADED)
    await world.dead(made, "ocr")
    return made


async def _parked(world: World) -> Made:
    made = await world.exam()
    await world.sql.execute(
        "INSERT INTO parked (topic, exam_id, value, reason, received_at) VALUES ($1, $2, '', 'no such exam', $3)",
        STATUS,
        made.exam_id,
        datetime.now(UTC) - timedelta(minutes=2),
    )
    return made


SPOILT = [
    ("I1", "past its deadline", _overdue),
    ("I1", "no such exam", _lost),
    ("I2", "2 ends in revision 1", _ended_twice),
    ("I2", "2 artefacts on redink.exam.reported.v1", _second_report),
    ("I2", "nobody published", _report_nobody_published),
    ("I2", "its report is missing", _report_gone),
    ("I2", "its report is other bytes", _report_rotten),
    ("I2", "2 artefacts on redink.exam.read.v1", _forked),
    ("I3", "upload artefact is missing", _upload_gone),
    ("I3", "unknown exam", _ghost),
    ("I4", "where there should be", _gap),
    ("I4", "falls back", _fell_back),
    ("I4", "follows COMPLETED", _after_the_end),
    ("I4", "the row says CANCELLED", _row_alone_moved),
    ("I5", "2 messages of exam.completed, exam.failed", _told_twice),
    ("I5", "0 messages", _never_called_back),
    ("I7", "not of the tenant", _forged),
    ("I7", "not of the tenant or the exam", _foreign_artefact),
    ("I7", "blobs of another exam", _foreign_report),
    ("I8", "one side", _row_without_history),
    ("I8", "one side", _unknown_status),
    ("I9", "committed by ocr", _committed_too_far),
    ("I9", "redink.retry.ocr.v1", _retry_committed_too_far),
    ("I9", "committed by gateway", _word_swallowed),
    ("I10", "without a code", _no_code),
    ("I10", "its exam goes on", _dead_but_going_on),
    ("I10", "is parked", _parked),
]


async def test_whatever_is_spoilt_is_reported_by_its_invariant_and_what_is_healthy_is_not(
    world: World, audited: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.tools.checks.records.GRACE", timedelta(seconds=-60))
    monkeypatch.setattr("services.gateway.tools.checks.finding.EXAMPLES", 1000)
    healthy = await world.exam()
    spoilt = [(invariant, phrase, spoil.__name__, await spoil(world)) for invariant, phrase, spoil in SPOILT]
    found = await audited()
    assert (found["code"], found["ok"]) == (1, False)
    said = {name: item["examples"] for name, item in found["by_id"].items()}
    unseen = [
        (invariant, name)
        for invariant, phrase, name, made in spoilt
        if not any(str(made.exam_id) in example and phrase in example for example in said[invariant])
    ]
    assert unseen == [], said
    assert not [example for examples in said.values() for example in examples if str(healthy.exam_id) in example]
    assert {name for name, _, _ in SPOILT} | {"I6", "I11", "I12"} == set(said)


async def test_an_exam_still_in_flight_when_the_time_to_settle_is_over_is_a_violation(
    world: World, audited: Audit
) -> None:
    await world.exam(Status.UPLOADED)
    assert (await audited())["code"] == 0
    found = await audited("--settle", "0.2")
    assert (found["code"], found["settled"], found["by_id"]["I1"]["violations"]) == (1, False, 1)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: [made.journal(), made.journal(key="another")],
        lambda made: [made.journal(), made.journal(sha256=sha("else"))],
        lambda made: [made.journal(marker="what-was-never-uploaded")],
        lambda made: [made.journal("fail")],
        lambda made: [made.journal(exam_id="0" * 32)],
    ],
    ids=["one of two is missing", "holds other bytes", "report of another", "refused but there", "lost"],
)
async def test_the_journal_convicts(
    world: World, audited: Audit, spoil: Callable[[Made], list[dict[str, Any]]]
) -> None:
    made = await world.exam()
    found = await audited("--journal", world.journal(*spoil(made)))
    assert found["by_id"]["I6"]["violations"] >= 1, found


async def test_an_upload_of_unknown_fate_may_be_there_or_not(world: World, audited: Audit) -> None:
    made = await world.exam()
    twice = [made.journal("unknown"), made.journal("unknown")]
    absent = made.journal("unknown", sha256=sha("never came"), key="other")
    found = await audited("--journal", world.journal(*twice, absent))
    assert found["by_id"]["I6"]["verdict"] == "ok", found


async def test_repeated_events_and_executions_are_counted_and_no_violation(world: World, audited: Audit) -> None:
    made = await world.exam()
    row = STAGE["parser"]
    await world.status(made, "parser", StatusKind.STARTED, row.running)
    await world.say(row.sink, row.event(**made.said, artefact=made.refs["parser"]), "parser")
    found = await audited()
    assert found["code"] == 0
    assert found["duplicates"] == {"events": {STATUS: 1, row.sink: 1}, "executions": 1}


async def test_a_record_sent_to_retry_or_to_the_dead_letters_has_a_home(world: World, audited: Audit) -> None:
    retried, broken = await world.exam(Status.UPLOADED), await world.exam(Status.UPLOADED)
    again = ExamUploaded(**retried.said, artefact=retried.refs["upload"])
    await world.kafka.send(
        "redink.retry.ocr.v1", str(retried.exam_id).encode(), again.model_dump_json().encode(), {"x-attempt": "2"}
    )
    await world.status(broken, "ocr", StatusKind.FAILED, Status.FAILED)
    await world.commit("ocr", UPLOADED["interactive"], 99)
    found = await audited()
    assert found["by_id"]["I9"]["verdict"] == "ok", found
    assert found["by_id"]["I9"]["checked"] >= 2


async def test_an_audit_that_cannot_look_says_so_and_exits_2(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDINK_POSTGRES_DSN", "postgresql://127.0.0.1:1/none")
    assert await asyncio.to_thread(command.main, ["--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "could not look" in said.err


async def test_event_streams_are_read_whole_and_resumed(
    world: World, database: str, audited: Audit, tmp_path: Path
) -> None:
    async with gateway(database, tmp_path / "blobs") as running:
        exams = [await running.exam() for _ in range(3)]
        for exam in exams[:2]:
            await running.say(exam, Status.OCR_PROCESSING)
            await running.report(exam)
        asked = ["--gateway", f"http://127.0.0.1:{running.port}", "--api-key", DEV_KEY]
        metrics = ["--metrics", f"http://127.0.0.1:{running.port}/metrics"]
        found = await audited(*asked, *metrics)
        assert found["by_id"]["I11"] | {"title": ""} == {
            "id": "I11", "title": "", "checked": 6, "violations": 0, "examples": [], "verdict": "ok",
        }  # fmt: skip
        measured = found["processes"][metrics[1]]
        assert measured["resident_bytes"] > 1e6
        assert measured["open_files"] > 3
        assert found["processes"]["postgres"]["connections"] >= 1
        assert found["by_id"]["I12"]["verdict"] == "not checked"
        # A client must not take the hole for the end.
        await world.sql.execute("DELETE FROM exam_events WHERE exam_id = $1 AND number = 2", exams[0]["exam_id"])
        assert (await audited(*asked))["by_id"]["I11"]["violations"] >= 1
        baseline = tmp_path / "baseline.json"
        held = {"resident_bytes": measured["resident_bytes"], "open_files": measured["open_files"] / 4 - 10}
        baseline.write_text(json.dumps({"processes": {metrics[1]: held}}))
        leaked = (await audited(*metrics, "--baseline", str(baseline)))["by_id"]["I12"]
        assert (leaked["checked"], leaked["violations"]) == (2, 1), leaked


@pytest.mark.parametrize("url", ["file://{0}/elsewhere", "s3://redink-elsewhere"])
async def test_a_wrong_blob_store_is_told_once_and_no_report_is_called_missing(
    url: str, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for _ in range(2):
        await world.exam()
    monkeypatch.setenv("REDINK_BLOBS_URL", url.format(tmp_path))
    monkeypatch.setenv("REDINK_BLOBS_S3_ENDPOINT", "http://127.0.0.1:9")  # nobody answers
    monkeypatch.setenv("REDINK_BLOBS_S3_ACCESS_KEY", "none")
    monkeypatch.setenv("REDINK_BLOBS_S3_SECRET_KEY", "none")
    capsys.readouterr()
    assert await asyncio.to_thread(command.main, ["--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "could not look" in said.err
    assert "blob store" in said.err
    assert not (tmp_path / "elsewhere").exists()
