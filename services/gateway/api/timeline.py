"""GET /exams/{id}/timeline: the latency of one exam as a waterfall, against the budget."""

# ruff: noqa: FAST003 - exam_id is taken by the dependency InExam

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from services.gateway.api.context import InExam, InGateway
from services.gateway.api.documented import problems
from services.gateway.api.views import View
from services.gateway.core.problems import Code
from services.gateway.core.timeline import BUDGET_SECONDS, Kind, Span, StageRun, waterfall
from services.gateway.history import begun_at, timings

router = APIRouter(tags=["exams"])

_EXAMPLE: dict[str, Any] = {
    "exam_id": "0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d",
    "revision": 1,
    "begun_at": "2026-11-22T03:14:15.926Z",
    "ended_at": "2026-11-22T03:14:20.126Z",
    "total_seconds": 4.2,
    "budget_seconds": 60.0,
    "within_budget": True,
    "spans": [
        {"stage": "ocr", "kind": "wait", "start": 0.0, "seconds": 0.3},
        {"stage": "ocr", "kind": "work", "start": 0.3, "seconds": 3.1},
        {"stage": "analyzer", "kind": "external", "start": 3.4, "seconds": 0.6},
        {"stage": "gateway", "kind": "rest", "start": 4.0, "seconds": 0.2},
    ],
    "by_kind": {"wait": 0.3, "work": 3.1, "external": 0.6, "rest": 0.2},
    "longest": {"stage": "ocr", "kind": "work", "start": 0.3, "seconds": 3.1},
}


class SpanView(View):
    """One bar; seconds from `begun_at`."""

    stage: str
    kind: Kind = Field(
        description="`wait` in a queue, `work` of the try that succeeded, `external`: what of that was waiting for a"
        " language model (its sum, shown behind the work), `retry`: failed tries and the pauses between them, `rest`:"
        " storing and handing on."
    )
    start: float
    seconds: float


class TimelineView(View):
    """The spans follow each other without gap, so that they add up to the total: each of them is on the critical path."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    exam_id: str
    revision: int
    begun_at: datetime = Field(description="The upload, or the retry that began this revision.")
    ended_at: datetime | None
    total_seconds: float
    budget_seconds: float
    within_budget: bool | None = Field(description="null while it may still go either way.")
    spans: list[SpanView]
    by_kind: dict[str, float] = Field(description="Seconds of all spans of a kind.")
    longest: SpanView | None


@router.get("/exams/{exam_id}/timeline", summary="Where its time went", responses=problems(Code.EXAM_NOT_FOUND))
async def get_timeline(gateway: InGateway, exam: InExam) -> TimelineView:
    """A waterfall of the current revision: waiting, work, calls to a language model and retries of each stage."""
    begun = await begun_at(gateway.pool, exam)
    now = datetime.now(UTC)
    runs = [
        StageRun(
            timing.stage,
            timing.attempts,
            timing.started_at,
            timing.completed_at,
            timing.work_seconds,
            timing.external_seconds,
        )
        for timing in await timings(gateway.pool, exam)
    ]
    spans = waterfall(begun, now, exam.completed_at, runs)
    total = max(0.0, ((exam.completed_at or now) - begun).total_seconds())
    return TimelineView(
        exam_id=str(exam.exam_id),
        revision=exam.position.revision,
        begun_at=begun,
        ended_at=exam.completed_at,
        total_seconds=round(total, 3),
        budget_seconds=BUDGET_SECONDS,
        within_budget=total <= BUDGET_SECONDS if exam.completed_at or total > BUDGET_SECONDS else None,
        spans=[_view(span) for span in spans],
        by_kind=_by_kind(spans),
        longest=_view(max(spans, key=lambda span: span.seconds)) if spans else None,
    )


def _by_kind(spans: list[Span]) -> dict[str, float]:
    kinds = dict.fromkeys(span.kind for span in spans)
    return {kind: round(sum(span.seconds for span in spans if span.kind == kind), 3) for kind in kinds}


def _view(span: Span) -> SpanView:
    return SpanView(**vars(span))
