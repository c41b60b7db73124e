"""What the calls for one exam used and cost. Pure."""

from dataclasses import dataclass

from contracts.cost import Cost, Tokens
from runtime.llm.wire import Usage

MICRO = 1_000_000
"""Budgets are kept in millionths of the currency: whole numbers, so that Redis adds them without error."""


@dataclass(frozen=True)
class Prices:
    """Money per million tokens."""

    fresh: float
    cached: float
    out: float
    currency: str

    def micros(self, usage: Usage) -> int:
        """What a call cost, in millionths: a token at a price per million costs that price in millionths."""
        return round(usage.fresh * self.fresh + usage.cached * self.cached + usage.out * self.out)


class Ledger:
    """Sums of one exam; adds what the provider counted, also of replies that were of no use."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._usage = Usage()
        self._exact = 0.0
        self.calls = 0

    def add(self, usage: Usage) -> float:
        """Enter a call; what it cost."""
        before = self._exact
        sums = self._usage
        self._usage = Usage(sums.fresh + usage.fresh, sums.cached + usage.cached, sums.out + usage.out)
        p, u = self._prices, self._usage
        self._exact = (u.fresh * p.fresh + u.cached * p.cached + u.out * p.out) / MICRO
        self.calls += 1
        return self._exact - before

    @property
    def cost(self) -> Cost:
        """As the result document has it."""
        tokens = Tokens(in_=self._usage.fresh, cached=self._usage.cached, out=self._usage.out)
        return Cost(llm_tokens=tokens, amount=round(self._exact, 6), currency=self._prices.currency)
