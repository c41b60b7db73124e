"""What the API takes and answers about webhooks."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from services.gateway.api.views import View
from services.gateway.webhooks.deliveries import Delivery
from services.gateway.webhooks.endpoints import Endpoint
from services.gateway.webhooks.messages import EventType

EVERY = tuple(EventType)
_ID = "wh_5f0c8a1b2c3d4e5f60718293"
_EXAMPLE: dict[str, Any] = {
    "id": _ID, "url": "https://school.example/hooks/redink", "description": "", "events": [e.value for e in EVERY],
    "enabled": True, "disabled_at": None, "disabled_reason": None, "failing_since": None,
    "former_secret_until": None, "created_at": "2026-11-22T03:14:15.926Z",
}  # fmt: skip

Url = Annotated[
    str,
    Field(
        max_length=2048,
        description="https to a public address, port 443 or 8443.",
        examples=["https://school.example/hooks/redink"],
    ),
]
Description = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", description="For yourself.")]
Events = Annotated[list[EventType], Field(min_length=1, max_length=len(EVERY), description="What to tell.")]


class NewWebhook(BaseModel):
    """Where to tell what."""

    model_config = ConfigDict(extra="forbid", title="NewWebhook")

    url: Url
    events: Events = list(EVERY)
    description: Description = ""


class WebhookChange(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", title="WebhookChange")

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: StrictBool | None = Field(
        default=None, description="false holds deliveries back; true sends at once what was held back."
    )


class WebhookView(View):
    """An endpoint that is told when exams end."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    url: str | None = Field(description="null for `callback`, which stands for the `callback_url` of uploads.")
    description: str
    events: list[str]
    enabled: bool
    disabled_at: datetime | None
    disabled_reason: str | None = Field(description="Why nothing is sent; what is owed is kept until it is enabled.")
    failing_since: datetime | None = Field(description="First failure since the last success.")
    former_secret_until: datetime | None = Field(
        description="Until then deliveries are signed with the former secret too."
    )
    created_at: datetime


class WebhookWithSecret(WebhookView):
    """An endpoint and what its deliveries are signed with."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE | {"secret": "whsec_" + "A" * 43 + "="}]})

    secret: str = Field(description="For the `Webhook(secret)` of a Standard Webhooks library.")


class WebhookList(View):
    """All endpoints, oldest first."""

    items: list[WebhookView]


class DeliveryView(View):
    """One message to one endpoint."""

    id: str = Field(description="Its `webhook-id`: the same for every attempt.")
    event_type: str
    exam_id: str | None
    state: Literal["pending", "delivered", "failed"]
    failures: int = Field(description="Attempts that failed.")
    next_attempt_at: datetime | None = Field(description="Null when it has ended.")
    last_attempt_at: datetime | None
    last_status: int | None = Field(description="HTTP status of the last answer; null when there was none.")
    last_error: str | None
    created_at: datetime
    ended_at: datetime | None


class DeliveryPage(View):
    """One page of a list, newest first."""

    items: list[DeliveryView]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last.")


def endpoint_fields(endpoint: Endpoint) -> dict[str, Any]:
    """The fields of WebhookView."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": endpoint.events,
        "enabled": endpoint.disabled_at is None,
        "disabled_at": endpoint.disabled_at,
        "disabled_reason": endpoint.disabled_reason,
        "failing_since": endpoint.failing_since,
        "former_secret_until": endpoint.former_until,
        "created_at": endpoint.created_at,
    }


def delivery_view(delivery: Delivery) -> DeliveryView:
    """A delivery as the API tells it."""
    return DeliveryView(
        id=str(delivery.id),
        event_type=delivery.event_type,
        exam_id=str(delivery.exam_id) if delivery.exam_id else None,
        state=delivery.state,
        failures=delivery.failures,
        next_attempt_at=delivery.due_at if delivery.state == "pending" else None,
        last_attempt_at=delivery.last_attempt_at,
        last_status=delivery.last_status,
        last_error=delivery.last_error,
        created_at=delivery.created_at,
        ended_at=delivery.ended_at,
    )
