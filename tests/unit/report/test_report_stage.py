"""The shells of diagnostic and report, against a job that keeps its blobs in memory; rendering in a real process."""

import hashlib
import types
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from made_exam import EXAM_ID, picture

from contracts.artefacts import Analysis, Diagnosis, Paper, Reading, Report
from contracts.errors import ErrorCode, Permanent
from contracts.events import BlobRef, ExamEvent
from contracts.result import Result
from runtime.job import Job
from runtime.pool import open_workers
from services.diagnostic import stage as diagnostic
from services.report import stage as report


class Warnings:
    def __init__(self):
        self.events = []

    def warning(self, event, **fields):
        self.events.append((event, fields))


class MemoryJob(Job):
    """A job whose earlier artefacts are `exam`'s."""

    def __init__(self, exam, workers=None, *, pictures=True):
        now = datetime(2026, 1, 1, tzinfo=UTC)
        self.event = ExamEvent(
            exam_id=uuid.UUID(EXAM_ID), tenant="t", uploaded_at=now, deadline=now + timedelta(minutes=5)
        )
        self.attempt, self.cpu_seconds = 1, 0.0
        self.exam, self.workers, self.pictures, self.stored = exam, workers, pictures, {}

    async def submission(self):
        return self.exam.submission

    async def artefact(self, model):
        parts = {Reading: "reading", Paper: "paper", Analysis: "analysis", Diagnosis: "diagnosis"}
        return getattr(self.exam, parts[model])

    async def blob(self, ref):
        if not self.pictures:
            raise Permanent(ErrorCode.ARTEFACT_MISSING)
        return picture()

    async def store(self, name, data):
        self.stored.setdefault(name, data)
        return BlobRef(path=f"t/x/1/{name}", sha256=hashlib.sha256(data).hexdigest(), size=len(data))

    async def cpu(self, fn, *args, timeout=None):  # noqa: ASYNC109 - the job's own signature
        result, spent = await self.workers.call(fn, args, timeout or 60)
        self.cpu_seconds += spent
        return result

    def check(self):
        return None


@pytest.fixture
def illustrated(made):
    """An exam whose page has a picture."""
    exam = made()
    page = exam.reading.pages[0].model_copy(update={"image": BlobRef(path="t/p.jpg", sha256="0" * 64, size=1)})
    return type(exam)(exam.submission, exam.reading.model_copy(update={"pages": (page,)}), *exam.parts()[2:])


async def run_report(exam, log, *, pictures=True):
    kit = types.SimpleNamespace(log=log)
    async with report.open_stage(kit) as stage, open_workers("report", stage.pool) as workers:
        job = MemoryJob(exam, workers, pictures=pictures)
        return await stage.work(job), job.stored


async def test_report_stores_the_document_and_both_forms(illustrated):
    artefact, stored = await run_report(illustrated, Warnings())
    assert isinstance(artefact, Report)
    assert set(stored) == {"result.json", "report.html", "report.pdf"}
    assert artefact.pdf.sha256 == hashlib.sha256(stored["report.pdf"]).hexdigest()
    assert artefact.pages == (illustrated.reading.pages[0].image,)
    result = Result.model_validate_json(stored["result.json"])
    assert result.exam_id == EXAM_ID
    assert result.cost.cpu_seconds == pytest.approx(artefact.cpu_seconds, abs=0.001)
    assert b"data:image/jpeg" in stored["report.html"]
    assert stored["report.pdf"].startswith(b"%PDF")


async def test_lost_pictures_cost_the_crops_and_are_logged_without_exam_text(illustrated):
    log = Warnings()
    _, stored = await run_report(illustrated, log, pictures=False)
    assert b"data:image/jpeg" not in stored["report.html"]
    assert log.events == [("page_image_missing", {"exam_id": EXAM_ID, "page": 1})]


async def test_diagnostic_needs_no_process(made):
    kit = types.SimpleNamespace(log=Warnings())
    async with diagnostic.open_stage(kit) as stage:
        diagnosis = await stage.work(MemoryJob(made()))
    assert isinstance(diagnosis, Diagnosis)
    assert diagnosis.summary
    assert diagnosis.mastery
