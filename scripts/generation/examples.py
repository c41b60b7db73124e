"""Golden examples: one record of each event model on each topic, and the headers it travels with."""

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any

from contracts.errors import ErrorCode
from contracts.events import BlobRef, ExamControl, ExamEvent, ExamStatus, StageDone, StatusKind
from contracts.status import Status
from contracts.topics import STAGES, SUBMISSION, TOPICS, Topic, artefact_path
from scripts.generation import as_json

EXAM = uuid.UUID("0192f5a4-7c1e-7d3a-9b52-3f6a1c0de001")
AT = datetime(2026, 9, 1, 8, 30, tzinfo=UTC)
BASE: dict[str, Any] = {
    "exam_id": EXAM,
    "tenant": "school-7",
    "revision": 1,
    "uploaded_at": AT,
    "deadline": AT.replace(minute=40),
}


def files() -> dict[str, str]:
    """`contracts/examples/<topic>/<name>.json`."""
    return {
        f"contracts/examples/{topic.name}/{name}.json": as_json(event.model_dump(mode="json"))
        for topic in TOPICS
        for name, event in _events(topic).items()
    }


def _events(topic: Topic) -> dict[str, ExamEvent]:
    if topic.model is ExamStatus:
        return _statuses()
    if topic.model is ExamControl:
        return {"cancel": ExamControl(**BASE)}
    assert issubclass(topic.model, StageDone)
    artefact = _artefact(_stored_by(topic.model))
    priority = "batch" if ".batch." in topic.name else "interactive"
    return {"plain": topic.model(**BASE, priority=priority, artefact=artefact)}


def _stored_by(model: type[StageDone]) -> str:
    return next((row.name for row in STAGES if row.event is model), SUBMISSION)


def _artefact(name: str) -> BlobRef:
    path = artefact_path("school-7", EXAM, 1, name)
    return BlobRef(path=path, sha256=hashlib.sha256(path.encode()).hexdigest(), size=2048)


def _statuses() -> dict[str, ExamEvent]:
    said = {**BASE, "stage": "ocr", "at": AT}
    failure = {"kind": StatusKind.FAILED, "status": Status.FAILED, "code": ErrorCode.ENCRYPTED_PDF}
    return {
        "started": ExamStatus(**said, kind=StatusKind.STARTED, status=Status.OCR_PROCESSING, queue_seconds=0.4),
        "progressed": ExamStatus(**said, kind=StatusKind.PROGRESSED, status=Status.OCR_PROCESSING, done=1, total=4),
        "completed": ExamStatus(
            **said, kind=StatusKind.COMPLETED, status=Status.OCR_COMPLETED, queue_seconds=0.4, work_seconds=2.5
        ),
        "retried": ExamStatus(**said, kind=StatusKind.RETRIED, status=Status.OCR_PROCESSING, attempt=2),
        "failed": ExamStatus(**said, **failure),
    }
