"""The words of the protocol: keys, fences, usage, and what an answer or a failure means."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from runtime.llm.failures import RETRIED, Failed, pause, reason_of, takes_no_pictures, wait_of
from runtime.llm.ledger import Ledger, Prices
from runtime.llm.wire import (
    Ask,
    Dialect,
    Part,
    Prompt,
    Usage,
    body_of,
    content_key,
    guess,
    messages_of,
    reply_of,
    understood,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DIALECT = Dialect("m")


class Word(BaseModel):
    word: str


def ask(text: str = "apple", version: int = 1, **more) -> Ask[Word]:
    return Ask(Prompt("p", version, "fixed text, json"), (Part("word", text),), Word, **more)


def test_equal_questions_have_one_key_whatever_their_fence_and_others_have_another() -> None:
    keys = [
        content_key(ask(), DIALECT),
        content_key(ask("pear"), DIALECT),
        content_key(ask(version=2), DIALECT),
        content_key(ask(), Dialect("other")),
        content_key(ask(), Dialect("m", json_schema=True)),
        content_key(ask(max_tokens=7), DIALECT),
        content_key(ask(), DIALECT, ({"role": "user", "content": "again"},)),
    ]
    assert len(set(keys)) == len(keys)
    assert content_key(ask(), DIALECT) == keys[0]


@given(st.text(), st.text())
def test_any_text_can_be_sent_and_stays_between_its_fences(text, other) -> None:
    system, user = messages_of(ask(text), "0123456789abcdef")
    assert system["content"] == "fixed text, json"
    before, _, rest = user["content"].partition("=====0123456789abcdef===== word\n")
    assert rest.startswith(text + "\n=====0123456789abcdef===== end of word")
    assert "0123456789abcdef" in before
    assert content_key(ask(text), DIALECT) == content_key(ask(text), DIALECT)
    json.dumps(body_of((system, user), DIALECT, 5, Word))
    assert guess(body_of((system, user), DIALECT, 5, Word)).out == 5


def test_a_server_that_knows_less_is_told_less() -> None:
    body = body_of(messages_of(ask(), "f"), Dialect("m", thinking="unsaid", json_mode=False), 10, Word)
    assert sorted(body) == ["max_tokens", "messages", "model", "stream", "temperature"]


class Nested(BaseModel):
    words: list[Word] = Field(min_length=1, max_length=60)
    note: str | None = Field(default=None, max_length=4000)
    grade: float = Field(default=0, ge=0, le=10_000)


def test_a_schema_names_every_field_and_leaves_limits_to_validation() -> None:
    sent = body_of((), Dialect("m", json_schema=True), 10, Nested)["response_format"]
    assert (sent["type"], sent["json_schema"]["name"]) == ("json_schema", "Nested")
    schema = sent["json_schema"]["schema"]
    assert schema["required"] == ["words", "note", "grade"] == list(schema["properties"])
    assert schema["properties"]["words"] == {"type": "array", "items": {"$ref": "#/$defs/Word"}}
    assert schema["properties"]["note"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert schema["$defs"]["Word"]["properties"] == {"word": {"type": "string"}}
    assert not {"maxLength", "maxItems", "maximum"} & set(json.dumps(schema).split('"'))


class Lettered(BaseModel):
    options: dict[str, str]


def test_a_map_keeps_what_its_values_are_and_asks_for_no_strictness() -> None:
    sent = body_of((), Dialect("m", json_schema=True), 10, Lettered)["response_format"]["json_schema"]
    assert sent["schema"]["properties"]["options"] == {"type": "object", "additionalProperties": {"type": "string"}}
    assert sent["strict"] is False
    assert body_of((), Dialect("m", json_schema=True), 10, Nested)["response_format"]["json_schema"]["strict"] is True


def document(content="{}", finish="stop", usage=None) -> bytes:
    found = {"choices": [{"message": {"content": content}, "finish_reason": finish}]}
    return json.dumps(found if usage is None else {**found, "usage": usage}).encode()


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 100, "prompt_cache_hit_tokens": 64, "completion_tokens": 7}, Usage(36, 64, 7)),
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 40}, "completion_tokens": 7}, Usage(60, 40, 7)),
        ({"prompt_tokens": 100, "completion_tokens": 7}, Usage(100, 0, 7)),
        ({"prompt_tokens": 10, "prompt_cache_hit_tokens": 64, "completion_tokens": -5}, Usage(0, 10, 0)),
        (None, Usage(11, 0, 1)),
        ({"prompt_tokens": "many"}, Usage(11, 0, 1)),
    ],
)  # fmt: skip
def test_usage_is_read_in_every_dialect_and_guessed_where_it_is_missing(usage, expected) -> None:
    assert reply_of(document(usage=usage), Usage(11, 0, 500)).usage == expected


@given(st.binary(max_size=200))
def test_no_bytes_are_taken_for_a_reply_that_are_none(data) -> None:
    with pytest.raises(Failed, match="unavailable"):
        reply_of(data, Usage())


@given(st.text(max_size=200))
def test_what_is_wrong_with_a_reply_is_told_without_quoting_it(text) -> None:
    value, problems = understood(ask(), json.dumps({"wort": "x" + text}))
    assert value is None
    assert problems == ("word: Field required",)


def test_deep_nesting_is_a_wrong_reply_and_no_crash() -> None:
    value, problems = understood(ask(), '{"word":' + "[" * 100_000)
    assert value is None
    assert problems


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "refused"), (401, "unauthorised"), (402, "unpaid"), (403, "unauthorised"), (404, "refused"), (408, "unavailable"),
     (413, "refused"), (422, "refused"), (429, "overloaded"), (500, "unavailable"), (502, "unavailable"),
     (503, "unavailable"), (504, "unavailable"), (529, "unavailable"), (302, "refused"), (204, "refused")],
)  # fmt: skip
def test_every_status_has_a_meaning_and_what_we_are_at_fault_for_is_never_tried_again(status, reason) -> None:
    assert reason_of(status) == reason
    assert (reason_of(status) in RETRIED) == (status in {408, 429, 500, 502, 503, 504, 529})


@pytest.mark.parametrize(
    ("status", "message", "blind"),
    [
        (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj", True),
        (400, "apertus is not a multimodal model", True),
        (400, "Invalid content type. image_url is only supported by certain models.", True),
        (422, "unknown variant `image_url`, expected `text`", True),
        (404, "No endpoints found that support image input", True),
        (400, "this model does not support images", True),
        (500, "failed to process image", False),
        (400, "response_format is not supported", False),
        (429, "images are not supported", False),
        (503, "images are not supported", False),
    ],
)
def test_a_server_is_known_to_take_no_pictures_by_what_it_says_of_them(status, message, blind) -> None:
    assert takes_no_pictures(status, json.dumps({"error": {"message": message}}).encode()) is blind


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("99999", 3600.0),
        ("nan", None),
        ("soon", None),
        (None, None),
        ((NOW + timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S GMT"), 30.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds) -> None:
    assert wait_of(header, NOW) == seconds


def test_pauses_grow_are_spread_and_never_shorter_than_asked() -> None:
    assert [pause(n, None, 0.5) for n in (1, 2, 3, 9)] == [0.5, 1.0, 2.0, 8.0]
    assert pause(1, None, 0.0) < pause(1, None, 1.0)
    assert pause(1, 10.0, 0.0) > 10.0


def test_the_ledger_adds_up_in_money_and_tokens() -> None:
    ledger = Ledger(Prices(1.0, 0.02, 4.0, "CNY"))
    for _ in range(1000):
        ledger.add(Usage(fresh=100, cached=64, out=7))
    cost = ledger.cost
    assert (cost.llm_tokens.in_, cost.llm_tokens.cached, cost.llm_tokens.out) == (100_000, 64_000, 7000)
    assert cost.amount == pytest.approx(0.1 + 0.00128 + 0.028)
    assert Prices(1.0, 0.02, 4.0, "CNY").micros(Usage(100, 64, 7)) == 129
