"""The gateway as one async context manager."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI

from runtime import log
from runtime.llm.open import open_llm
from runtime.llm.settings import LlmSettings
from runtime.settings import RedisSettings, load
from runtime.spans import traced
from runtime.trace import Tracer
from services.gateway import auth
from services.gateway.api import admin
from services.gateway.api.application import create_app
from services.gateway.api.batch_views import state_of
from services.gateway.api.context import Gateway
from services.gateway.api.exam_views import event_json
from services.gateway.background import background
from services.gateway.batches.service import open_batches
from services.gateway.caching.blobs import CachedBlobs
from services.gateway.caching.settings import CacheSettings
from services.gateway.caching.shelves import open_shelves
from services.gateway.caching.statuses import Statuses
from services.gateway.canary.key import ensure_canary
from services.gateway.canary.settings import CanarySettings
from services.gateway.courses.finding import Reader
from services.gateway.courses.settings import CourseSettings
from services.gateway.database import PATIENCE, open_api_pool, open_database
from services.gateway.gauges import Gauges
from services.gateway.history import History
from services.gateway.keyring import Keyring
from services.gateway.ledger import Ledger
from services.gateway.live.board import open_board
from services.gateway.live.hub import open_hub
from services.gateway.looks.watch import Looks
from services.gateway.notices import open_notices
from services.gateway.ports import EventBus, Resources
from services.gateway.postgres import PostgresLedger
from services.gateway.practice.printer import Printer
from services.gateway.practice.settings import PracticeSettings
from services.gateway.practice.writing import Writer
from services.gateway.projection import AT_ONCE, GROUP, TOPICS, Projection
from services.gateway.records.service import open_records
from services.gateway.relay import Relay
from services.gateway.review.keeper import Keeper
from services.gateway.review.settings import ReviewSettings
from services.gateway.settings import GatewaySettings, PostgresSettings
from services.gateway.sweeper import Sweeper
from services.gateway.templates.library import Library
from services.gateway.tenancy.port import open_admin
from services.gateway.tenancy.service import TenancySettings, open_tenancy
from services.gateway.webhooks.egress import Egress, Way
from services.gateway.webhooks.sender import Sender
from services.gateway.webhooks.settings import WebhookSettings
from services.gateway.webhooks.targets import Rules


@asynccontextmanager
async def open_gateway(
    resources: Resources,
    settings: GatewaySettings | None = None,
    postgres: PostgresSettings | None = None,
    hooks: WebhookSettings | None = None,
    *,
    keep_books: Callable[[Ledger], Ledger] = lambda ledger: ledger,
    go_out: Callable[[Way], Way] = lambda way: way,
    tenancy: TenancySettings | None = None,
    caches: CacheSettings | None = None,
    reviewing: ReviewSettings | None = None,
) -> AsyncIterator[FastAPI]:
    """Schema current, relay, projection, sweeper and sender of webhooks running while the context lasts.

    `keep_books` may decorate the ledger, `go_out` the way webhooks take.
    """
    settings, postgres = settings or load(GatewaySettings), postgres or load(PostgresSettings)
    hooks, reviewing = hooks or load(WebhookSettings), reviewing or load(ReviewSettings)
    caches = caches or load(CacheSettings)
    shelves = open_shelves(resources.cache, caches)
    blobs = CachedBlobs(resources.blobs, shelves.documents, caches.document_bytes)
    async with AsyncExitStack() as stack:
        half = postgres.model_copy(update={"pool": max(2, postgres.pool // 2)})
        pool = await stack.enter_async_context(open_database(half, PATIENCE))
        api_pool = await stack.enter_async_context(open_api_pool(half))
        key_pool = await stack.enter_async_context(open_api_pool(postgres.model_copy(update={"pool": 2})))
        if settings.dev_key is not None:
            await auth.ensure_dev_key(pool, settings.dev_key.get_secret_value())
        await ensure_canary(pool, load(CanarySettings).key)
        notices = await stack.enter_async_context(open_notices(postgres.dsn.get_secret_value()))
        ledger = keep_books(PostgresLedger(pool, api_pool))
        relay = Relay(ledger, resources.kafka, notices, settings, resources.tracer)
        projection = Projection(ledger)
        sweeper = Sweeper(ledger, resources.blobs, projection, settings)
        way = go_out(Egress(Rules(frozenset(hooks.ports), hooks.allow_loopback), hooks.timeout_seconds))
        sender = Sender(pool, way, notices.webhooks, hooks, tracer=resources.tracer)
        hub = await stack.enter_async_context(open_hub(pool, notices, event_json, settings.sse_poll_seconds))
        board = await stack.enter_async_context(open_board(pool, notices, hub, state_of, settings.sse_poll_seconds))
        resources.health.check("postgres", lambda: _ping(pool))
        await stack.enter_async_context(background(relay.run(), "gateway relay"))
        await stack.enter_async_context(background(sweeper.run(), "gateway sweeper"))
        await stack.enter_async_context(background(sender.run(), "gateway webhooks"))
        await stack.enter_async_context(background(Gauges(pool, settings.sweep_seconds).run(), "gateway gauges"))
        await stack.enter_async_context(
            background(_project(resources.kafka, projection, resources.tracer), "gateway projection")
        )
        taking = await stack.enter_async_context(open_batches(ledger, pool, resources.blobs, settings))
        await stack.enter_async_context(background(taking.intake.run(), "gateway batches"))
        keeper = Keeper(pool, ledger, resources.blobs, reviewing, settings)
        await stack.enter_async_context(background(keeper.run(), "gateway review queue"))
        records = open_records(pool, api_pool, blobs)
        for name, loop in records.loops:
            await stack.enter_async_context(background(loop(), name))
        history = History(pool)
        looks = Looks(settings.opener, settings.looks_at_once)
        tenancy = tenancy or TenancySettings.loaded()
        about = await stack.enter_async_context(open_tenancy(pool, blobs, tenancy))
        await stack.enter_async_context(open_admin(admin.create_admin(pool, tenancy.admin), tenancy.admin))
        for name, loop in about.loops:
            await stack.enter_async_context(background(loop(), name))
        library = Library(api_pool, shelves.templates, shelves.rules, shelves.points)
        llm = await stack.enter_async_context(open_llm(load(LlmSettings), load(RedisSettings)))
        statuses = Statuses(api_pool, history, seconds=caches.status_seconds, most=caches.local_bytes)
        yield create_app(
            Gateway(
                ledger=ledger,
                pool=api_pool,
                owner_pool=pool,
                keys=Keyring(key_pool),
                tenancy=about,
                blobs=blobs,
                hub=hub,
                board=board,
                history=history,
                settings=settings,
                webhook_settings=hooks,
                review_settings=reviewing,
                way=way,
                batches=taking,
                library=library,
                statuses=statuses,
                records=records,
                looks=looks,
                printer=Printer(load(PracticeSettings)),
                reader=Reader(load(CourseSettings), llm),
                writer=Writer(llm),
                tracer=resources.tracer,
            )
        )


async def _project(kafka: EventBus, projection: Projection, tracer: Tracer) -> None:
    """Consume for ever. In the background, because uploads are taken while there is no broker, too."""
    while True:
        try:
            async with kafka.consume(TOPICS, GROUP, traced(tracer, GROUP, projection.apply), concurrency=AT_ONCE):
                await asyncio.Event().wait()
        except Exception as error:  # noqa: BLE001 - a gateway that no longer heard of its exams would look well
            log.get("gateway").error("not consuming", error=log.what(error), at=log.where(error))
            await asyncio.sleep(1)


async def _ping(pool: Any) -> None:
    await pool.execute("SELECT 1")
