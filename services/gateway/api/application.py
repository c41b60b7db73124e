"""The HTTP application: its routes, and its OpenAPI description."""

from typing import Any

from fastapi import Depends, FastAPI

from runtime.trace import UNTRACED
from services.gateway import console
from services.gateway.api import (
    batch_events,
    batch_upload,
    batches,
    checks,
    class_reports,
    conventions,
    corrections,
    courses,
    create,
    deletion,
    documented,
    errors,
    essays,
    events,
    exams,
    exports,
    imports,
    items,
    measured,
    pictures,
    practice,
    reference,
    results,
    review,
    revisions,
    students,
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
from services.gateway.downloads.pictures import Pictures

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
    {"name": "essays", "description": "Essays that come as text, graded as exams are."},
    {"name": "results", "description": "What came of them."},
    {"name": "corrections", "description": "What teachers say against it; each makes a new revision, with history."},
    {"name": "review", "description": "What teachers should look at, and their decisions."},
    {"name": "batches", "description": "Many papers in one upload, and what they say of the class."},
    {"name": "students", "description": "Where a student stands over several exams, and past records brought along."},
    {"name": "usage", "description": "What was used, and what may be."},
    {
        "name": "templates",
        "description": "Answer keys for many papers, and what a school has settled for its subjects.",
    },
    {"name": "practice", "description": "Item banks, and practice papers on what a student does not know yet."},
    {"name": "courses", "description": "A school's own knowledge points, and those found in its course texts."},
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
    live = {events, batch_events, websocket}  # opened by tickets, too, each of which is used up only for an answer
    for module in (
        create,
        essays,
        checks,
        batch_upload,
        batches,
        batch_events,
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
        imports,
        students,
        templates,
        template_import,
        subjects,
        courses,
        items,
        practice,
        webhooks,
        usage,
    ):
        first = conventions.negotiated if module in live else conventions.authenticated
        app.include_router(module.router, prefix=API, dependencies=[Depends(first)])
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
