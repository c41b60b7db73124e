"""The API does what its description says, whatever is sent to it: schemathesis, all checks, over real HTTP.

Every run of the tests sends the examples and the boundaries of each schema, the same each time. With REDINK_TEST_FUZZ=600 it
also sends what it draws, and follows links, for so many seconds (`make fuzz`). Against a gateway of your own: `python -m services gateway`, then
`SCHEMATHESIS_HOOKS=tests/component/gateway/schemathesis_hooks.py st --config-file tests/component/gateway/schemathesis.toml run $REDINK/api/v1/openapi.json -H "Authorization: Bearer $KEY"`.
"""

import asyncio
import io
import os
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from contracts.artefacts import Region, Report
from contracts.events import ExamEvent, ExamReported
from contracts.result import Result, ResultDiagnosis, ResultQuestion, ResultReport, ResultScore
from contracts.topics import REPORTED, UPLOADED, artefact_path
from runtime.trace import Trace
from tests.component.gateway.harness import DEV_KEY, PDF, Bus, Running, gateway

CONFIG = Path(__file__).with_name("schemathesis.toml")
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
SEED = "20261122"
FUZZ = os.environ.get("REDINK_TEST_FUZZ")
"""Seconds."""


class Pipeline(Bus):
    """All stages in one: what is uploaded is reported at once."""

    running: Running

    async def publish(self, topic: str, event: ExamEvent, *, event_id: uuid.UUID, source: str, trace: Trace) -> None:
        await super().publish(topic, event, event_id=event_id, source=source, trace=trace)
        if topic in UPLOADED.values():
            await self._report(event)

    async def _report(self, event: ExamEvent) -> None:
        exam_id, put = str(event.exam_id), self.running.blobs.put
        base = f"dev/{exam_id}/{event.revision}"
        links = ResultReport(html=f"/api/v1/exams/{exam_id}/report.html", pdf=f"/api/v1/exams/{exam_id}/report.pdf")
        region = Region(page=1, box=(10, 10, 90, 40))
        result = Result(
            exam_id=exam_id,
            subject="math",
            grade=7,
            score=ResultScore(earned=3, max=3, graded=1, needs_review=1),
            questions=(
                ResultQuestion(number="17(1)", path=("三", "17", "(1)"), type="essay", text="", regions=(region,), max_score=5, needs_review=True),
                ResultQuestion(number="1", path=("一", "1"), type="single_choice", text="", regions=(region,), max_score=3,
                               student_answer="B", correct_answer="B", verdict="correct", score=3, graded_by="key"),
            ),
            diagnosis=ResultDiagnosis(engine="local"),
            report=links,
        )  # fmt: skip
        page = io.BytesIO()
        Image.new("RGB", (100, 140), "white").save(page, "JPEG")
        report = Report(
            result=await put(f"{base}/result.json", result.model_dump_json(by_alias=True).encode()),
            html=await put(f"{base}/report.html", b"<!doctype html><p>ok"),
            pdf=await put(f"{base}/report.pdf", PDF),
            pages=(await put(f"{base}/page-1.jpg", page.getvalue()),),
        )
        ref = await put(artefact_path("dev", exam_id, event.revision, "report"), report.model_dump_json().encode())
        said = {"exam_id": exam_id, "tenant": "dev", "revision": event.revision}
        times = {"uploaded_at": event.uploaded_at, "deadline": event.deadline}
        await self.running.deliver(REPORTED, ExamReported(**said, **times, artefact=ref))


QUICK: dict[str, Any] = {
    "live_seconds": 1.0,
    "max_wait_seconds": 1.0,
    "sse_heartbeat_seconds": 0.5,
    "max_in_flight": 100_000,
}


@pytest.mark.timeout(480 + int(FUZZ or 0))
@pytest.mark.parametrize("phases", ["examples,coverage", *(["fuzzing,stateful"] if FUZZ else [])])
async def test_schemathesis_finds_nothing(database: str, tmp_path: Path, phases: str) -> None:
    bus = Pipeline()
    async with gateway(database, tmp_path, bus=bus, **QUICK) as running:
        bus.running = running
        exam = await running.exam()
        config = tmp_path / "schemathesis.toml"
        known = f'[parameters]\nexam_id = "{exam["exam_id"]}"\n' if "coverage" in phases else ""
        config.write_text(known + CONFIG.read_text("utf-8"), "utf-8")
        found = await _schemathesis(f"http://127.0.0.1:{running.port}/api/v1/openapi.json", phases, config)
    if found:
        pytest.fail(found, pytrace=False)


async def _schemathesis(url: str, phases: str, config: Path) -> str:
    """What it reports when it fails."""
    arguments = ["--config-file", str(config), "run", url, "--header", f"Authorization: Bearer {DEV_KEY}"]
    arguments += ["--checks", "all", "--phases", phases, "--seed", SEED, "--no-color"]
    arguments += ["--max-time", FUZZ] if FUZZ and "fuzzing" in phases else []
    arguments += [
        "--max-examples",
        "100" if FUZZ else "10",
        "--continue-on-failure",
        "--warnings",
        "off",
        "--request-timeout",
        "30",
    ]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", *arguments,
        env=os.environ | {"SCHEMATHESIS_HOOKS": str(HOOKS)}, cwd=config.parent, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return "" if process.returncode == 0 else output.decode()
