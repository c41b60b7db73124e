"""What the banks lack for a paper: of what a model wrote before, and of what it is asked to write now."""

from dataclasses import dataclass

from contracts.artefacts.submission import Subject
from services.gateway.api.context import Gateway
from services.gateway.limits import spending
from services.gateway.practice import items
from services.gateway.practice.core.choose import Wish, first, lacking
from services.gateway.practice.core.item import Item
from services.gateway.practice.core.paper import Practice, Writing
from services.gateway.practice.core.plan import Share
from services.gateway.practice.core.points import Points
from services.gateway.practice.core.written import WRITABLE, WRITTEN, Order
from services.gateway.practice.items import Fitting
from services.gateway.practice.writing import Wrote


@dataclass(frozen=True)
class Lack:
    """A paper that the banks may have too few items for; `most` items may be a model's."""

    subject: Subject
    bank: list[Item]
    plan: list[Share]
    points: Points
    wish: Wish
    most: int


@dataclass(frozen=True)
class _Account:
    """How many items were wanted of a model, and what came of asking it."""

    wanted: int
    wrote: Wrote

    def of(self, practice: Practice) -> Writing:
        """As the paper tells it."""
        return Writing(
            model=self.wrote.model,
            wanted=self.wanted,
            used=sum(question.item.id.startswith(WRITTEN) for question in practice.questions),
            dropped=dict(sorted(self.wrote.dropped.items())),
            failed=dict(sorted(self.wrote.failed.items())),
            cost=self.wrote.cost,
        )


async def written_for(gateway: Gateway, tenant: str, lack: Lack) -> tuple[list[Item], _Account]:
    """The bank with written items for what it lacks, and how they were come by. What was paid for is in the month's account."""
    shares = _at_most(lacking(lack.bank, lack.plan, lack.points, lack.wish), lack.most)
    wanted = sum(share.items for share in shares)
    earlier = await _earlier(gateway, tenant, lack, shares)
    taken = first(earlier, shares, lack.points, lack.wish)
    shares = _at_most(lacking(taken, shares, lack.points, lack.wish), wanted - len(taken))
    wrote = await _wrote(gateway, tenant, lack, shares, earlier) if shares else Wrote()
    new = [item for share in shares for item in wrote.items.get(share.need.code, [])[: share.items]]
    return [*lack.bank, *taken, *new], _Account(wanted, wrote)


async def _earlier(gateway: Gateway, tenant: str, lack: Lack, shares: list[Share]) -> list[Item]:
    if not shares:
        return []
    codes = [share.need.code for share in shares]
    codes = list(dict.fromkeys([*codes, *(part for code in codes for part in lack.points.own_parts(code))]))
    most = gateway.printer.settings.items_per_point
    fits = Fitting(lack.subject, codes, lack.wish.grade, most, "written")
    return await items.fitting(gateway.pool, tenant, fits)


async def _wrote(gateway: Gateway, tenant: str, lack: Lack, shares: list[Share], earlier: list[Item]) -> Wrote:
    """What a model writes now: kept for further papers, and paid for, whatever becomes of this one."""
    refusal = await spending.refusal(gateway.owner_pool, tenant)
    orders = [_order(share, lack) for share in shares]
    if not orders[0].types:
        refusal = "types_not_written"
    wrote = await gateway.writer.write(orders, lack.points, [*lack.bank, *earlier], tenant, refusal)
    await spending.charge(gateway.pool, tenant, wrote.cost)
    made = [item for found in wrote.items.values() for item in found]
    if made:
        await items.keep_written(gateway.pool, tenant, made, gateway.printer.settings.max_items)
    return wrote


def _order(share: Share, lack: Lack) -> Order:
    wish = lack.wish
    assert wish.grade is not None  # the request was refused without
    return Order(
        code=share.need.code,
        subject=lack.subject,
        grade=wish.grade,
        language=wish.language or "en",
        target=wish.target,
        types=tuple(kind for kind in WRITABLE if wish.types is None or kind in wish.types),
        count=share.items,
    )


def _at_most(shares: list[Share], most: int) -> list[Share]:
    """The first shares, of `most` items in all."""
    kept = []
    for share in shares:
        if most > 0:
            kept.append(Share(share.need, min(share.items, most)))
            most -= share.items
    return kept
