"""DELETE /exams/{id}: for good, and with a receipt."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field

from services.gateway.api.context import InCaller, InGateway, uuid_of
from services.gateway.api.documented import problems
from services.gateway.api.views import View
from services.gateway.core.problems import Code, Problem
from services.gateway.retention.tombstones import Tombstone

router = APIRouter(tags=["exams"])

_ID = "0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d"
_EXAMPLE: dict[str, Any] = {
    "exam_id": _ID, "state": "erased", "reason": "request", "deleted_at": "2026-11-22T03:14:15.926Z",
    "erased_at": "2026-11-22T03:14:16.012Z", "blobs": 14, "bytes": 2748112,
}  # fmt: skip


class Receipt(View):
    """That an exam was deleted."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    exam_id: str
    state: Literal["erased", "erasing"] = Field(
        description="`erasing`: nothing of it can be read any more, and its files go as soon as their store is back."
    )
    reason: Literal["request", "retention"]
    deleted_at: datetime = Field(description="From then on nothing of it can be read.")
    erased_at: datetime | None = Field(description="By then its files were gone, of all revisions.")
    blobs: int = Field(description="Files that there were.")
    bytes: int


@router.delete(
    "/exams/{exam_id}",
    summary="Delete an exam for good",
    responses={
        202: {"model": Receipt, "description": "Deleted; the files go when their store is back"},
        **problems(Code.EXAM_NOT_FOUND, Code.EXAM_IN_FLIGHT),
    },
)
async def delete_exam(
    response: Response,
    gateway: InGateway,
    caller: InCaller,
    exam_id: Annotated[str, Path(description="As answered by the upload.", examples=[_ID])],
) -> Receipt:
    """Files, results, reports and rows of all revisions. There is no way back; asked again, the answer is the same.

    An exam that has not ended is a 409: cancel it first. What is left: this receipt, and its share in the month's usage.
    """
    known = uuid_of(exam_id)
    if known is None:
        raise Problem(Code.EXAM_NOT_FOUND)
    done = await gateway.tenancy.eraser.delete(caller.tenant, known, "request", caller.key_id)
    response.status_code = 200 if done.erased_at else 202
    return _receipt(done)


def _receipt(done: Tombstone) -> Receipt:
    return Receipt(
        exam_id=str(done.exam_id),
        state="erased" if done.erased_at else "erasing",
        reason=done.reason,
        deleted_at=done.deleted_at,
        erased_at=done.erased_at,
        blobs=done.blobs,
        bytes=done.bytes,
    )
