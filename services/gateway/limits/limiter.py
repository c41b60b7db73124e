"""Asks a token of the right bucket for each request."""

from typing import Any

from runtime import metrics
from services.gateway.core.problems import Code, Problem
from services.gateway.limits.buckets import Buckets
from services.gateway.limits.rates import Rate, RouteClass, Standing, class_of
from services.gateway.limits.settings import LimitSettings


class Limiter:
    """The installation's rates, times what the tenant is allowed of them."""

    def __init__(self, buckets: Buckets, settings: LimitSettings) -> None:
        self._buckets = buckets
        self._rates: dict[RouteClass, Rate] = {
            "read": Rate("read", settings.reads_per_minute),
            "write": Rate("write", settings.writes_per_minute),
            "upload": Rate("upload", settings.uploads_per_minute),
        }

    async def take(self, tenant: str, factor: float, method: str, path: str) -> Standing:
        """A token for a request, by its method and the template of its path."""
        return await self._buckets.take(tenant, self._rates[class_of(method, path)].times(factor))


def refuse(standing: Standing) -> None:
    """Problem(RATE_LIMITED) unless the request got its token."""
    if standing.taken:
        return
    metrics.RATE_LIMITED.labels(standing.rate.name).inc()
    violated: dict[str, Any] = {"violated-policies": [standing.rate.name]}  # as the draft calls it
    raise Problem(Code.RATE_LIMITED, headers={"Retry-After": str(standing.retry_after)}, **violated)
