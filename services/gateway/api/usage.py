"""GET /usage: what a tenant used, by month, beside what it may."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.gateway.api.context import InGateway, InTenant
from services.gateway.api.documented import problems
from services.gateway.api.usage_views import UsageView, usage_view, used_view
from services.gateway.core.problems import Code, Problem
from services.gateway.limits import quotas

router = APIRouter(tags=["usage"])


@router.get("/usage", summary="Usage and quotas", responses=problems(Code.VALIDATION_FAILED))
async def get_usage(
    response: Response,
    gateway: InGateway,
    tenant: InTenant,
    months: Annotated[int, Query(ge=1, le=36, description="How many months of history.")] = 12,
) -> UsageView:
    """This month and the ones before. Uploads beyond a quota are answered with 429 `quota_exceeded`."""
    response.headers["Cache-Control"] = "no-store"
    account = await quotas.account(gateway.pool, tenant)
    if account is None:
        raise Problem(Code.NOT_FOUND)
    return usage_view(account, [used_view(each) for each in await quotas.months(gateway.pool, tenant, months)])
