"""The system map: which stage reads and writes which topic. Topics, consumer groups and docs are derived from it."""

from dataclasses import dataclass

from contracts.artefacts import Analysis, Diagnosis, Paper, Reading, Report, Submission
from contracts.base import Contract
from contracts.events import (
    DeadLetter,
    ExamAnalyzed,
    ExamControl,
    ExamDiagnosed,
    ExamEvent,
    ExamParsed,
    ExamRead,
    ExamReported,
    ExamStatus,
    ExamUploaded,
    StageDone,
)
from contracts.status import Status

DAY_MS = 24 * 3600 * 1000
PARTITIONS = 12  # divides by 1, 2, 3, 4, 6 and 12 replicas
MAX_RECORD_BYTES = 64 * 1024


@dataclass(frozen=True)
class Topic:
    """One topic, as data. Records are keyed by `exam_id`."""

    name: str
    model: type[ExamEvent]
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    doc: str
    retention_ms: int = 7 * DAY_MS
    partitions: int = PARTITIONS


@dataclass(frozen=True)
class StageRow:
    """One stage, as data: what it reads (its sources share one consumer group), writes and stores."""

    name: str
    sources: tuple[str, ...]
    sink: str
    event: type[StageDone]
    artefact: type[Contract]
    running: Status
    done: Status


STAGES: tuple[StageRow, ...] = (
    StageRow(
        "ocr",
        ("redink.exam.uploaded.interactive.v1", "redink.exam.uploaded.batch.v1"),
        "redink.exam.read.v1",
        ExamRead,
        Reading,
        Status.OCR_PROCESSING,
        Status.OCR_COMPLETED,
    ),
    StageRow(
        "parser", ("redink.exam.read.v1",), "redink.exam.parsed.v1", ExamParsed, Paper, Status.PARSING, Status.PARSED
    ),
    StageRow(
        "analyzer",
        ("redink.exam.parsed.v1",),
        "redink.exam.analyzed.v1",
        ExamAnalyzed,
        Analysis,
        Status.ANALYZING,
        Status.ANALYZED,
    ),
    StageRow(
        "diagnostic",
        ("redink.exam.analyzed.v1",),
        "redink.exam.diagnosed.v1",
        ExamDiagnosed,
        Diagnosis,
        Status.DIAGNOSING,
        Status.DIAGNOSED,
    ),
    StageRow(
        "report",
        ("redink.exam.diagnosed.v1",),
        "redink.exam.reported.v1",
        ExamReported,
        Report,
        Status.REPORT_GENERATING,
        Status.REPORT_GENERATED,
    ),
)

STAGE = {row.name: row for row in STAGES}
UPLOADED = {"interactive": STAGE["ocr"].sources[0], "batch": STAGE["ocr"].sources[1]}
STATUS = "redink.exam.status.v1"
CONTROL = "redink.exam.control.v1"
REPORTED = STAGE["report"].sink


def retry_topic(stage: str) -> str:
    """The retry topic of a stage; records wait there until the due time in their `x-due-ms` header."""
    return f"redink.retry.{stage}.v1"


def dead_topic(stage: str) -> str:
    """The dead letters of a stage: original bytes and headers, the reason in `x-dead-*` headers."""
    return f"redink.dead.{stage}.v1"


def _work_topics() -> list[Topic]:
    readers: dict[str, list[str]] = {}
    for row in STAGES:
        for source in row.sources:
            readers.setdefault(source, []).append(row.name)
    topics = [
        Topic(name, ExamUploaded, ("gateway",), ("ocr",), f"an accepted upload of class {priority}")
        for priority, name in UPLOADED.items()
    ]
    for row in STAGES:
        sink_readers = tuple(readers.get(row.sink, ["gateway"]))
        topics.append(Topic(row.sink, row.event, (row.name,), sink_readers, f"{row.name} stored its artefact"))
    return topics


def _side_topics() -> list[Topic]:
    stages = tuple(row.name for row in STAGES)
    topics = [
        Topic(STATUS, ExamStatus, stages, ("gateway",), "every stage: started, progressed, completed, retried, failed"),
        Topic(CONTROL, ExamControl, ("gateway",), stages, "cancellations, broadcast to every worker", DAY_MS, 1),
    ]
    for row in STAGES:
        source = ExamUploaded if row.name == "ocr" else STAGES[stages.index(row.name) - 1].event
        topics.append(Topic(retry_topic(row.name), source, (row.name,), (row.name,), f"{row.name}: to be tried again"))
        topics.append(
            Topic(dead_topic(row.name), source, (row.name,), ("operator",), f"{row.name}: set aside", 30 * DAY_MS)
        )
    return topics


TOPICS: tuple[Topic, ...] = (*_work_topics(), *_side_topics())

SUBMISSION = "upload"
"""The name of the gateway's artefact, a `Submission`, beside those of the stages."""

ARTEFACTS: dict[str, type[Contract]] = {SUBMISSION: Submission} | {row.name: row.artefact for row in STAGES}

__all__ = ["ARTEFACTS", "CONTROL", "REPORTED", "STAGE", "STAGES", "STATUS", "SUBMISSION", "TOPICS", "UPLOADED"]
__all__ += ["DeadLetter", "StageRow", "Topic", "dead_topic", "retry_topic"]


def artefact_path(tenant: str, exam_id: object, revision: int, name: str) -> str:
    """Where a stage's artefact lives: `tenant/exam/revision/stage.json`, the same for every retry."""
    return f"{tenant}/{exam_id}/{revision}/{name}.json"
