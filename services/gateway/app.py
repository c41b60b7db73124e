"""The gateway as one async context manager, and its OpenAPI description."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI

from runtime import log
from runtime.settings import load
from runtime.spans import traced
from runtime.trace import UNTRACED, Tracer
from services.gateway import auth, console
from services.gateway.api import (
    admin,
    batch_upload,
    batches,
    checks,
    class_reports,
    conventions,
    corrections,
    create,
    deletion,
    documented,
    errors,
    events,
    exams,
    exports,
    measured,
    pictures,
    reference,
    results,
    review,
    revisions,
    subjects,
    template_import,
    templates,
    tickets,
    timeline,
    usage,
    webhook_messages,
    webhooks,
    websocket,
)
from services.gateway.api.context import Gateway
from services.gateway.api.views import event_json
from services.gateway.batches.service import open_batches
from services.gateway.caching.blobs import CachedBlobs
from services.gateway.caching.shelves import open_shelves
from services.gateway.caching.statuses import Statuses
from services.gateway.canary.key import ensure_canary
from services.gateway.database import open_api_pool, open_database
from services.gateway.downloads.pictures import Pictures
from services.gateway.gauges import Gauges
from services.gateway.history import History
from services.gateway.keyring import Keyring
from services.gateway.ledger import Ledger
from services.gateway.live.hub import open_hub
from services.gateway.looks.watch import Looks
from services.gateway.notices import open_notices
from services.gateway.ports import EventBus, Resources
from services.gateway.postgres import PostgresLedger
from services.gateway.projection import GROUP, TOPICS, Projection
from services.gateway.relay import Relay
from services.gateway.review.keeper import Keeper
from services.gateway.settings import (
    CacheSettings,
    CanarySettings,
    GatewaySettings,
    PostgresSettings,
    ReviewSettings,
    WebhookSettings,
)
from services.gateway.sweeper import Sweeper
from services.gateway.templates.library import Library
from services.gateway.tenancy.port import open_admin
from services.gateway.tenancy.service import TenancySettings, open_tenancy
from services.gateway.webhooks.egress import Egress, Way
from services.gateway.webhooks.sender import Sender
from services.gateway.webhooks.targets import Rules

API = "/api/v1"
_DESCRIPTION = """\
Photos, scans and PDFs of exam papers in; a graded, evidence-linked diagnosis and a report out.

1. `POST /exams` answers 202 with `Location` as soon as the paper is safe.
2. Poll `/exams/{id}/status`, subscribe to `/exams/{id}/events`, or be told by a webhook.
3. When it is `COMPLETED`, fetch `/result`, `/report.html` or `/report.pdf`.

Errors are `application/problem+json` (RFC 9457) with a stable `code`, a `detail` that says what to do, and a `trace_id`.
Unsafe requests may be repeated under the same `Idempotency-Key`. Lists are paged with cursors.
"""
_TAGS = [
    {"name": "exams", "description": "Uploading papers and following them."},
    {"name": "results", "description": "What came of them."},
    {"name": "corrections", "description": "What teachers say against it; each makes a new revision, with history."},
    {"name": "review", "description": "What teachers should look at, and their decisions."},
    {"name": "batches", "description": "Many papers in one upload, and what they say of the class."},
    {"name": "usage", "description": "What was used, and what may be."},
    {
        "name": "templates",
        "description": "Answer keys for many papers, and what a school has settled for its subjects.",
    },
    {"name": "webhooks", "description": "Being told when they end: Standard Webhooks, at least once, under one id."},
]


def create_app(gateway: Gateway | None) -> FastAPI:
    """The HTTP application; without a gateway it can only describe itself."""
    app = FastAPI(
        title="Redink",
        version="1",
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.gateway = gateway
    app.state.pictures = Pictures()
    for module in (
        create,
        checks,
        batch_upload,
        batches,
        class_reports,
        exams,
        deletion,
        events,
        websocket,
        tickets,
        results,
        pictures,
        exports,
        timeline,
        corrections,
        revisions,
        review,
        templates,
        template_import,
        subjects,
        webhooks,
        usage,
    ):
        app.include_router(module.router, prefix=API, dependencies=[Depends(conventions.negotiated)])
    app.include_router(console.router())
    webhook_messages.describe(app.webhooks)
    errors.add_handlers(app)
    app.add_middleware(measured.Measured)
    app.add_middleware(conventions.Conventions)
    app.add_middleware(errors.Tracing, gateway.tracer if gateway else UNTRACED)
    description = documented.describe(app)
    app.openapi = lambda: description  # type: ignore[method-assign]
    reference.serve(app)
    return app


def openapi_document() -> dict[str, Any]:
    """OpenAPI 3.1 of the API; needs no database."""
    return create_app(None).openapi()


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
        pool = await stack.enter_async_context(open_database(half, patience=60.0))
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
        resources.health.check("postgres", lambda: _ping(pool))
        await stack.enter_async_context(_background(relay.run(), "gateway relay"))
        await stack.enter_async_context(_background(sweeper.run(), "gateway sweeper"))
        await stack.enter_async_context(_background(sender.run(), "gateway webhooks"))
        await stack.enter_async_context(_background(Gauges(pool, settings.sweep_seconds).run(), "gateway gauges"))
        await stack.enter_async_context(
            _background(_project(resources.kafka, projection, resources.tracer), "gateway projection")
        )
        taking = await stack.enter_async_context(open_batches(ledger, pool, resources.blobs, settings))
        await stack.enter_async_context(_background(taking.intake.run(), "gateway batches"))
        keeper = Keeper(pool, ledger, resources.blobs, reviewing, settings)
        await stack.enter_async_context(_background(keeper.run(), "gateway review queue"))
        history = History(pool)
        looks = Looks(settings.opener, settings.looks_at_once)
        tenancy = tenancy or TenancySettings.loaded()
        about = await stack.enter_async_context(open_tenancy(pool, blobs, tenancy))
        await stack.enter_async_context(open_admin(admin.create_admin(pool, tenancy.admin), tenancy.admin))
        for name, loop in about.loops:
            await stack.enter_async_context(_background(loop(), name))
        library = Library(api_pool, shelves.templates, shelves.rules)
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
                history=history,
                settings=settings,
                webhook_settings=hooks,
                review_settings=reviewing,
                way=way,
                batches=taking,
                library=library,
                statuses=statuses,
                looks=looks,
                tracer=resources.tracer,
            )
        )


async def _project(kafka: EventBus, projection: Projection, tracer: Tracer) -> None:
    """Consume for ever. In the background, because uploads are taken while there is no broker, too."""
    while True:
        try:
            async with kafka.consume(TOPICS, GROUP, traced(tracer, GROUP, projection.apply)):
                await asyncio.Event().wait()
        except Exception as error:  # noqa: BLE001 - a gateway that no longer heard of its exams would look well
            log.get("gateway").error("not consuming", error=log.what(error), at=log.where(error))
            await asyncio.sleep(1)


async def _ping(pool: Any) -> None:
    await pool.execute("SELECT 1")


@asynccontextmanager
async def _background(work: Any, name: str) -> AsyncIterator[None]:
    """Run a task that never ends by itself; one that died is told when the gateway closes."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
