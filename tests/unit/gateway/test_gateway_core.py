"""The pure parts of the gateway."""

import json
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.status import STEPS, Status
from contracts.topics import STAGES
from services.gateway.core import cursor, keys
from services.gateway.core.answer_key import KeyErrors, parse_answer_key
from services.gateway.core.eta import Queue, StageTime, estimate
from services.gateway.core.form import parse_form
from services.gateway.core.media import sniff
from services.gateway.core.numerals import numeral
from services.gateway.core.problems import CATALOGUE, Code, Problem
from services.gateway.core.ranges import Unsatisfiable, byte_range
from services.gateway.templates import lenient

LIVE = [status for status in Status if not status.terminal]
FORM = {"subject": "math", "grade": "7"}


@pytest.mark.parametrize("status", LIVE)
def test_without_history_the_remaining_time_is_the_one_of_the_status_table(status: Status) -> None:
    assert estimate(status, 0.0, {}, Queue()).p50 == pytest.approx(STEPS[status].remaining)


@pytest.mark.parametrize("status", [status for status in Status if status.terminal])
def test_an_ended_exam_has_no_time_left(status: Status) -> None:
    assert estimate(status, 0.0, {}, Queue(9, 1.0)).p90 == 0


def test_with_history_the_remaining_time_is_the_measured_work_of_the_stages_ahead() -> None:
    history = {row.name: StageTime(2.0, 3.0, 50) for row in STAGES}
    assert estimate(Status.UPLOADED, 0.0, history, Queue()).p50 == pytest.approx(10.2)
    assert estimate(Status.DIAGNOSED, 0.0, history, Queue()).p50 == pytest.approx(2.2)
    assert estimate(Status.UPLOADED, 0.0, history, Queue()).p90 > 10.2


def test_a_queue_ahead_is_added_at_the_pace_exams_end_lately() -> None:
    history = {row.name: StageTime(2.0, 3.0, 50) for row in STAGES}
    alone = estimate(Status.UPLOADED, 0.0, history, Queue())
    assert estimate(Status.UPLOADED, 0.0, history, Queue(10, 2.0)).p50 == pytest.approx(alone.p50 + 5.0)
    assert estimate(Status.UPLOADED, 0.0, history, Queue(10, 0.0)).p50 == pytest.approx(alone.p50 + 20.0)


@given(st.sampled_from(LIVE), st.floats(0, 1e6), st.floats(0, 1e6))
def test_the_remaining_time_never_grows_as_time_passes_and_never_ends_before_the_exam(
    status: Status, earlier: float, later: float
) -> None:
    earlier, later = sorted((earlier, later))
    first, second = (estimate(status, at, {}, Queue(3)) for at in (earlier, later))
    assert 0 < second.p50 <= first.p50
    assert second.p50 <= second.p90


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\xff\xd8\xff\xe1...", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"II*\x00", "image/tiff"),
        (b"MM\x00*", "image/tiff"),
        (b"junk before\n%PDF-1.4", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"PK\x05\x06", None),  # a ZIP without entries
        (b"GIF89a", None),
        (b"\x00\x00\x00\x18ftypisom", None),  # MP4
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"<html>", None),
        (b"\xff\xd8", None),
        (b"x" * 1024 + b"%PDF-", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(head: bytes, media_type: str | None) -> None:
    assert sniff(head) == media_type


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_survives_its_way_through_the_client(moment: datetime, exam_id: uuid.UUID) -> None:
    position = cursor.Cursor(moment, exam_id)
    assert cursor.decode(cursor.encode(position)) == position


@given(st.text(max_size=60))
def test_any_other_text_is_an_invalid_cursor_and_never_an_error_of_ours(text: str) -> None:
    with pytest.raises(Problem) as refused:
        cursor.decode(text)
    assert refused.value.code is Code.INVALID_CURSOR


def test_a_key_is_told_from_its_parts_and_never_shown_by_its_repr() -> None:
    key = keys.bearer("bearer rk_Ab1_" + "s_-" * 10)
    assert key is not None
    assert (key.id, key.secret) == ("Ab1", "s_-" * 10)
    assert key.secret not in repr(key)
    assert keys.matches(key, key.hash)
    assert not keys.matches(key, None)
    assert not keys.matches(keys.ApiKey("Ab1", "x" * 30), key.hash)


@given(st.text(max_size=40))
def test_whatever_the_authorization_header_holds_it_is_a_key_or_none(text: str) -> None:
    key = keys.bearer(text)
    assert key is None or keys.parse(str(key)) == key


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, None), ("bytes=0-0", (0, 1)), ("bytes=5-", (5, 10)), ("bytes=-3", (7, 10)), ("bytes=-99", (0, 10)),
        ("bytes=2-99", (2, 10)), ("bytes=5-2", None), ("bytes=-", None), ("bytes=0-1,3-4", None), ("lines=1-2", None),
    ],
)  # fmt: skip
def test_single_ranges_are_honoured_and_others_ignored(header: str | None, wanted: tuple[int, int] | None) -> None:
    assert byte_range(header, 10) == wanted


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_a_range_outside_the_content_is_unsatisfiable(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        byte_range(header, 10)


def test_an_answer_key_takes_what_clients_write() -> None:
    text = json.dumps({
        "questions": [
            {"number": 1, "answer": 3, "max_score": "2.5", "extra": 1},
            {"number": " 17(1) ", "path": ["三", 17, "(1)"], "type": "fill_blank", "answer": ["x", None, 2.5]},
            {"number": "18", "answer": True},
            {"number": "19", "answer": None, "path": None, "type": None, "max_score": None},
        ]
    })  # fmt: skip
    items = parse_answer_key(text).questions
    assert [item.number for item in items] == ["1", "17(1)", "18", "19"]
    assert [item.answer for item in items] == ["3", ("x", "", "2.5"), "√", None]
    assert (items[0].max_score, items[1].path) == (2.5, ("三", "17", "(1)"))


def test_answers_given_as_numbers_keep_every_digit() -> None:
    written = ("3.14159265", "1234567.5", "2025010117.0", "1e22", "1e-7", "-0.5", "3.0")
    key = parse_answer_key(f'{{"questions": [{{"number": "1", "answer": [{", ".join(written)}]}}]}}')
    assert key.questions[0].answer == (
        "3.14159265", "1234567.5", "2025010117", "10000000000000000000000", "0.0000001", "-0.5", "3",
    )  # fmt: skip
    assert lenient.text(3.14159265) == "3.14159265"
    assert numeral(10**400) == "1" + "0" * 400


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("{", ""),
        ('{"questions": [{"number": "1", "answer": 1e400}]}', "/questions/0/answer"),
        ("[]", ""),
        ("{}", ""),
        ('{"questions": {}}', ""),
        ('{"questions": [{"number": "1", "max_score": NaN}]}', ""),
        ('{"questions": [{"number": "\\ud800"}]}', ""),
        ("[" * 100_000, ""),
        ('{"questions": [7]}', "/questions/0"),
        ('{"questions": [{}]}', "/questions/0/number"),
        ('{"questions": [{"number": "  "}]}', "/questions/0/number"),
        ('{"questions": [{"number": "1", "type": "riddle"}]}', "/questions/0/type"),
        ('{"questions": [{"number": "1", "type": ["essay"]}]}', "/questions/0/type"),
        ('{"questions": [{"number": "1", "answer": {}}]}', "/questions/0/answer"),
        ('{"questions": [{"number": "1", "answer": [[]]}]}', "/questions/0/answer"),
        ('{"questions": [{"number": "1", "path": "17"}]}', "/questions/0/path"),
        ('{"questions": [{"number": "1", "max_score": 1e9}]}', "/questions/0/max_score"),
        ('{"questions": [{"number": "1", "max_score": true}]}', "/questions/0/max_score"),
        (json.dumps({"questions": [{"number": "1"}] * 1001}), "/questions"),
        ('{"questions": [{"number": "17\\u0000"}]}', "/questions/0/number"),
        ('{"questions": [{"number": "1", "path": ["\\u0000", "1"]}]}', "/questions/0/path"),
        ('{"questions": [{"number": "1", "answer": "A\\u0000"}]}', "/questions/0/answer"),
        ('{"questions": [{"number": "1", "answer": ["A", "\\u001b"]}]}', "/questions/0/answer"),
        (
            '{"questions": [{"number": "1", "rubric": [{"criterion": "a\\u0000", "points": 1}]}]}',
            "/questions/0/rubric/0/criterion",
        ),
    ],
)
def test_a_wrong_answer_key_is_refused_at_the_place_that_is_wrong(text: str, pointer: str) -> None:
    with pytest.raises(KeyErrors) as refused:
        parse_answer_key(text)
    assert refused.value.errors[0][0] == pointer


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["number", "path", "answer", "questions"]), inner),
    max_leaves=12,
)  # fmt: skip


@given(json_values)
def test_any_json_is_a_key_or_a_refusal(value: object) -> None:
    try:
        items = parse_answer_key(json.dumps({"questions": [value]})).questions
    except KeyErrors:
        return
    assert len(items) == 1
    assert isinstance(value, dict)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject", ""), ("subject", "alchemy"), ("grade", "0"), ("grade", "13"), ("grade", "七"), ("grade", "٧"),
        ("grade", "7.5"), ("title", "t" * 301), ("student_id", "a\nb"), ("locale", "zh_CN"), ("priority", "urgent"),
        ("template_id", "t" * 65), ("callback_url", "a\nb"), ("answer_key", "x"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(name: str, value: str) -> None:
    with pytest.raises(Problem) as refused:
        parse_form(FORM | {name: value})
    assert [error["pointer"] for error in refused.value.extra["errors"]] == [f"/{name}"]


def test_empty_optional_fields_are_as_good_as_absent() -> None:
    empty = dict.fromkeys(("student_id", "title", "class_id", "answer_key", "priority", "locale", "template_id"), " ")
    assert parse_form(FORM | empty) == parse_form(FORM)


def test_every_code_has_a_status_a_title_and_advice() -> None:
    assert set(CATALOGUE) == set(Code)
    assert all(400 <= kind.status < 600 and kind.title and kind.detail for kind in CATALOGUE.values())
