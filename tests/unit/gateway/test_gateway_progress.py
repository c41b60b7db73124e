"""The projection's decision: whatever order and however often events come, the exam ends in the same place."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ErrorCode
from contracts.events import ExamStatus, StatusKind
from contracts.status import STEPS, Status
from contracts.topics import STAGES, StageRow
from services.gateway.core.progress import Fact, Position, advance, fact_of_status

START = Position(1, Status.UPLOADED, 0)

words = [
    Fact(1, status, row.name, attempt, done, None if done is None else 4)
    for row in STAGES
    for attempt in (1, 2)
    for status in (row.running, row.done)
    for done in (None, 0, 1, 4)
]
ends = [
    Fact(1, Status.COMPLETED, "report"),
    Fact(1, Status.FAILED, "parser", code=ErrorCode.NO_QUESTION_FOUND),
    Fact(1, Status.EXPIRED, None, code=ErrorCode.DEADLINE_EXCEEDED),
    Fact(1, Status.CANCELLED),
    Fact(1, Status.FAILED, "report", attempt=3, code=ErrorCode.INTERNAL),
]


def path(facts: list[Fact], start: Position = START) -> list[Position]:
    return reduce(lambda seen, fact: [*seen, *advance(seen[-1], fact)], facts, [start])


@given(st.lists(st.sampled_from(words), min_size=1, max_size=12), st.randoms())
def test_any_order_and_repetition_of_the_same_words_ends_in_the_same_place(facts: list[Fact], random: object) -> None:
    shuffled = facts + facts[: len(facts) // 2]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert path(facts)[-1] == path(shuffled)[-1]


@given(st.lists(st.sampled_from(words), max_size=12), st.sampled_from(ends[:1]), st.randoms())
def test_a_completed_exam_is_completed_wherever_its_report_stands_among_the_words(
    facts: list[Fact], end: Fact, random: object
) -> None:
    shuffled = [*facts, end]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    last = path(shuffled)[-1]
    assert (last.status, last.progress) == (Status.COMPLETED, 100)


@given(st.lists(st.sampled_from(words + ends), max_size=16))
def test_progress_never_falls_and_nothing_follows_an_end(facts: list[Fact]) -> None:
    seen = path(facts)
    assert [p.progress for p in seen] == sorted(p.progress for p in seen)
    assert not any(position.status.terminal for position in seen[:-1])


@given(st.lists(st.sampled_from(words + ends), max_size=16))
def test_a_completed_exam_has_passed_report_generated(facts: list[Fact]) -> None:
    statuses = [position.status for position in path(facts)]
    if statuses[-1] is Status.COMPLETED:
        assert statuses[-2] is Status.REPORT_GENERATED


@pytest.mark.parametrize("row", STAGES)
def test_a_stage_that_fails_at_a_repetition_of_what_it_had_done_does_not_fail_the_exam(row: StageRow) -> None:
    failed = Fact(1, Status.FAILED, row.name, attempt=9, code=ErrorCode.STAGE_TIMEOUT)
    for at_or_past in STAGES[STAGES.index(row) :]:
        assert advance(path([Fact(1, at_or_past.done, at_or_past.name)])[-1], failed) == ()
    assert path([Fact(1, row.running, row.name), failed])[-1].status is Status.FAILED
    for cause in (Status.CANCELLED, Status.EXPIRED):
        assert path([Fact(1, row.done, row.name), replace(failed, status=cause)])[-1].status is cause


@pytest.mark.parametrize("end", ends)
def test_the_next_revision_begins_anew_and_the_last_one_is_not_heard_any_more(end: Fact) -> None:
    ended = path([end])[-1]
    replayed = advance(ended, Fact(2, Status.ANALYZING, "analyzer"))
    assert [(p.revision, p.status, p.progress) for p in replayed] == [(2, Status.ANALYZING, 50)]
    assert advance(replayed[-1], Fact(1, Status.COMPLETED, "report")) == ()


def test_a_failure_has_the_progress_of_its_stage_even_when_the_word_of_its_start_was_late() -> None:
    failed = Fact(1, Status.FAILED, "analyzer", code=ErrorCode.INTERNAL)
    assert path([failed])[-1].progress == STEPS[Status.ANALYZING].progress


def word(kind: StatusKind, status: Status, code: ErrorCode | None = None) -> Fact:
    now = datetime.now(UTC)
    exam = {"exam_id": uuid.uuid4(), "tenant": "t", "uploaded_at": now, "deadline": now}
    return fact_of_status(ExamStatus(**exam, stage="ocr", kind=kind, status=status, at=now, code=code))


@pytest.mark.parametrize(
    ("kind", "status", "code", "wanted", "wanted_code"),
    [
        (StatusKind.FAILED, Status.FAILED, None, Status.FAILED, ErrorCode.INTERNAL),
        (StatusKind.FAILED, Status.OCR_PROCESSING, ErrorCode.ENCRYPTED_PDF, Status.FAILED, ErrorCode.ENCRYPTED_PDF),
        (StatusKind.FAILED, Status.EXPIRED, None, Status.EXPIRED, ErrorCode.DEADLINE_EXCEEDED),
        (StatusKind.FAILED, Status.OCR_PROCESSING, ErrorCode.DEADLINE_EXCEEDED, Status.EXPIRED, ErrorCode.DEADLINE_EXCEEDED),
        (StatusKind.FAILED, Status.CANCELLED, ErrorCode.INTERNAL, Status.CANCELLED, None),
        (StatusKind.COMPLETED, Status.COMPLETED, None, Status.REPORT_GENERATED, None),
        (StatusKind.RETRIED, Status.OCR_PROCESSING, None, Status.OCR_PROCESSING, None),
    ],
)  # fmt: skip
def test_a_word_of_a_stage_means_what_it_must(
    kind: StatusKind, status: Status, code: ErrorCode | None, wanted: Status, wanted_code: ErrorCode | None
) -> None:
    fact = word(kind, status, code)
    assert (fact.status, fact.code) == (wanted, wanted_code)


@pytest.mark.parametrize("end", ends)
def test_no_fact_of_the_same_revision_moves_an_ended_exam(end: Fact) -> None:
    ended = path([end])[-1]
    later = [replace(fact, attempt=fact.attempt + 5) for fact in words + ends]
    assert [fact for fact in words + ends + later if advance(ended, fact)] == []
