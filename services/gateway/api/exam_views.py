"""What the API answers about exams."""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from pydantic import ConfigDict, Field

from contracts.status import STEPS, Status
from contracts.topics import STAGES
from services.gateway.api.views import View
from services.gateway.core.advice import AdviceCode
from services.gateway.core.eta import Estimate
from services.gateway.core.progress import Position
from services.gateway.exams import Exam
from services.gateway.history import Event, Timing

StageName = Literal["ocr", "parser", "analyzer", "diagnostic", "report"]
assert get_args(StageName) == tuple(row.name for row in STAGES)

_ID = "0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d"
_BASE = f"/api/v1/exams/{_ID}"
_EXAM_EXAMPLE: dict[str, Any] = {
    "exam_id": _ID, "status": "UPLOADED", "progress": 0, "current_step": "已上传，等待处理", "pages_done": None,
    "pages_total": None, "estimated_remaining_time": 45.0, "estimated_remaining_time_p90": 71.5,
    "created_at": "2026-11-22T03:14:15.926Z", "updated_at": "2026-11-22T03:14:15.926Z", "completed_at": None,
    "error_code": None, "error_message": None, "subject": "math", "grade": 7, "student_id": "s-1024",
    "class_id": "7-2", "title": "七年级数学期中试卷", "locale": "zh-CN", "priority": "interactive", "files": 2,
    "template_id": None, "template_version": None, "revision": 1, "result_revision": None,
    "deadline": "2026-11-22T03:24:15.926Z", "warnings": [],
    "links": {
        "self": _BASE, "status": f"{_BASE}/status", "events": f"{_BASE}/events", "result": f"{_BASE}/result",
        "report_html": f"{_BASE}/report.html", "report_pdf": f"{_BASE}/report.pdf", "cancel": f"{_BASE}/cancel",
    },
}  # fmt: skip


class Links(View):
    """Where the exam's parts are, relative to the server."""

    self: str
    status: str
    events: str
    result: str
    report_html: str
    report_pdf: str
    cancel: str


class StateView(View):
    """Where an exam is."""

    exam_id: str
    status: Status = Field(description="COMPLETED, FAILED, CANCELLED and EXPIRED are final.")
    progress: int = Field(ge=0, le=100, description="Percent; a failed exam keeps that of its last step.")
    current_step: str = Field(description="The status in words, as shown to users.")
    pages_done: int | None = Field(default=None, description="Pages the current step has done, when it counts them.")
    pages_total: int | None = None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = Field(default=None, description="When a final status was reached.")
    estimated_remaining_time: float = Field(description="Seconds until the exam ends, median; 0 when it has ended.")
    estimated_remaining_time_p90: float = Field(description="Seconds within which nine of ten such exams end.")
    error_code: str | None = Field(default=None, description="Stable code of a failure.")
    error_message: str | None = Field(default=None, description="What went wrong and what to do, for users.")


class ExamView(StateView):
    """An exam: one student's uploaded paper."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAM_EXAMPLE]})

    subject: str
    grade: int
    student_id: str
    class_id: str | None
    title: str | None
    locale: str
    priority: str
    files: int = Field(description="Uploaded files; 0 of an essay that came as text.")
    template_id: str | None = Field(default=None, description="The template it was uploaded with.")
    template_version: int | None = Field(default=None, description="Whose key it is graded by, whatever became of it.")
    revision: int = Field(description="A retry or a teacher's correction begins the next.")
    result_revision: int | None = Field(
        default=None, description="The revision that the result and the reports are of; null until one has completed."
    )
    deadline: datetime = Field(description="An exam that hasn't ended by then is EXPIRED.")
    warnings: list[str] = Field(default=[], description="What was ignored of the upload.")
    links: Links


class AdviceView(View):
    """What to do better about one page."""

    page: int | None = Field(description="From 1, over all files; null when a file before it was not looked at.")
    file: int = Field(ge=1, description="From 1, in the order of the upload.")
    code: AdviceCode
    text: str = Field(
        description="For users, in the language of `locale`.", examples=["第 2 页图片模糊，请对焦后重新拍照。"]
    )


class AcceptedView(ExamView):
    """The answer to an upload; `result` only when `Prefer: wait` saw the exam completed."""

    result: dict[str, Any] | None = Field(default=None, description="The result document, as of GET …/result.")
    advice: list[AdviceView] = Field(default=[], description="What to do better before it is read.")
    advice_complete: bool = Field(
        default=False, description="Whether all pages were looked at; POST /checks always does."
    )


class StageView(View):
    """One stage of an exam; seconds."""

    stage: str
    attempts: int
    started_at: datetime | None
    completed_at: datetime | None
    queue_seconds: float | None = Field(description="Waited for a worker.")
    work_seconds: float | None = Field(description="Worked on.")
    external_seconds: float | None = Field(
        default=None,
        description="The part of the work in which it waited for a language model; null when it asked none.",
    )


class StatusView(StateView):
    """What a progress bar needs."""

    stages: list[StageView] = Field(default=[], description="In the order they began.")


class RetryOrder(View):
    """Where to begin again."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True)

    from_: StageName | None = Field(
        default=None,
        alias="from",
        description="The first stage to run. Without, an exam goes on where it ended, and a completed one begins anew.",
    )


class ExamPage(View):
    """One page of a list, newest first."""

    items: list[ExamView]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last.")


def state_fields(exam: Exam, estimate: Estimate) -> dict[str, Any]:
    """The fields of StateView."""
    return {
        "exam_id": str(exam.exam_id),
        **_position_fields(exam.position),
        "created_at": exam.created_at,
        "updated_at": exam.updated_at,
        "completed_at": exam.completed_at,
        "estimated_remaining_time": round(estimate.p50, 1),
        "estimated_remaining_time_p90": round(estimate.p90, 1),
    }


def exam_fields(exam: Exam, estimate: Estimate, warnings: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of ExamView."""
    base = f"/api/v1/exams/{exam.exam_id}"
    return {
        **state_fields(exam, estimate),
        "subject": exam.subject,
        "grade": exam.grade,
        "student_id": exam.student_id,
        "class_id": exam.class_id,
        "title": exam.title,
        "locale": exam.locale,
        "priority": exam.priority,
        "files": exam.files,
        "template_id": exam.template.id if exam.template else None,
        "template_version": exam.template.version if exam.template else None,
        "revision": exam.position.revision,
        "result_revision": exam.result_revision,
        "deadline": exam.deadline,
        "warnings": list(warnings),
        "links": Links(
            self=base,
            status=f"{base}/status",
            events=f"{base}/events",
            result=f"{base}/result",
            report_html=f"{base}/report.html",
            report_pdf=f"{base}/report.pdf",
            cancel=f"{base}/cancel",
        ),
    }


def status_view(exam: Exam, estimate: Estimate, timings: Sequence[Timing]) -> StatusView:
    """The status with its stages."""
    stages = [StageView(**vars(timing)) for timing in timings]
    return StatusView(**state_fields(exam, estimate), stages=stages)


def event_data(exam_id: uuid.UUID, event: Event) -> dict[str, Any]:
    """The data of one live event."""
    return {
        "exam_id": str(exam_id),
        "number": event.number,
        "revision": event.position.revision,
        **_position_fields(event.position),
        "stage": event.position.stage,
        "attempt": event.position.attempt,
        "at": event.at.isoformat(),
        "final": event.position.status.terminal,
    }


def event_json(exam_id: uuid.UUID, event: Event) -> str:
    """The data of one live event on one line."""
    return json.dumps(event_data(exam_id, event), ensure_ascii=False)


def _position_fields(position: Position) -> dict[str, Any]:
    return {
        "status": position.status.value,
        "progress": position.progress,
        "current_step": STEPS[position.status].label,
        "pages_done": position.done,
        "pages_total": position.total,
        "error_code": position.code.value if position.code else None,
        "error_message": position.error_message,
    }
