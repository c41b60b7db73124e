"""/webhooks: where ends of exams are told, and what became of each message."""

# ruff: noqa: FAST003 - webhook_id is taken by the dependency InEndpoint

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from services.gateway.api.context import Gateway, InGateway, InTenant, existing, uuid_of
from services.gateway.api.documented import problems
from services.gateway.api.headers import InCheckedKey
from services.gateway.api.json_body import json_body
from services.gateway.api.paging import InPage
from services.gateway.api.webhook_views import (
    DeliveryPage,
    DeliveryView,
    NewWebhook,
    WebhookChange,
    WebhookList,
    WebhookView,
    WebhookWithSecret,
    delivery_view,
    endpoint_fields,
)
from services.gateway.core.cursor import Cursor, decode, encode
from services.gateway.core.problems import Code, Problem
from services.gateway.webhooks import deliveries, endpoints
from services.gateway.webhooks.endpoints import Change, Endpoint, Made, Wish
from services.gateway.webhooks.messages import CALLBACK, body_of_test
from services.gateway.webhooks.targets import Refused

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


async def require_callable(gateway: Gateway, url: str, pointer: str) -> None:
    """Problem(VALIDATION_FAILED) naming the field at `pointer` when the URL would not be called."""
    try:
        await gateway.way.check(url)
    except Refused as error:
        raise Problem(Code.VALIDATION_FAILED, errors=[{"pointer": pointer, "detail": str(error)}]) from error


_read_new, _new = json_body(NewWebhook, 16)
_read_change, _change = json_body(WebhookChange, 16)
InId = Annotated[str, Path(alias="webhook_id", examples=["wh_5f0c8a1b2c3d4e5f60718293"])]
_ID = re.compile(rf"wh_[0-9a-f]{{24}}|{CALLBACK}")


async def _endpoint(gateway: InGateway, tenant: InTenant, webhook_id: InId) -> Endpoint:
    known = _ID.fullmatch(webhook_id) is not None
    return existing(await endpoints.find(gateway.pool, tenant, webhook_id) if known else None, Code.WEBHOOK_NOT_FOUND)


InEndpoint = Annotated[Endpoint, Depends(_endpoint)]


@router.post(
    "",
    status_code=201,
    summary="Be told when exams end",
    openapi_extra=_new,
    responses=problems(
        Code.VALIDATION_FAILED, Code.BODY_TOO_LARGE, Code.UNSUPPORTED_CONTENT_TYPE, Code.INVALID_IDEMPOTENCY_KEY,
        Code.IDEMPOTENCY_MISMATCH,
    ),
)  # fmt: skip
async def create_webhook(
    response: Response,
    gateway: InGateway,
    tenant: InTenant,
    wanted: Annotated[NewWebhook, Depends(_read_new)],
    key: InCheckedKey,
) -> WebhookWithSecret:
    """Register an endpoint. The secret is shown this once, and to who repeats this under its key; if lost, rotate it."""
    wish = Wish(wanted.url, wanted.description, wanted.events)
    made = None if key is None else await endpoints.repeated(gateway.pool, tenant, key, wish)
    if made is None:
        await require_callable(gateway, wanted.url, "/url")
        most = gateway.webhook_settings.max_endpoints
        made = await endpoints.create(gateway.pool, tenant, wish, most, key)
    if made is None:
        raise Problem(Code.VALIDATION_FAILED, f"A tenant has at most {most} webhooks: delete one first.")
    response.headers["Location"] = f"/api/v1/webhooks/{made.endpoint.id}"
    return _with_secret(response, made)


@router.get("", summary="List webhooks", responses=problems())
async def list_webhooks(gateway: InGateway, tenant: InTenant) -> WebhookList:
    """All of the tenant's endpoints."""
    return WebhookList(items=[_view(each) for each in await endpoints.every(gateway.pool, tenant)])


@router.get("/callback/secret", summary="The secret of callbacks", responses=problems())
async def get_callback_secret(response: Response, gateway: InGateway, tenant: InTenant) -> WebhookWithSecret:
    """What messages to the `callback_url` of uploads are signed with; made on first use."""
    return _with_secret(response, replace(await endpoints.callback_secret(gateway.pool, tenant), replayed=False))


@router.get("/{webhook_id}", summary="One webhook", responses=problems(Code.WEBHOOK_NOT_FOUND))
async def get_webhook(endpoint: InEndpoint) -> WebhookView:
    """An endpoint, and why it is disabled if it is."""
    return _view(endpoint)


@router.patch(
    "/{webhook_id}",
    summary="Change a webhook",
    openapi_extra=_change,
    responses=problems(
        Code.WEBHOOK_NOT_FOUND, Code.VALIDATION_FAILED, Code.BODY_TOO_LARGE, Code.UNSUPPORTED_CONTENT_TYPE
    ),
)
async def change_webhook(
    gateway: InGateway,
    tenant: InTenant,
    endpoint: InEndpoint,
    wanted: Annotated[WebhookChange, Depends(_read_change)],
) -> WebhookView:
    """Change what is given. `"enabled": true` takes an endpoint that was disabled into use again."""
    if wanted.url is not None:
        _require_own_url(endpoint)
        await require_callable(gateway, wanted.url, "/url")
    change = Change(wanted.url, wanted.description, wanted.events, wanted.enabled)
    return _view(existing(await endpoints.change(gateway.pool, tenant, endpoint.id, change), Code.WEBHOOK_NOT_FOUND))


@router.delete(
    "/{webhook_id}",
    status_code=204,
    summary="Delete a webhook",
    responses=problems(Code.WEBHOOK_NOT_FOUND, Code.VALIDATION_FAILED),
)
async def delete_webhook(gateway: InGateway, tenant: InTenant, endpoint: InEndpoint) -> None:
    """Forget the endpoint and what it is still owed."""
    _require_own_url(endpoint)
    if not await endpoints.delete(gateway.pool, tenant, endpoint.id):
        raise Problem(Code.WEBHOOK_NOT_FOUND)


@router.post(
    "/{webhook_id}/rotate",
    summary="A new secret",
    responses=problems(Code.WEBHOOK_NOT_FOUND, Code.INVALID_IDEMPOTENCY_KEY),
)
async def rotate_webhook_secret(
    response: Response, gateway: InGateway, tenant: InTenant, endpoint: InEndpoint, key: InCheckedKey
) -> WebhookWithSecret:
    """Make a new secret, shown this once. Until `former_secret_until` messages carry the signatures of both.

    Send a key: repeated without one, the secret that your receivers still have is the one before the former.
    """
    overlap = gateway.webhook_settings.secret_overlap_hours * 3600
    made = await endpoints.rotate(gateway.pool, tenant, endpoint.id, overlap, key)
    return _with_secret(response, existing(made, Code.WEBHOOK_NOT_FOUND))


@router.post(
    "/{webhook_id}/test",
    status_code=202,
    summary="Send a test",
    responses=problems(Code.WEBHOOK_NOT_FOUND, Code.VALIDATION_FAILED, Code.INVALID_IDEMPOTENCY_KEY),
)
async def test_webhook(gateway: InGateway, tenant: InTenant, endpoint: InEndpoint, key: InCheckedKey) -> DeliveryView:
    """Send a `webhook.test`, once, also to a disabled endpoint; see its deliveries for what came of it."""
    _require_own_url(endpoint)
    body = body_of_test(endpoint.id, datetime.now(UTC))
    return delivery_view(await deliveries.add_test(gateway.pool, tenant, endpoint.id, body, key))


@router.get(
    "/{webhook_id}/deliveries",
    summary="What was sent",
    responses=problems(Code.WEBHOOK_NOT_FOUND, Code.INVALID_CURSOR, Code.VALIDATION_FAILED),
)
async def list_deliveries(
    gateway: InGateway,
    tenant: InTenant,
    endpoint: InEndpoint,
    *,
    state: Annotated[Literal["pending", "delivered", "failed"] | None, Query(description="Only these.")] = None,
    page: InPage,
) -> DeliveryPage:
    """Messages to the endpoint, newest first; kept for 30 days after their end."""
    wanted = deliveries.Wanted(state, page.after(decode), page.more)
    sent = await deliveries.page(gateway.pool, tenant, endpoint.id, wanted)
    items, following = page.cut(sent, lambda last: encode(Cursor(last.created_at, last.id)))
    return DeliveryPage(items=[delivery_view(each) for each in items], next_cursor=following)


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/redeliver",
    status_code=202,
    summary="Send again",
    responses=problems(Code.WEBHOOK_NOT_FOUND, Code.DELIVERY_NOT_FOUND),
)
async def redeliver(gateway: InGateway, tenant: InTenant, endpoint: InEndpoint, delivery_id: str) -> DeliveryView:
    """Send a message now, whatever became of it, under the same `webhook-id`."""
    known = uuid_of(delivery_id)
    again = await deliveries.redeliver(gateway.pool, tenant, endpoint.id, known) if known else None
    return delivery_view(existing(again, Code.DELIVERY_NOT_FOUND))


def _require_own_url(endpoint: Endpoint) -> None:
    if endpoint.id == CALLBACK:
        raise Problem(
            Code.VALIDATION_FAILED, "'callback' stands for the callback_url of uploads: it has no URL to change."
        )


def _view(endpoint: Endpoint) -> WebhookView:
    return WebhookView(**endpoint_fields(endpoint))


def _with_secret(response: Response, made: Made) -> WebhookWithSecret:
    response.headers["Cache-Control"] = "no-store"
    if made.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return WebhookWithSecret(**endpoint_fields(made.endpoint), secret=made.secret)
