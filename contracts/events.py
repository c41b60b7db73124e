"""Events on the topics. Records carry references to artefacts, never page bytes or exam text."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from contracts.base import Contract
from contracts.errors import ErrorCode
from contracts.status import Status

NAMESPACE = uuid.UUID("6f1d1c53-6e1a-5e0f-9d3b-0b2f6c8f7a41")

Priority = Literal["interactive", "batch"]


def derived_id(exam_id: uuid.UUID, step: str, revision: int) -> uuid.UUID:
    """The id of the event of one step of one exam: the same for every retry, replay and redelivery (RFC 9562 v5)."""
    return uuid.uuid5(NAMESPACE, f"{exam_id}/{step}/{revision}")


class BlobRef(Contract):
    """A blob in the store and the bytes it must have."""

    path: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class ExamEvent(Contract):
    """What every event about an exam says. `deadline`: no work on the exam starts after it."""

    exam_id: uuid.UUID
    tenant: str
    revision: int = Field(default=1, ge=1)
    priority: Priority = "interactive"
    uploaded_at: datetime
    deadline: datetime


class StageDone(ExamEvent):
    """A stage's artefact exists. The path is derived, so that any later stage finds any earlier artefact too."""

    artefact: BlobRef


class ExamUploaded(StageDone):
    """The gateway accepted an upload; the artefact is a `Submission`."""


class ExamRead(StageDone):
    """ocr read the pages; the artefact is a `Reading`."""


class ExamParsed(StageDone):
    """parser found the questions; the artefact is a `Paper`."""


class ExamAnalyzed(StageDone):
    """analyzer found and graded the answers; the artefact is an `Analysis`."""


class ExamDiagnosed(StageDone):
    """diagnostic estimated mastery; the artefact is a `Diagnosis`."""


class ExamReported(StageDone):
    """report composed the result document and rendered the reports; the artefact is a `Report`."""


class StatusKind(StrEnum):
    """What a stage says of an exam on the status topic."""

    STARTED = "started"
    PROGRESSED = "progressed"
    COMPLETED = "completed"
    RETRIED = "retried"
    FAILED = "failed"


class ExamStatus(ExamEvent):
    """A stage's word on an exam. `status` is the state it implies; `at` the stage's clock, `attempt` from 1.

    `external_seconds` is the part of `work_seconds` in which a call to others, such as a language model, was under way.
    """

    stage: str
    kind: StatusKind
    status: Status
    at: datetime
    attempt: int = Field(default=1, ge=1)
    done: int | None = None
    total: int | None = None
    code: ErrorCode | None = None
    queue_seconds: float | None = None
    work_seconds: float | None = None
    external_seconds: float | None = None


class ExamControl(ExamEvent):
    """The gateway's word to the stages, broadcast: the exam was cancelled."""

    action: Literal["cancel"] = "cancel"


class DeadLetter(Contract):
    """Why a record was set aside; the record's own bytes and headers stay beside it, untouched."""

    stage: str
    topic: str
    partition: int
    offset: int
    error: str
    attempt: int
    at: datetime
