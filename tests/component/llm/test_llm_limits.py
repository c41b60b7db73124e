"""Limits, budgets and replies that all workers share, in a real Valkey, and what is left of them without it."""

import asyncio
import uuid

import pytest
from llm_world import WORD, World, nobody, question
from pydantic import SecretStr
from redis.asyncio import Redis
from scripted_model import answers, error, says

from runtime.llm.account import Account
from runtime.llm.failures import Failed, Reason
from runtime.llm.limits import Budget, Claim, Later, Lease, LocalLimits, Rates, SharedLimits
from runtime.llm.shared import Shared
from runtime.settings import RedisSettings

TOKENS = Budget("tokens:t", 100, 60, Reason.TENANT_BUDGET)


@pytest.fixture
async def both(stack):
    """The same limits in Redis and in memory: one rule, two homes."""
    client = Redis.from_url(stack.redis_url)
    shared = Shared(client, 30)

    def make(rates: Rates) -> list:
        prefix = f"test:{{{uuid.uuid4().hex}}}:"
        return [LocalLimits(rates), SharedLimits(shared, rates, LocalLimits(Rates(0, 0, 0)), prefix)]

    yield make
    await client.aclose()


async def test_in_a_minute_no_more_requests_start_than_are_allowed(both) -> None:
    for limits in both(Rates(per_minute=3, concurrency=100, lease_seconds=60)):
        taken = [await limits.take(f"l{i}", ()) for i in range(5)]
        assert [isinstance(t, Lease) for t in taken] == [True, True, True, False, False]
        assert all(0 < t.seconds <= 60 for t in taken if isinstance(t, Later))
        await limits.give_back(taken[0], ())
        assert isinstance(await limits.take("l9", ()), Later)  # an ended request was still sent in this minute


async def test_four_workers_at_once_get_no_more_than_one_would(stack) -> None:
    prefix, rates = f"test:{{{uuid.uuid4().hex}}}:", Rates(per_minute=7, concurrency=100, lease_seconds=60)
    budget = Budget("tokens:t", 100, 60, Reason.TENANT_BUDGET)
    clients = [Redis.from_url(stack.redis_url) for _ in range(4)]
    workers = [SharedLimits(Shared(c, 30), rates, LocalLimits(Rates(0, 0, 0)), prefix) for c in clients]
    taken = await asyncio.gather(
        *(w.take(f"{n}-{i}", [Claim(budget, 1)]) for i in range(6) for n, w in enumerate(workers))
    )
    leases = [t for t in taken if isinstance(t, Lease)]
    assert (len(leases), all(lease.shared for lease in leases)) == (7, True)
    assert int(await clients[0].get(f"{prefix}tokens:t") or 0) == 7
    await asyncio.gather(*(workers[i % 4].give_back(lease, [0]) for i, lease in enumerate(leases)))
    assert int(await clients[0].get(f"{prefix}tokens:t") or 0) == 0
    for client in clients:
        await client.aclose()


async def test_requests_open_at_a_time_are_limited_and_a_dead_workers_place_comes_free(both) -> None:
    for limits in both(Rates(per_minute=100, concurrency=2, lease_seconds=5)):
        first, second = await limits.take("a", ()), await limits.take("b", ())
        assert isinstance(await limits.take("c", ()), Later)
        await limits.give_back(first, ())
        assert isinstance(await limits.take("c", ()), Lease)
        assert isinstance(second, Lease)
        for _ in range(1200):  # b and c never say that they ended
            if isinstance(await limits.take("d", ()), Lease):
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("no place came free")


async def test_batches_leave_part_of_the_rates_to_those_who_wait(both) -> None:
    for limits in both(Rates(per_minute=10, concurrency=100, lease_seconds=60)):
        batch = [await limits.take(f"b{i}", (), share=0.7) for i in range(10)]
        assert sum(isinstance(b, Lease) for b in batch) == 7
        waiting = [await limits.take(f"w{i}", ()) for i in range(4)]
        assert [isinstance(w, Lease) for w in waiting] == [True, True, True, False]
        later = await limits.take("b", (), share=0.7)
        assert isinstance(later, Later)
        assert later.seconds <= 60
    for limits in both(Rates(per_minute=100, concurrency=10, lease_seconds=60)):
        batch = [await limits.take(f"b{i}", (), share=0.7) for i in range(10)]
        assert sum(isinstance(b, Lease) for b in batch) == 7
        assert isinstance(await limits.take("w", ()), Lease)


async def test_a_budget_is_charged_before_and_settled_after(both) -> None:
    for limits in both(Rates(100, 100, 60)):
        lease = await limits.take("a", [Claim(TOKENS, 80)])
        with pytest.raises(Failed, match="tenant_budget"):
            await limits.take("b", [Claim(TOKENS, 30)])
        await limits.give_back(lease, [20])
        assert isinstance(await limits.take("b", [Claim(TOKENS, 80)]), Lease)
        with pytest.raises(Failed, match="tenant_budget"):
            await limits.take("c", [Claim(TOKENS, 1)])


async def test_a_budget_that_refuses_leaves_the_others_and_the_rates_untouched(both) -> None:
    small = Budget("cost:x", 10, 60, Reason.EXAM_BUDGET)
    for limits in both(Rates(1, 1, 60)):
        with pytest.raises(Failed, match="exam_budget"):
            await limits.take("a", [Claim(TOKENS, 100), Claim(small, 11)])
        assert isinstance(await limits.take("b", [Claim(TOKENS, 100)]), Lease)


async def test_without_redis_each_worker_keeps_to_its_share(opened) -> None:
    rates = Rates(per_minute=10, concurrency=8, lease_seconds=60).times(1 / 4)
    assert (rates.per_minute, rates.concurrency) == (2, 2)
    async with opened(redis=nobody(), requests_per_minute=2) as world:
        for word in ("a", "b"):
            assert (await world.llm.ask(question(word), world.account())).word == WORD
        with pytest.raises(Failed, match="no_time"):
            await world.llm.ask(question("c"), world.account(seconds=5))


async def test_an_exams_money_and_a_tenants_tokens_end_its_questions_and_nobody_elses(opened) -> None:
    async with opened(max_cost=0.0055) as world:  # a call may cost 0.005: the first settles at less
        account = world.account("exam:1")
        answered = await _until_refused(world, [account] * 50, Reason.EXAM_BUDGET)
        assert 1 <= answered < 50
        assert account.ledger.cost.amount <= 0.0055
        await world.llm.ask(question("another exam"), world.account("exam:2"))
    async with opened(tenant_tokens_per_day=1500) as world:
        accounts = [world.account(f"exam:{i}") for i in range(50)]
        assert 1 <= await _until_refused(world, accounts, Reason.TENANT_BUDGET) < 50


async def _until_refused(world: World, accounts: list[Account], reason: Reason) -> int:
    """How many questions were answered until a budget was used up."""
    for i, account in enumerate(accounts):
        try:
            await world.llm.ask(question(f"word {i}"), account)
        except Failed as failed:
            return i if failed.reason is reason else -1
    return len(accounts)


async def test_equal_questions_are_asked_once_and_cost_once(opened) -> None:
    async with opened() as world:
        accounts = [world.account(f"exam:{i}") for i in range(5)]
        found = await asyncio.gather(*(world.llm.ask(question(), account) for account in accounts))
        assert [f.word for f in found] == [WORD] * 5
        assert len(world.server.seen) == 1
        assert sum(a.ledger.cost.amount > 0 for a in accounts) == 1


async def test_workers_share_replies_and_wait_for_each_other(opened, monkeypatch) -> None:
    async def slowly(request, send) -> None:
        await asyncio.sleep(0.3)
        await answers(lambda _: {"word": WORD})(request, send)

    async with opened() as one:
        one.server.otherwise = slowly
        async with opened(server=one.server) as two:
            two.tenant = one.tenant
            asks = [world.llm.ask(question(), world.account()) for world in (one, two, one, two)]
            assert {f.word for f in await asyncio.gather(*asks)} == {WORD}
        assert len(one.server.seen) == 1
        async with opened(server=one.server) as three:  # a worker that starts later
            three.tenant = one.tenant
            await three.llm.ask(question(), three.account())
        assert len(one.server.seen) == 1
        await one.llm.ask(question(), type(one)(one.llm, one.server, "another-school").account())
        assert len(one.server.seen) == 2  # replies never cross schools


async def test_who_waited_for_one_that_failed_asks_himself(opened) -> None:
    async with opened(retries=0) as world:
        world.server.script = [error(422)]
        found = await asyncio.gather(
            *(world.llm.ask(question(), world.account()) for _ in range(3)), return_exceptions=True
        )
        assert sorted(type(f).__name__ for f in found) == ["Failed", "Word", "Word"]
        assert len(world.server.seen) == 2


async def test_a_withdrawn_exam_takes_nobody_with_it(opened) -> None:
    async with opened() as world:
        began = asyncio.Event()

        async def slowly(request, send) -> None:
            began.set()
            await asyncio.sleep(0.3)
            await says('{"word": "苹果"}')(request, send)

        world.server.otherwise = slowly
        leader = asyncio.create_task(world.llm.ask(question(), world.account()))
        await began.wait()
        follower = asyncio.create_task(world.llm.ask(question(), world.account()))
        await asyncio.sleep(0)
        leader.cancel()
        assert (await follower).word == WORD
        with pytest.raises(asyncio.CancelledError):
            await leader


async def test_a_redis_that_is_lost_on_the_way_costs_nothing_but_sharing(stack) -> None:
    settings = RedisSettings(url=SecretStr(nobody()))
    assert settings.url is not None
    client = Redis.from_url(settings.url.get_secret_value())
    limits = SharedLimits(Shared(client, 0.5), Rates(5, 5, 60), LocalLimits(Rates(5, 5, 60)))
    lease = await limits.take("a", [Claim(TOKENS, 10)])
    assert isinstance(lease, Lease)
    assert not lease.shared
    await limits.give_back(lease, [3])
    await limits.give_back(Lease("b", (Claim(TOKENS, 1),), shared=True), [1])
    await client.aclose()
