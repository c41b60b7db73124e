"""Asks a model for items that the banks lack, and for a second solution of each: what doesn't hold is dropped and counted."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from contracts.cost import Cost
from runtime import metrics
from runtime.llm.account import Account
from runtime.llm.client import Llm
from runtime.llm.failures import Failed
from runtime.llm.wire import Ask, Part
from services.gateway.practice.core.item import Item
from services.gateway.practice.core.points import Points
from services.gateway.practice.core.replies import SolvingReply, WritingReply
from services.gateway.practice.core.written import Drop, Order, as_asked, candidates, sameness, solved
from services.gateway.practice.prompts import solving, writing

_AT_A_TIME = 4
"""Points of one paper: more would crowd out exams within the limits."""
_SPARE = 1
"""Items asked for beyond what is wanted: some are dropped."""
_MOST_TOLD = 12
"""Stems that are there already, so that the model writes others."""
_TOLD = 300
"""Characters of each."""
_TOKENS = 600, 300
"""Room for the reply, for each item: written, solved."""
_MOST_TOKENS = 4000
_PATIENCE = 3600.0
"""Seconds; the model's own time limit for one piece of work is sooner."""


@dataclass(frozen=True)
class Wrote:
    """Items that hold, by code of their point, as many as were found; why others don't, and why some were not to be had.

    `cost` None: no model was asked.
    """

    items: dict[str, list[Item]] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    model: str | None = None
    cost: Cost | None = None


@dataclass(frozen=True)
class Writer:
    """Writes items; `llm` None: none."""

    llm: Llm | None = None

    async def write(
        self, orders: Sequence[Order], points: Points, bank: Sequence[Item], tenant: str, refusal: str | None = None
    ) -> Wrote:
        """What can be had of the orders. `bank`: items whose stems are there already. Never fails because of a model."""
        reason = "no_model" if self.llm is None else refusal
        if self.llm is None or reason is not None:
            return Wrote(failed=Counter({reason or "no_model": sum(order.count for order in orders)}))
        account = self.llm.account(tenant, f"practice:{uuid.uuid4().hex}", _PATIENCE, lambda: None)
        places, llm = asyncio.Semaphore(_AT_A_TIME), self.llm

        async def one(order: Order) -> Wrote:
            async with places:
                return await _write(llm, account, order, points, bank)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(order)) for order in orders]
        made = _together([task.result() for task in tasks])
        _once(made)
        for outcome, count in made.dropped.items():
            metrics.PRACTICE_WRITTEN.labels(outcome).inc(count)
        metrics.PRACTICE_WRITTEN.labels("kept").inc(sum(map(len, made.items.values())))
        return replace(made, model=llm.model, cost=account.ledger.cost)


def _once(made: Wrote) -> None:
    """Drop what was written for two points alike."""
    seen: set[str] = set()
    for code, items in made.items.items():
        made.items[code] = [item for item in items if sameness(item.stem) not in seen]
        seen |= {sameness(item.stem) for item in items}
        if twice := len(items) - len(made.items[code]):
            made.dropped[Drop.DUPLICATE] += twice


def _together(parts: Sequence[Wrote]) -> Wrote:
    return Wrote(
        {code: items for part in parts for code, items in part.items.items()},
        sum((part.dropped for part in parts), Counter()),
        sum((part.failed for part in parts), Counter()),
    )


async def _write(llm: Llm, account: Account, order: Order, points: Points, bank: Sequence[Item]) -> Wrote:
    """Items of one point, or why there are none."""
    there = [item.stem for item in bank if points.covers(order.code, item.points)]
    dropped: list[Drop] = []
    try:
        reply = await llm.ask(_wanted(order, points, there), account)
        kept, dropped = await asyncio.to_thread(candidates, reply, order, llm.model, _known(bank))
        answers = await llm.ask(_unsolved(order, kept), account) if kept else SolvingReply(answers=[])
    except Failed as failure:
        return Wrote(dropped=Counter(dropped), failed=Counter({failure.reason.value: order.count}))
    items, unsolved = await asyncio.to_thread(solved, kept, answers)
    lacking = max(0, order.count - len(items))
    failed = Counter({"nothing_usable": lacking} if lacking else {})
    return Wrote({order.code: items}, Counter([*dropped, *unsolved]), failed)


def _known(bank: Sequence[Item]) -> Collection[str]:
    return {sameness(item.stem) for item in bank}


def _wanted(order: Order, points: Points, there: Sequence[str]) -> Ask[WritingReply]:
    count = order.count + _SPARE
    told = [
        Part("subject and grade", f"{order.subject}, grade {order.grade}"),
        Part("language", {"zh": "Chinese", "en": "English"}[order.language]),
        Part("knowledge point", points.name(order.code)),
        Part("it builds on", "\n".join(points.name(code) for code in points.before(order.code)) or "nothing named"),
        Part("types", ", ".join(order.types)),
        Part("facility", f"{order.target:.2f}"),
        Part("how many items", str(count)),
        Part(
            "stems that are there already",
            "\n".join(" ".join(s[:_TOLD].split()) for s in there[-_MOST_TOLD:]) or "none",
        ),
    ]
    return Ask(writing(), tuple(told), WritingReply, max_tokens=min(_TOKENS[0] * count, _MOST_TOKENS))


def _unsolved(order: Order, items: Sequence[Item]) -> Ask[SolvingReply]:
    told = (Part("subject and grade", f"{order.subject}, grade {order.grade}"), Part("items", as_asked(items)))
    return Ask(solving(), told, SolvingReply, max_tokens=min(_TOKENS[1] * len(items) + 200, _MOST_TOKENS))
