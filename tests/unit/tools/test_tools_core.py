"""The pure parts of the operators' tools: findings, journals, letters, stories, pace."""

import argparse
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import ErrorCode
from contracts.events import BlobRef, ExamEvent, ExamRead, ExamReported, ExamStatus, ExamUploaded, StatusKind
from contracts.status import Status
from contracts.topics import REPORTED, STAGE, STATUS, UPLOADED, dead_topic
from runtime.envelope import Record
from services import __main__ as root
from services.gateway.tools.checks import INVARIANTS, Finding
from services.gateway.tools.checks.outside import nothing_leaks, streams_whole
from services.gateway.tools.evidence import Evidence, Heard, Process, Row, Stream, heard
from services.gateway.tools.fold import stories
from services.gateway.tools.journal import BadJournal, read_journal
from services.gateway.tools.letters import Action, letters, plan
from services.gateway.tools.pace import Pace, rate, since

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
EXAM = uuid.UUID(int=7)
REF = BlobRef(path=f"dev/{EXAM}/1/x.json", sha256="0" * 64, size=1)
SAID: dict[str, Any] = {"exam_id": EXAM, "tenant": "dev", "uploaded_at": NOW, "deadline": NOW + timedelta(minutes=10)}


def _evidence(**parts: Any) -> Evidence:
    row = Row(EXAM, "dev", 1, "COMPLETED", None, 1, None, NOW, 5, REF)
    empty: dict[str, Any] = {"steps": {}, "records": (), "committed": {}, "uploads": {}, "reports": {}}
    return Evidence(now=NOW, rows={EXAM: row}, **(empty | parts))


def _heard(topic: str, event: ExamEvent, offset: int = 0, at: float = 0.0, **headers: str) -> Heard:
    pairs = tuple((name, text.encode()) for name, text in headers.items())
    return heard(Record(topic, 0, offset, b"k", event.model_dump_json().encode(), pairs, at))


def test_a_finding_that_looked_at_nothing_is_not_ok() -> None:
    finding = Finding("I0", "title")
    assert finding.verdict == "not checked"
    finding.look(True, "right")
    assert (finding.verdict, finding.checked) == ("ok", 1)
    for _ in range(20):
        finding.look(False, "wrong")
    assert (finding.verdict, finding.violations, len(finding.examples)) == ("violated", 20, 10)


def test_invariants_have_the_ids_of_the_matrix_in_order() -> None:
    empty = Evidence(NOW, {}, {}, (), {}, {}, {})
    assert [check(empty).id for check in INVARIANTS] == [f"I{number}" for number in range(1, 13)]
    assert {check(empty).verdict for check in INVARIANTS} == {"not checked"}


@pytest.mark.parametrize(
    ("since_", "numbers", "ended", "right"),
    [
        (0, (1, 2, 3, 4, 5), True, True),
        (2, (3, 4, 5), True, True),
        (5, (), False, True),
        (0, (1, 2, 4, 5), True, False),
        (0, (1, 2, 2, 3, 4, 5), True, False),
        (0, (1, 2, 3, 5, 4), True, False),
        (0, (1, 2, 3, 4), False, False),
        (2, (2, 3, 4, 5), True, False),
        (0, (1, 2, 3, 4, 5), False, False),
    ],
)
def test_a_stream_with_gap_repeat_disorder_or_no_end_is_found(
    since_: int, numbers: tuple[int, ...], ended: bool, right: bool
) -> None:
    finding = streams_whole(_evidence(streams=[Stream(EXAM, since_, numbers, ended)]))
    assert (finding.checked, finding.violations) == (1, 0 if right else 1)


def test_a_process_that_holds_much_more_than_before_is_found() -> None:
    before = [Process("a", {"open_files": 40, "resident_bytes": 1e8})]
    same = [Process("a", {"open_files": 50, "resident_bytes": 1.2e8}), Process("new", {"open_files": 9})]
    more = [Process("a", {"open_files": 200, "resident_bytes": 1.2e8})]
    assert nothing_leaks(_evidence(processes=same, baseline=before)).verdict == "ok"
    assert nothing_leaks(_evidence(processes=more, baseline=before)).violations == 1
    assert nothing_leaks(_evidence(processes=more)).verdict == "not checked"


def test_a_journal_whose_writer_was_killed_is_read_up_to_there(tmp_path: Path) -> None:
    line = {"key": None, "sha256": "a" * 64, "started": 1, "ended": 2, "outcome": "unknown", "tenant": "dev"}
    path = tmp_path / "journal"
    path.write_text(f'{json.dumps(line)}\n{json.dumps(line)}\n{{"key": "cut o')
    read = read_journal(path)
    assert len({attempt.key for attempt in read}) == 2, "without a key each attempt is an upload of its own"
    path.write_text(f"{json.dumps(line | {'outcome': 'perhaps'})}\n")
    with pytest.raises(BadJournal, match="line 1"):
        read_journal(path)


def test_a_mark_takes_its_letter_out_and_is_no_letter() -> None:
    event = ExamUploaded(**SAID, artefact=REF)
    why = {"x-dead-reason": "invalid", "x-dead-error": "Invalid: no"}
    records = [_heard(dead_topic("ocr"), event, offset, **why).record for offset in (0, 1)]
    mark = Record(dead_topic("ocr"), 0, 2, b"k", b"", (("x-dead-redriven", b"0/1"),))
    found = letters("ocr", [*records, mark])
    assert [(letter.id, letter.redriven) for letter in found] == [("ocr/0/0", False), ("ocr/0/1", True)]
    assert found[0].fingerprint == found[1].fingerprint


def test_a_letter_of_an_unknown_exam_or_undecodable_is_refused() -> None:
    letter = letters("ocr", [_heard(dead_topic("ocr"), ExamUploaded(**SAID, artefact=REF)).record])[0]
    assert letter.event is None, "it has no envelope"
    assert plan(letter, None)[0] is Action.REFUSE


def test_a_story_ends_in_the_same_place_in_whatever_order_its_topics_are_read() -> None:
    ocr = STAGE["ocr"]

    def status(kind: StatusKind, word: Status, at: float) -> Heard:
        event = ExamStatus(**SAID, stage="ocr", kind=kind, status=word, at=NOW)
        return _heard(STATUS, event, at=at)

    told = [
        _heard(UPLOADED["batch"], ExamUploaded(**SAID, artefact=REF), at=1.0),
        status(StatusKind.STARTED, ocr.running, 2.0),
        _heard(ocr.sink, ExamRead(**SAID, artefact=REF), at=3.0),
        _heard(REPORTED, ExamReported(**SAID, artefact=REF), at=4.0),
    ]
    ends = set()
    for order in permutations(told):
        story = stories(order)[EXAM, "dev"]
        ends.add((story.positions[-1].status, len(story.positions), story.report, story.ended_at))
    assert ends == {(Status.COMPLETED, 4, REF, 4.0)}


def test_only_the_latest_revision_is_told() -> None:
    failed = ExamStatus(
        **SAID, stage="ocr", kind=StatusKind.FAILED, status=Status.FAILED, at=NOW, code=ErrorCode.INTERNAL
    )
    again = ExamUploaded(**SAID, revision=2, artefact=REF)
    story = stories([_heard(STATUS, failed, at=1.0), _heard(UPLOADED["batch"], again, at=2.0)])[EXAM, "dev"]
    assert (story.event.revision, story.positions, story.ended_at) == (2, (), None)


async def test_a_pace_is_kept() -> None:
    pace, began = Pace(50), time.monotonic()
    for _ in range(6):
        await pace.turn()
    assert time.monotonic() - began >= 0.1


def test_times_and_rates_are_understood_or_refused() -> None:
    assert abs((datetime.now(UTC) - since("2h")).total_seconds() - 7200) < 5
    assert since("2026-11-22T06:00") == NOW
    assert rate("2/s") == 2.0
    for wrong in ("yesterday", "-2h"):
        with pytest.raises(argparse.ArgumentTypeError):
            since(wrong)
    for wrong in ("0", "fast", "-1", "inf", "nan"):
        with pytest.raises(argparse.ArgumentTypeError):
            rate(wrong)


@pytest.mark.parametrize("tool", sorted(root.TOOLS))
def test_each_tool_tells_a_stranger_what_it_does_and_never_does(tool: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        root.main([tool, "--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"python -m services {tool}" in said
    for word in ("never", "exit codes", "examples"):
        assert word in said.lower()


def test_a_tool_without_its_servers_exits_2_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDINK_POSTGRES_DSN", "postgresql://127.0.0.1:1/none")
    assert root.main(["replay", str(EXAM)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
