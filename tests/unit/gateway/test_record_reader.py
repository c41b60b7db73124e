"""Files of past records, read in pieces: what is a row, what is wrong with it, and that no reading differs."""

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.artefacts.paper import KnowledgePoint
from contracts.result import Result, ResultDiagnosis, ResultQuestion, ResultReport, ResultScore
from contracts.taxonomy import taxonomy
from services.gateway.records.mastery import Estimate, Occasion, Seen, estimate, points_of
from services.gateway.records.reader import LONGEST_LINE, BadHeader, Batch, Reader, Rules, header_of
from services.gateway.records.responses import responses_of

TODAY = date(2026, 11, 22)
POINT = taxonomy("math").points[0]
GOOD = {
    "student_id": "s-1", "date": "2025-06-30", "item": "1", "knowledge_points": [POINT.name], "earned": 2, "max": 4,
}  # fmt: skip


def read(data: bytes, kind: str = "jsonl", piece: int = 1 << 20, **rules: int) -> list[Batch]:
    reader = Reader(Rules(kind, "math", TODAY, **rules))  # type: ignore[arg-type]
    found = [batch for at in range(0, len(data), piece) for batch in reader.feed(data[at : at + piece])]
    return [*found, *reader.end()]


def lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def one(**more: object) -> str:
    """The code of what is wrong with a row, or ""."""
    (batch,) = read(lines(GOOD | more))
    return batch.faults[0].code if batch.faults else ""


def test_a_name_of_the_taxonomy_is_its_point_and_another_its_own_as_on_papers() -> None:
    (batch,) = read(lines(GOOD | {"knowledge_points": f"{POINT.code}；自编、{POINT.name}"}))
    assert batch.records[0].points == ((POINT.code, POINT.name), ("given.自编", "自编"))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, ""), ({"earned": "2分", "max": "4"}, ""), ({"date": "2025年6月30日"}, ""), ({"date": "2025/6/3"}, ""),
        ({"item": 7}, ""), ({"difficulty": 0.4}, ""), ({"subject": "物理"}, ""), ({"earned": 0}, ""),
        ({"earned": 5}, "earned_above_max"), ({"earned": -1}, "bad_value"), ({"earned": math.inf}, "bad_json"),
        ({"max": 0}, "bad_value"), ({"max": None}, "missing_field"), ({"max": True}, "bad_value"),
        ({"item": "  "}, "missing_field"), ({"item": "x" * 41}, "bad_value"), ({"item": "a\x1fb"}, "bad_value"),
        ({"student_id": {"a": 1}}, "bad_value"), ({"date": "2027-01-01"}, "bad_date"), ({"date": "30.6.25"}, "bad_date"),
        ({"subject": "alchemy"}, "unknown_subject"), ({"knowledge_points": ["a"] * 2}, ""),
        ({"knowledge_points": list("abcdef")}, "bad_value"), ({"knowledge_points": [[]]}, "bad_value"),
        ({"knowledge_points": " ; "}, "missing_field"), ({"difficulty": 2}, "bad_value"),
        ({"facility": 0.4}, ""), ({"facility": 65}, "bad_value"),
    ],
)  # fmt: skip
def test_a_row_is_taken_or_told_what_is_wrong(more: dict[str, object], code: str) -> None:
    assert one(**more) == code


def test_lines_count_as_an_editor_counts_them_and_an_overlong_one_is_one_fault() -> None:
    data = lines(GOOD) + b"\n" + b"x" * (3 * LONGEST_LINE) + b"\n[1]\n" + lines(GOOD)[:-1]
    for piece in (1 << 20, 5000):
        (batch,) = read(data, piece=piece)
        assert [(fault.line, fault.code) for fault in batch.faults] == [
            (3, "line_too_long"), (4, "bad_json"), (5, "duplicate_row"),
        ]  # fmt: skip
        assert (batch.rows, batch.refused, len(batch.records)) == (4, 3, 1)


def test_a_sheet_as_schools_export_it_is_read_whatever_its_names_delimiter_and_encoding() -> None:
    sheet = "学号,日期,题号,知识点,得分,满分,备注\n7,2025-6-1,1,集合,3,3,\n8,2025-6-1,1,集合,3分,3,好\n"
    variants = [sheet.encode(), "\ufeff".encode() + sheet.encode(), sheet.encode("gb18030")]
    variants += [sheet.replace(",", "\t").replace("\n", "\r\n").encode(), sheet.replace(",", ";").encode()]
    found = [read(each, "csv")[0] for each in variants]
    assert all(batch.records == found[0].records and not batch.faults for batch in found)
    assert [record.student_id for record in found[0].records] == ["7", "8"]
    assert header_of(sheet.encode().split(b"\n")[0]).ignored == ("备注",)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2025010117.0", "2025010117"),
        ("2025010118.0", "2025010118"),
        ("12345678901234567", "12345678901234567"),
        ("7.5", "7.5"),
    ],
)
def test_an_id_that_an_export_made_a_number_keeps_every_digit(written: str, meant: str) -> None:
    (batch,) = read(lines(GOOD).replace(json.dumps(GOOD["student_id"]).encode(), written.encode()))
    assert [record.student_id for record in batch.records] == [meant]


def test_an_infinite_number_is_nobodys_id() -> None:
    (batch,) = read(lines(GOOD).replace(json.dumps(GOOD["student_id"]).encode(), b"1e999"))
    assert [(fault.code, fault.field) for fault in batch.faults] == [("bad_value", "student_id")]


@pytest.mark.parametrize("header", ["", "student_id,date", "student_id,date,item,points,earned,max,得分", '"a,b'])
def test_a_header_that_names_too_little_is_told(header: str) -> None:
    with pytest.raises(BadHeader):
        header_of(header.encode())


def test_a_file_with_too_many_rows_is_taken_up_to_the_limit_and_errors_are_kept_up_to_theirs() -> None:
    rows = [GOOD | {"item": str(n), "earned": 9 if n % 2 else 1} for n in range(100)]
    reader = Reader(Rules("jsonl", "math", TODAY, batch_rows=8, most_rows=20, errors=4))
    batches = [*reader.feed(lines(*rows)), *reader.end()]
    assert reader.full
    assert [(batch.number, batch.rows, batch.refused) for batch in batches] == [(1, 8, 4), (2, 8, 4), (3, 4, 2)]
    assert [len(batch.faults) for batch in batches] == [4, 0, 0]


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400), piece=st.integers(1, 50), kind=st.sampled_from(["csv", "jsonl"]))
def test_any_bytes_are_read_the_same_in_whatever_pieces_they_come(data: bytes, piece: int, kind: str) -> None:
    head = b"student_id,date,item,points,earned,max\n" if kind == "csv" else b""
    whole = read(head + data, kind, batch_rows=2)
    assert read(head + data, kind, piece, batch_rows=2) == whole


def question(number: str, **more: object) -> ResultQuestion:
    known = {"path": (number,), "type": "calculation", "text": "", "max_score": 3.0, "verdict": "correct", "score": 3.0}
    return ResultQuestion.model_validate({"number": number, **known, **more})


def responses(*questions: ResultQuestion) -> list[tuple[str, float, float, list[str]]]:
    result = Result(
        exam_id="e", subject="math", grade=7, questions=questions, diagnosis=ResultDiagnosis(engine="local"),
        score=ResultScore(earned=None, max=None, graded=0, needs_review=0), report=ResultReport(html="", pdf=""),
    )  # fmt: skip
    found = responses_of(UUID(int=1), result)
    return [(each.item, each.share, each.weight, [asked.code for asked in each.asked]) for each in found]


def test_responses_are_the_graded_leaves_with_the_points_of_their_parent() -> None:
    point = KnowledgePoint(code="k", name="k", confidence=0.9)
    doubtful = KnowledgePoint(code="d", name="d", confidence=0.1)
    found = responses(
        question("1", score=1.5, verdict="partial", knowledge_points=(point, doubtful)),
        question("2", verdict="ungraded", score=None),
        question("3", type="composite", max_score=12.0, knowledge_points=(point,)),
        question("3(1)", path=("3", "(1)"), needs_review=True, verdict="wrong", score=0.0),
        question("3(2)", path=("3", "(2)"), max_score=30.0, score=30.0),
        question("4", type="composite", max_score=None, score=None),
    )
    assert found == [("1", 0.5, 1.0, ["k"]), ("3(1)", 0.0, 0.5, ["k"]), ("3(2)", 1.0, 2.5, ["k"]), ("4", 1.0, 1.0, [])]


def occasion(days: int, share: float | None, said: Estimate | None = None, questions: float = 3.0) -> Occasion:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days)
    return Occasion(at, uuid4() if said else None, share, questions, said)


def test_more_records_narrow_the_estimate_and_better_ones_raise_it() -> None:
    few, many = estimate([occasion(1, 0.5, questions=1)]), estimate([occasion(day, 0.5) for day in range(3)])
    assert (few.sufficient, many.sufficient) == (False, True)
    assert many.high - many.low < few.high - few.low
    rising = [estimate([occasion(1, share), occasion(2, 0.5)]).mastery for share in (0.0, 0.5, 1.0)]
    assert rising == sorted(set(rising))
    assert (
        estimate([occasion(1, 0.0), occasion(2, 1.0)]).mastery > estimate([occasion(1, 1.0), occasion(2, 0.0)]).mastery
    )
    assert all(0 <= each.low <= each.mastery <= each.high <= 1 for each in (few, many))


def test_what_was_hard_says_less_when_it_was_lost_and_more_when_it_was_earned() -> None:
    def after(difficulty: float | None, share: float) -> float:
        return estimate([replace(occasion(1, share), difficulty=difficulty)]).mastery

    for share in (0.0, 0.5, 1.0):
        assert after(0.1, share) < after(0.35, share) < after(0.9, share)
        assert after(None, share) == after(0.35, share)


def test_what_is_usually_earned_is_the_other_end_of_what_is_hard() -> None:
    (batch,) = read(
        lines(*(GOOD | {"item": str(n)} | more for n, more in enumerate(({"facility": 0.75}, {"difficulty": 0.25}))))
    )
    assert [record.difficulty for record in batch.records] == [0.25, 0.25]


def test_the_last_diagnosis_stands_until_records_come_after_it() -> None:
    said = Estimate(0.7, 0.5, 0.9, sufficient=True)
    rows = [Seen("math", "k", "K", occasion(day, 0.5, said if day == 2 else None)) for day in (3, 1, 2)]
    (later,) = points_of(rows)
    (asked,) = points_of(rows[1:])
    assert (later.basis, asked.basis, asked.now) == ("records", "exam", said)
    assert [each.taken_at.day for each in later.occasions] == [2, 3, 4]
