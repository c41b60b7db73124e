"""Settings of the model: off without anything, refused when wrong, silent about the key."""

import json

import pytest
from pydantic import BaseModel

from runtime.breaker import Breaker
from runtime.llm.failures import Failed
from runtime.llm.open import open_llm
from runtime.llm.settings import LlmSettings
from runtime.llm.transport import Raw, Recorder, Replayer
from runtime.llm.wire import Ask, Dialect, Part, Prompt, content_key
from runtime.settings import BadSettings, RedisSettings, load

KEY = "sk-canary-99"


class Word(BaseModel):
    word: str


ASK = Ask(Prompt("p", 1, "json"), (Part("word", "apple"),), Word)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch) -> None:
    for name in LlmSettings.model_fields:
        monkeypatch.delenv(f"REDINK_LLM_{name.upper()}", raising=False)


async def test_without_key_address_or_cassette_there_is_no_model() -> None:
    async with open_llm(LlmSettings(), RedisSettings(url=None)) as llm:
        assert llm is None


def test_a_key_means_deepseek_and_an_address_alone_a_server_that_wants_none(monkeypatch) -> None:
    monkeypatch.setenv("REDINK_LLM_API_KEY", KEY)
    assert (LlmSettings().enabled, LlmSettings().address.host) == (True, "api.deepseek.com")
    monkeypatch.delenv("REDINK_LLM_API_KEY")
    monkeypatch.setenv("REDINK_LLM_URL", "http://127.0.0.1:8080/v1")
    assert (LlmSettings().enabled, LlmSettings().address.port) == (True, 8080)


def test_settings_that_are_there_and_empty_are_not_there(monkeypatch) -> None:
    for name in ("API_KEY", "URL", "MODEL", "CASSETTE"):
        monkeypatch.setenv(f"REDINK_LLM_{name}", "")
    assert (LlmSettings().enabled, LlmSettings().model) == (False, "deepseek-flash")


def test_a_key_may_come_from_a_file_and_is_never_shown(tmp_path, monkeypatch) -> None:
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n", encoding="utf-8")
    monkeypatch.setenv("REDINK_LLM_API_KEY_FILE", str(path))
    settings = load(LlmSettings)
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == KEY
    assert KEY not in repr(settings) + str(settings.model_dump())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_KEY", "two words"),
        ("API_KEY", "键"),
        ("API_KEY_FILE", "/nowhere/at/all"),
        ("URL", "ftp://x"),
        ("THINKING", "maybe"),
        ("PRICE_OUT", "-1"),
        ("REQUESTS_PER_MINUTE", "0"),
        ("CURRENCY", "yuan"),
    ],
)
def test_what_is_wrong_is_refused_at_start_without_its_value(monkeypatch, name, value) -> None:
    monkeypatch.setenv(f"REDINK_LLM_{name}", value)
    with pytest.raises(BadSettings) as refused:
        load(LlmSettings)
    assert "REDINK_LLM" in str(refused.value)
    assert value not in str(refused.value)


async def test_a_cassette_gives_again_what_was_recorded_and_nothing_else(tmp_path) -> None:
    reply = {"choices": [{"message": {"content": '{"word": "苹果"}'}, "finish_reason": "stop"}]}

    class Live:
        async def send(self, key, body):
            return Raw(200, json.dumps(reply).encode())

    tape = tmp_path / "tape.jsonl"
    recorder = Recorder(Live(), tape)
    tape.touch()
    settings = LlmSettings(cassette=tape)
    async with open_llm(settings, RedisSettings(url=None)) as llm:
        assert llm is not None
        with pytest.raises(Failed, match="not_recorded"):
            await llm.ask(ASK, llm.account("t", "e", 30, lambda: None))
    key = content_key(ASK, Dialect(settings.model))
    live = await recorder.send(key, {})
    assert await Replayer(tape).send(key, {}) == live
    async with open_llm(settings, RedisSettings(url=None)) as llm:
        assert llm is not None
        found = [await llm.ask(ASK, llm.account(t, "e", 30, lambda: None)) for t in ("t", "u")]
        assert [f.word for f in found] == ["苹果", "苹果"]


@pytest.mark.parametrize("tape", ["{", '{"key": "a"}\n', "[]\n"])
async def test_a_broken_cassette_is_refused_at_start(tmp_path, tape) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text(tape, encoding="utf-8")
    with pytest.raises(BadSettings, match="REDINK_LLM_CASSETTE"):
        async with open_llm(LlmSettings(cassette=path), RedisSettings(url=None)):
            pass


def test_a_breaker_opens_after_so_many_failures_in_a_row_lets_one_try_and_trips_at_once() -> None:
    now = [0.0]
    breaker = Breaker(10, clock=lambda: now[0], after=3)
    for fails in (1, 1, 0, 1, 1):
        assert breaker.allows()
        breaker.failed() if fails else breaker.worked()
    assert breaker.allows()
    breaker.failed()
    assert (breaker.is_open, breaker.allows()) == (True, False)
    now[0] = 11
    assert (breaker.is_open, breaker.allows(), breaker.allows()) == (False, True, False)
    breaker.worked()
    assert breaker.allows()
    breaker.trip()
    assert not breaker.allows()
