"""The pure parts of conditional, ranged and negotiated answers."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from services.gateway.core.accept import acceptable, essence
from services.gateway.core.conditions import same_part, unchanged
from services.gateway.core.disposition import disposition
from services.gateway.core.ranges import Unsatisfiable, byte_range
from services.gateway.core.timeline import Span, StageRun, waterfall

T0 = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("accept", "kind", "yes"),
    [
        (None, "application/pdf", True),
        ("", "application/pdf", True),
        ("*/*", "application/pdf", True),
        ("application/json", "application/pdf", False),
        ("application/*", "application/pdf", True),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/json", True),
        ("application/json;q=0, */*", "application/json", False),
        ("*/*;q=0, application/json", "application/json", True),
        ("text/html", "text/html; charset=utf-8", True),
        ("TEXT/HTML ; Q=0.1", "text/html", True),
        ("application/json;q=none", "application/json", True),
        (";;,,", "application/json", False),
    ],
)
def test_the_most_specific_media_range_decides(accept: str | None, kind: str, yes: bool) -> None:
    assert acceptable(accept, kind) is yes


def test_a_content_type_is_compared_without_its_parameters() -> None:
    assert essence("Application/JSON; charset=utf-8") == "application/json"
    assert essence(None) == ""


@pytest.mark.parametrize(
    ("header", "yes"),
    [('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("a", False), (None, False)],
)
def test_if_none_match_compares_weakly(header: str | None, yes: bool) -> None:
    assert unchanged(header, '"a"') is yes


@pytest.mark.parametrize(
    ("header", "yes"),
    [(None, True), ('"a"', True), ('W/"a"', False), ('"b"', False), ("Sun, 22 Nov 2026 03:00:00 GMT", False)],
)
def test_if_range_compares_strongly(header: str | None, yes: bool) -> None:
    assert same_part(header, '"a"') is yes


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-3", (0, 4)), ("bytes=5-", (5, 10)), ("bytes=-4", (6, 10)), ("bytes=-99", (0, 10)),
        ("bytes=8-99", (8, 10)), ("BYTES=0-3", (0, 4)), ("bytes=0-3,5-6", None), ("bytes=-", None), ("items=0-3", None), ("bytes=5-2", None),
        (None, None), ("bytes=٣-٤", None),
    ],
)  # fmt: skip
def test_one_range_is_served_and_anything_else_gets_the_whole(header: str | None, part: tuple[int, int] | None) -> None:
    assert byte_range(header, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_outside_of_the_content_is_unsatisfiable(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        byte_range(header, 10)


def test_a_download_is_named_in_ascii_and_in_its_own_language() -> None:
    assert disposition("inline", "redink-1", None, ".pdf") == 'inline; filename="redink-1.pdf"'
    assert disposition("attachment", "redink-1", "期中 A+", ".zip") == (
        "attachment; filename=\"redink-1.zip\"; filename*=UTF-8''%E6%9C%9F%E4%B8%AD%20A+.zip"
    )


@pytest.mark.parametrize("title", ['a"b\r\nX: y', "../../etc/passwd", "\u202egpj.exe", "\ud800x", "…" * 500, " . "])
def test_no_title_leaves_the_header_or_names_another_folder(title: str) -> None:
    header = disposition("inline", "plain", title, ".pdf")
    assert header.isascii()
    assert len(header) < 900
    assert not set('\r\n\\/"') & set(header.partition("filename*")[2])
    assert "%2F" not in header
    assert "%E2%80%AE" not in header


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def test_the_waterfall_shows_waiting_work_and_what_remains() -> None:
    runs = [StageRun("ocr", 1, at(1), at(4), 2.5), StageRun("parser", 1, at(4.5), at(5), 0.5)]
    assert waterfall(T0, at(99), at(6), runs) == [
        Span("ocr", "wait", 0, 1), Span("ocr", "work", 1, 2.5), Span("ocr", "rest", 3.5, 0.5),
        Span("parser", "wait", 4, 0.5), Span("parser", "work", 4.5, 0.5), Span("gateway", "rest", 5, 1),
    ]  # fmt: skip


def test_tries_that_failed_are_told_from_the_one_that_succeeded() -> None:
    spans = waterfall(T0, at(99), at(10), [StageRun("ocr", 3, at(1), at(10), 2)])
    assert spans == [Span("ocr", "wait", 0, 1), Span("ocr", "retry", 1, 7), Span("ocr", "work", 8, 2)]


def test_what_was_waiting_for_a_model_is_told_from_the_work() -> None:
    assert waterfall(T0, at(99), at(10), [StageRun("analyzer", 1, at(1), at(10), 8, 5)]) == [
        Span("analyzer", "wait", 0, 1), Span("analyzer", "work", 1, 3), Span("analyzer", "external", 4, 5),
        Span("analyzer", "rest", 9, 1),
    ]  # fmt: skip
    assert waterfall(T0, at(99), at(10), [StageRun("analyzer", 2, at(1), at(10), 4, 9)]) == [
        Span("analyzer", "wait", 0, 1), Span("analyzer", "retry", 1, 5), Span("analyzer", "external", 6, 4),
    ]  # fmt: skip


def test_an_exam_in_flight_is_shown_until_now() -> None:
    assert waterfall(T0, at(5), None, [StageRun("ocr", 1, at(1), None, None)])[-1] == Span("ocr", "work", 1, 4)
    assert waterfall(T0, at(5), None, []) == [Span("gateway", "wait", 0, 5)]


def test_whatever_the_clocks_say_the_spans_follow_each_other_and_fill_the_time() -> None:
    chance = random.Random(7)
    for _ in range(300):
        runs = [
            StageRun(
                name,
                chance.randint(1, 3),
                at(chance.uniform(-3, 12)) if chance.random() < 0.9 else None,
                at(chance.uniform(-3, 12)) if chance.random() < 0.8 else None,
                chance.uniform(0, 20) if chance.random() < 0.8 else None,
                chance.uniform(0, 20) if chance.random() < 0.5 else None,
            )
            for name in ("ocr", "parser", "analyzer")
        ]
        spans = waterfall(T0, at(20), at(10) if chance.random() < 0.5 else None, runs)
        end = 0.0
        for span in spans:
            assert span.seconds > 0
            assert span.start == pytest.approx(end, abs=0.002)
            end = span.start + span.seconds
        assert end == pytest.approx(10 if end < 15 else 20, abs=0.01)
