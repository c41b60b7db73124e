"""On whose behalf a model is asked, and what that is held to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from runtime.llm.failures import Reason
from runtime.llm.ledger import MICRO, Ledger, Prices
from runtime.llm.limits import Budget

_DAY = 24 * 3600
BATCH_SHARE = 0.7
"""Of the rates that exams of batches may fill: a class must not starve one waiting student."""


@dataclass(frozen=True)
class Terms:
    """What calls are held to; times in seconds, money in the currency of the prices."""

    call_seconds: float
    exam_seconds: float
    batch_seconds: float
    retries: int
    tenant_tokens: int
    max_cost: float
    prices: Prices


@dataclass(frozen=True)
class Account:
    """One run of an exam, until a time of the loop.

    `check` raises when the exam is wanted no more; it is called before every request. `share`: of the rates
    that it may fill.
    """

    tenant: str
    exam: str
    until: float
    ledger: Ledger
    check: Callable[[], None] = lambda: None
    share: float = 1.0

    @property
    def left(self) -> float:
        """Seconds for it all; below 0 when time is over."""
        return self.until - asyncio.get_running_loop().time()

    def budgets(self, terms: Terms) -> tuple[Budget, Budget]:
        """Of tokens for the tenant, of money for the exam."""
        tokens = Budget(f"tokens:{self.tenant}", terms.tenant_tokens, _DAY, Reason.TENANT_BUDGET)
        most = round(terms.max_cost * MICRO)
        return tokens, Budget(f"cost:{self.tenant}:{self.exam}", most, _DAY, Reason.EXAM_BUDGET)
