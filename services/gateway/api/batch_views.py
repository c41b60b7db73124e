"""What the API answers about batches."""

import hashlib
import json
from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from contracts.status import Status
from services.gateway.api.exam_views import ExamView
from services.gateway.api.views import View
from services.gateway.batches.rows import Batch, PaperRow, State
from services.gateway.core.advice import AdviceCode, KinCode
from services.gateway.core.eta import Estimate
from services.gateway.live.board import BatchState

BatchStatus = Literal["ACCEPTING", "PROCESSING", "COMPLETED", "CANCELLED"]

_ID = "5c0f3c1e-0b7e-5d2a-9a52-3f0c8a1b2c3d"
_BASE = f"/api/v1/batches/{_ID}"
_LINKS = {
    "self": _BASE, "exams": f"{_BASE}/exams", "events": f"{_BASE}/events", "cancel": f"{_BASE}/cancel", "class_report": f"{_BASE}/class-report",
    "class_report_html": f"{_BASE}/class-report.html", "class_report_pdf": f"{_BASE}/class-report.pdf",
}  # fmt: skip
_EXAMPLE: dict[str, Any] = {
    "batch_id": _ID, "name": "七年级2班 期中数学", "status": "PROCESSING", "progress": 35, "papers": 42, "waiting": 0,
    "refused": 1, "counts": {"OCR_PROCESSING": 12, "COMPLETED": 8, "UPLOADED": 21},
    "estimated_remaining_time": 64.5, "estimated_remaining_time_p90": 97.0, "created_at": "2026-11-22T03:14:15.926Z",
    "cancelled_at": None, "ended_at": None, "links": _LINKS,
}  # fmt: skip


class BatchLinks(View):
    """Where the batch's parts are, relative to the server."""

    self: str
    exams: str
    events: str
    cancel: str
    class_report: str
    class_report_html: str
    class_report_pdf: str


class BatchView(View):
    """Papers uploaded together, and how far they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    batch_id: str
    name: str | None
    status: BatchStatus = Field(
        description="ACCEPTING: papers wait to become exams. COMPLETED: all exams have ended, `counts` says how."
    )
    progress: int = Field(ge=0, le=100, description="Percent; refused papers don't count, an exam that ended is 100.")
    papers: int = Field(description="All of them, refused ones included.")
    waiting: int = Field(description="Papers that become exams as soon as fewer of your exams are in flight.")
    refused: int = Field(description="Papers that could not be accepted; `exams` says why.")
    counts: dict[Status, int] = Field(description="Exams by status.")
    estimated_remaining_time: float | None = Field(
        description="Seconds until the last exam ends, median; null in lists."
    )
    estimated_remaining_time_p90: float | None = Field(description="Seconds within which nine of ten such batches end.")
    created_at: datetime
    cancelled_at: datetime | None
    ended_at: datetime | None = Field(description="When all exams had ended for the first time.")
    links: BatchLinks


class PaperProblem(View):
    """Why a paper was refused: RFC 9457, as if it had been uploaded alone."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str = Field(description="Stable: branch on this.", examples=["unsupported_media"])
    detail: str


class PaperAdvice(View):
    """What to do better about one page of a paper, or to look at beside an earlier paper of the batch."""

    page: int | None = Field(
        description="From 1, over the paper's files; null when that is not known, or not the matter."
    )
    file: int = Field(ge=1, description="From 1, in the paper's order.")
    code: AdviceCode | KinCode = Field(
        description="same_file: an earlier `paper` has the same file, byte for byte; same_student: one is of the same"
        " student, subject, grade, title and template. Both are graded, and counted in the class report."
    )
    text: str = Field(
        description="For users, in the language of `locale`.", examples=["第 2 页图片模糊，请对焦后重新拍照。"]
    )
    paper: int | None = Field(default=None, description="Number of the earlier paper.")


class PaperView(View):
    """What became of one paper of a batch."""

    number: int = Field(description="In the order of the manifest, else of names; from 1.")
    name: str = Field(description="Of its file or folder, as you called it.", examples=["0812/1.jpg"])
    files: int
    state: State = Field(description="waiting: it becomes the exam `exam_id` soon. accepted: that exam exists.")
    exam_id: str | None
    problem: PaperProblem | None = Field(description="Of a refused paper.")
    advice: list[PaperAdvice] = Field(
        default=[],
        description="What to do better about its photos (of a large batch, only its first papers are looked at), and"
        " what it has in common with an earlier paper.",
    )


class PaperWithExam(PaperView):
    """A paper and its exam."""

    exam: ExamView | None = Field(description="Null while the paper waits, when it was refused, or the exam deleted.")


class AcceptedBatch(BatchView):
    """The answer to an upload: an outcome for each paper."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_EXAMPLE,
                    "outcomes": [
                        {"number": 1, "name": "0812", "files": 2, "state": "accepted", "problem": None,
                         "exam_id": "8b9d5b4e-6a55-5a0e-8d8f-0d6ef1c7a001"},
                        {"number": 2, "name": "notes.docx", "files": 1, "state": "refused", "exam_id": None,
                         "problem": {"type": "urn:redink:problem:unsupported_media", "title": "Unsupported kind of file",
                                     "status": 415, "code": "unsupported_media", "detail": "Convert it."}},
                    ],
                }
            ]
        }
    )  # fmt: skip

    outcomes: list[PaperView]
    warnings: list[str] = Field(default=[], description="What was ignored of the upload.")


class BatchPage(View):
    """One page of a list, newest first."""

    items: list[BatchView]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last.")


class PaperPage(View):
    """One page of a batch's papers, in their order."""

    items: list[PaperWithExam]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last.")


def batch_fields(batch: Batch, estimate: Estimate | None) -> dict[str, Any]:
    """The fields of BatchView."""
    states = batch.counts.states
    taken = batch.counts.papers - states.get("refused", 0)
    done = batch.counts.progress + 100 * states.get("cancelled", 0)
    base = f"/api/v1/batches/{batch.batch_id}"
    return {
        "batch_id": str(batch.batch_id),
        "name": batch.name,
        "status": status_of(batch),
        "progress": done // taken if taken else 100,
        "papers": batch.counts.papers,
        "waiting": states.get("waiting", 0),
        "refused": states.get("refused", 0),
        "counts": dict(sorted(batch.counts.statuses.items())),
        "estimated_remaining_time": round(estimate.p50, 1) if estimate else None,
        "estimated_remaining_time_p90": round(estimate.p90, 1) if estimate else None,
        "created_at": batch.created_at,
        "cancelled_at": batch.cancelled_at,
        "ended_at": batch.ended_at,
        "links": {
            "self": base,
            "exams": f"{base}/exams",
            "events": f"{base}/events",
            "cancel": f"{base}/cancel",
            "class_report": f"{base}/class-report",
            "class_report_html": f"{base}/class-report.html",
            "class_report_pdf": f"{base}/class-report.pdf",
        },
    }


def state_of(batch: Batch) -> BatchState:
    """What live clients are told of it."""
    status = status_of(batch)
    told = ("batch_id", "status", "progress", "papers", "waiting", "refused", "counts")
    fields = batch_fields(batch, None)
    final = status in {"COMPLETED", "CANCELLED"} and batch.ended_at is not None
    data = json.dumps({**{name: fields[name] for name in told}, "final": final})
    return BatchState(hashlib.sha256(data.encode()).hexdigest()[:16], data, final)


def status_of(batch: Batch) -> BatchStatus:
    """As of now: an exam of an ended batch that is run again puts the batch back to PROCESSING."""
    if batch.counts.states.get("waiting"):
        return "ACCEPTING"
    if any(not Status(status).terminal for status in batch.counts.statuses):
        return "PROCESSING"
    return "CANCELLED" if batch.cancelled_at else "COMPLETED"


def paper_fields(paper: PaperRow) -> dict[str, Any]:
    """The fields of PaperView."""
    problem = dict(paper.problem) if paper.problem else None
    if problem is not None:
        problem.pop("trace_id", None)
    return {
        "number": paper.number,
        "name": paper.name,
        "files": paper.files,
        "state": paper.state,
        "exam_id": str(paper.exam_id) if paper.exam_id else None,
        "problem": problem,
        "advice": paper.advice,
    }
