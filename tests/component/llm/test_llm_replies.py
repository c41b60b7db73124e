"""Every kind of answer that a provider gives, over HTTP: what is used, what is tried again, what is given up at once."""

import asyncio
import contextlib
import json

import pytest
from llm_world import WORD, question
from scripted_model import KEY, answers, blind, drip, endless, error, hang, http, keep_alive, raw, says

from runtime import metrics
from runtime.llm.failures import Failed, Reason
from runtime.llm.wire import Picture

GOOD = json.dumps({"word": WORD})


async def test_a_reply_is_validated_and_what_it_took_is_entered_once(opened) -> None:
    async with opened() as world:
        account = world.account()
        assert (await world.llm.ask(question(), account)).word == WORD
        (seen,) = world.server.seen
        assert seen.body["response_format"] == {"type": "json_object"}
        assert seen.body["thinking"] == {"type": "disabled"}
        assert world.tenant not in json.dumps(seen.body)
        cost, usage = account.ledger.cost, seen.usage
        assert (cost.llm_tokens.in_, cost.llm_tokens.cached) == (usage["prompt_cache_miss_tokens"], 0)
        expected = (usage["prompt_cache_miss_tokens"] * 1.0 + cost.llm_tokens.out * 4.0) / 1e6
        assert cost.amount == pytest.approx(expected, abs=1e-6)


async def test_the_fixed_prompt_comes_first_so_that_the_provider_finds_it_in_its_cache(opened) -> None:
    async with opened() as world:
        account = world.account()
        ask = question()
        long = type(ask.prompt)(ask.prompt.name, 1, ask.prompt.text + "Be exact. " * 60)
        for word in ("apple", "pear"):
            await world.llm.ask(type(ask)(long, question(word).parts, ask.shape), account)
        assert account.ledger.cost.llm_tokens.cached >= 64


@pytest.mark.parametrize(
    ("first", "requests"),
    [
        (error(429, Retry_After="0"), 2),
        (error(500, Retry_After="0"), 2),
        (error(503, Retry_After="0"), 2),
        (raw(b""), 2),
        (raw(http(200, b"<html>gateway</html>")), 2),
        (says(""), 2),
        (says("   \n \n"), 2),
        (says(None), 2),
        (says("", finish="insufficient_system_resource"), 2),
        (says('{"word": "苹', finish="length"), 2),
        (says("Sure! The word is apple."), 2),
        (says('{"wort": 1}'), 2),
        (says("```json\n" + GOOD + "\n```"), 1),
        (says("<think>hm</think>" + GOOD), 1),
        (keep_alive(GOOD, 20), 1),
    ],
    ids=["429", "500", "503", "cut", "page", "empty", "blanks", "null", "no-resource", "truncated", "prose", "shape",
         "fenced", "thoughts", "keep-alive"],
)  # fmt: skip
async def test_what_another_try_can_mend_is_mended(opened, first, requests) -> None:
    async with opened(redis=None) as world:
        world.server.script = [first]
        assert (await world.llm.ask(question(), world.account())).word == WORD
        assert len(world.server.seen) == requests


async def test_a_truncated_reply_is_asked_for_with_more_room_and_a_wrong_one_with_what_is_wrong(opened) -> None:
    async with opened(redis=None) as world:
        world.server.script = [says("{", finish="length"), says('{"word": 7}')]
        await world.llm.ask(question(max_tokens=100), world.account())
        first, second, third = world.server.seen
        assert [s.body["max_tokens"] for s in (first, second, third)] == [100, 200, 100]
        assert "word: Input should be a valid string" in third.body["messages"][-1]["content"]
        assert third.body["messages"][2] == {"role": "assistant", "content": '{"word": 7}'}


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (error(400), Reason.REFUSED),
        (error(404), Reason.REFUSED),
        (error(422), Reason.REFUSED),
        (error(301, Location="http://127.0.0.1:9/"), Reason.REFUSED),
        (error(401), Reason.UNAUTHORISED),
        (error(402), Reason.UNPAID),
        (says("", finish="content_filter"), Reason.FILTERED),
        (endless(3 * 2**20), Reason.MALFORMED),
    ],
    ids=["400", "404", "422", "redirect", "401", "402", "filtered", "huge"],
)
async def test_what_no_try_can_mend_is_asked_once(opened, step, reason) -> None:
    async with opened(redis=None) as world:
        world.server.script = [step]
        with pytest.raises(Failed) as failed:
            await world.llm.ask(question(), world.account())
        assert (failed.value.reason, len(world.server.seen)) == (reason, 1)


async def test_one_repair_and_no_more(opened) -> None:
    async with opened(redis=None) as world:
        world.server.otherwise = says('{"wort": "苹果"}')
        account = world.account()
        with pytest.raises(Failed, match="malformed"):
            await world.llm.ask(question(), account)
        assert len(world.server.seen) == 2
        assert account.ledger.cost.llm_tokens.out > 0  # paid for all the same


async def test_half_a_character_can_be_asked_about(opened) -> None:
    async with opened(redis=None) as world:
        assert (await world.llm.ask(question("\ud83d x \x00"), world.account())).word == WORD


@pytest.mark.parametrize("step", [drip(0.02), hang], ids=["drip", "hang"])
async def test_a_server_that_trickles_or_hangs_is_left_by_the_wall_clock(opened, step) -> None:
    async with opened(redis=None, call_seconds=0.5, retries=0) as world:
        world.server.otherwise = step
        with pytest.raises(Failed) as failed:
            await world.llm.ask(question(), world.account())
        assert failed.value.reason is Reason.TIMED_OUT


async def test_an_exam_without_time_asks_nothing_and_a_long_retry_after_is_not_waited_for(opened) -> None:
    async with opened(redis=None) as world:
        with pytest.raises(Failed, match="no_time"):
            await world.llm.ask(question(), world.account(seconds=0))
        assert world.server.seen == []
        world.server.otherwise = error(429, Retry_After="3000")
        with pytest.raises(Failed, match="overloaded"):
            await world.llm.ask(question(), world.account())
        assert len(world.server.seen) == 1


async def test_a_model_without_eyes_is_asked_once_more_without_pictures_and_its_breaker_stays_shut(opened) -> None:
    async with opened(redis=None, retries=2, breaker_after=1, pictures=True) as world:
        world.server.otherwise = blind(answers(lambda _: {"word": WORD}))
        reply = await world.llm.ask(question("pear", pictures=(Picture(b"jpeg"),)), world.account())
        assert reply.word == WORD
        assert [len(seen.pictures) for seen in world.server.seen] == [1, 0], "not tried again with the picture"
        assert (await world.llm.ask(question("plum"), world.account())).word == WORD


async def test_the_breaker_opens_after_failures_in_a_row_and_closes_with_an_answer(opened) -> None:
    async with opened(redis=None, retries=0, breaker_after=2, breaker_seconds=6.0) as world:
        world.server.script = [error(503), error(503)]
        reasons = []
        for _ in range(3):
            with pytest.raises(Failed) as failed:
                await world.llm.ask(question(), world.account())
            reasons.append(failed.value.reason)
        assert reasons == [Reason.UNAVAILABLE, Reason.UNAVAILABLE, Reason.BREAKER_OPEN]
        assert len(world.server.seen) == 2
        for _ in range(900):
            with contextlib.suppress(Failed):
                assert (await world.llm.ask(question(), world.account())).word == WORD
                break
            await asyncio.sleep(0.05)
        assert len(world.server.seen) == 3


async def test_a_key_that_is_refused_is_not_sent_again_by_everybody(opened) -> None:
    async with opened(redis=None) as world:
        world.server.otherwise = error(401)
        for expected in (Reason.UNAUTHORISED, Reason.BREAKER_OPEN):
            with pytest.raises(Failed) as failed:
                await world.llm.ask(question(), world.account())
            assert failed.value.reason is expected
        assert len(world.server.seen) == 1


async def test_a_withdrawn_exam_asks_no_more_between_tries(opened) -> None:
    class Withdrawn(Exception):
        pass

    wanted = [True]

    def check() -> None:
        if not wanted[0]:
            raise Withdrawn

    def withdraw(_):
        wanted[0] = False
        return {"wrong": "shape"}

    async with opened(redis=None) as world:
        world.server.otherwise = answers(withdraw)
        with pytest.raises(Withdrawn):
            await world.llm.ask(question(), world.account(check=check))
        assert len(world.server.seen) == 1


async def test_neither_key_nor_text_is_logged_or_counted(opened, capsys, caplog) -> None:
    canary = "张三丰同学"
    async with opened(redis=None, retries=1) as world:
        world.server.script = [says(f'{{"wort": "{canary}"}}'), error(500, Retry_After="0"), error(402)]
        with pytest.raises(Failed) as failed:
            await world.llm.ask(question(canary), world.account())
        said = capsys.readouterr()
        told = said.out + said.err + caplog.text + repr(failed.value) + str(failed.value)
        assert canary not in told
        assert KEY not in told
        counted = [s.labels for m in metrics.LLM_REQUESTS.collect() for s in m.samples]
        assert {label for labels in counted for label in labels} <= {"provider", "model", "status"}
