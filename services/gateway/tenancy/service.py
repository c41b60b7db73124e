"""The parts about tenants, opened together: limits, meter and eraser."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from runtime.blobs import Blobs
from runtime.settings import RedisSettings, load
from services.gateway.limits.buckets import open_buckets
from services.gateway.limits.limiter import Limiter
from services.gateway.limits.meter import Meter
from services.gateway.limits.settings import LimitSettings
from services.gateway.retention.eraser import Eraser
from services.gateway.retention.settings import RetentionSettings
from services.gateway.tenancy.settings import AdminSettings


@dataclass(frozen=True)
class TenancySettings:
    """As the environment says, unless told otherwise."""

    limits: LimitSettings
    retention: RetentionSettings
    admin: AdminSettings
    redis: RedisSettings

    @classmethod
    def loaded(cls) -> "TenancySettings":
        """Raises BadSettings."""
        return cls(load(LimitSettings), load(RetentionSettings), load(AdminSettings), load(RedisSettings))


@dataclass(frozen=True)
class Tenancy:
    """What routes ask of it, and what is to run beside them."""

    limiter: Limiter
    eraser: Eraser
    loops: tuple[tuple[str, Callable[[], Coroutine[Any, Any, None]]], ...]


@asynccontextmanager
async def open_tenancy(pool: asyncpg.Pool, blobs: Blobs, settings: TenancySettings) -> AsyncIterator[Tenancy]:
    """On the owner's pool: it looks after all tenants."""
    async with open_buckets(settings.redis, settings.limits.replicas) as buckets:
        meter = Meter(pool, blobs, settings.limits.meter_seconds)
        eraser = Eraser(pool, blobs, meter, settings.retention)
        loops = (("gateway meter", meter.run), ("gateway retention", eraser.run))
        yield Tenancy(Limiter(buckets, settings.limits), eraser, loops)
