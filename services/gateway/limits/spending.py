"""What a model costs that is asked outside of exams: refused when the month is used up, entered in its account."""

from decimal import Decimal

import asyncpg

from contracts.cost import Cost
from services.gateway.limits import quotas


async def refusal(owner_pool: asyncpg.Pool, tenant: str) -> str | None:
    """Why no model is to be asked, if so: the month's tokens or money are used up."""
    account = await quotas.account(owner_pool, tenant)
    return "quota_exceeded" if account and {"tokens", "cost"} & set(account.used_up) else None


async def charge(connection: asyncpg.Connection | asyncpg.Pool, tenant: str, cost: Cost | None) -> None:
    """Into the month's account, as what exams cost."""
    if cost is None:
        return
    tokens = cost.llm_tokens
    await connection.execute(
        """INSERT INTO usage_months AS u (tenant, month, tokens_in, tokens_cached, tokens_out, cost)
           VALUES ($1, date_trunc('month', now() AT TIME ZONE 'UTC')::date, $2, $3, $4, $5)
           ON CONFLICT (tenant, month) DO UPDATE SET tokens_in = u.tokens_in + excluded.tokens_in,
             tokens_cached = u.tokens_cached + excluded.tokens_cached, tokens_out = u.tokens_out + excluded.tokens_out,
             cost = u.cost + excluded.cost""",
        tenant,
        tokens.in_,
        tokens.cached,
        tokens.out,
        Decimal(str(cost.amount)).quantize(Decimal("0.000001")),
    )
