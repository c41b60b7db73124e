"""The messages themselves, described in the OpenAPI document's `webhooks`, from which receivers are generated."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from contracts.status import Status
from services.gateway.webhooks.messages import EventType

_SUMMARIES = {
    EventType.COMPLETED: "The result and the reports exist",
    EventType.FAILED: "The exam ended without a result",
    EventType.CANCELLED: "The exam was cancelled",
    EventType.EXPIRED: "The exam's deadline passed",
}


class MessageLinks(BaseModel):
    """Relative to the API; the last three only of a completed exam."""

    self: str
    status: str
    result: str | None = None
    report_html: str | None = None
    report_pdf: str | None = None


class EndedExam(BaseModel):
    """Ids, status, times and links: never names or the text of a paper."""

    exam_id: str
    revision: int = Field(description="Rises when the exam is run again; its new end is a new message.")
    status: Status
    progress: int
    error_code: str | None = Field(description="Stable code of a failure.")
    error_message: str | None = Field(description="What went wrong and what to do, for users.")
    created_at: datetime
    completed_at: datetime
    links: MessageLinks


class WebhookMessage(BaseModel):
    """What an endpoint is sent, with the headers webhook-id, webhook-timestamp and webhook-signature."""

    type: EventType
    timestamp: datetime = Field(description="When the exam ended.")
    data: EndedExam


class BatchLinks(BaseModel):
    """Relative to the API."""

    self: str
    exams: str
    class_report: str


class EndedBatch(BaseModel):
    """Ids, times, counts and links: never names."""

    batch_id: str
    created_at: datetime
    ended_at: datetime
    papers: int
    refused: int = Field(description="Papers that never became an exam.")
    counts: dict[Status, int] = Field(description="Exams by the status they ended with.")
    links: BatchLinks


class BatchMessage(BaseModel):
    """Told once, when all exams of a batch have ended for the first time."""

    type: Literal[EventType.BATCH_COMPLETED]
    timestamp: datetime = Field(description="When the batch ended.")
    data: EndedBatch


def describe(router: APIRouter) -> None:
    """Add one operation per type of event to the routes of the document's `webhooks`."""
    for event, summary in _SUMMARIES.items():
        router.add_api_route(
            event.value,
            _receive,
            methods=["POST"],
            status_code=204,
            summary=summary,
            operation_id=f"on_exam_{event.name.lower()}",
            tags=["webhooks"],
        )
    router.add_api_route(
        EventType.BATCH_COMPLETED.value,
        _receive_batch,
        methods=["POST"],
        status_code=204,
        summary="All exams of the batch have ended",
        operation_id="on_batch_completed",
        tags=["webhooks"],
    )


async def _receive_batch(message: BatchMessage) -> None:
    """Sent to you, at least once under one `webhook-id`; the class report can be fetched."""


async def _receive(message: WebhookMessage) -> None:
    """Sent to you, at least once under one `webhook-id`. Verify the signature, answer 2xx within 15 s, then work."""
