"""The gateway on a real broker: what it publishes arrives, what it hears moves the exam."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from contracts.artefacts import Report
from contracts.events import ExamEvent, ExamReported, ExamStatus, ExamUploaded, StatusKind, derived_id
from contracts.status import Status
from contracts.topics import REPORTED, STATUS, UPLOADED, artefact_path
from deploy.native.stack import Stack
from runtime import trace
from runtime.blobs_local import LocalBlobs
from runtime.envelope import Record, decode, event_of
from runtime.kafka import Kafka, open_kafka
from runtime.settings import KafkaSettings
from tests.component.gateway.harness import Outside, gateway, until
from tests.faults.proxy import Network


@asynccontextmanager
async def broker(stack: Stack, prefix: str) -> AsyncIterator[Kafka]:
    settings = KafkaSettings(
        bootstrap=stack.kafka_bootstrap,
        profile=stack.kafka_profile,
        topic_prefix=prefix,  # type: ignore[arg-type]
    )
    async with open_kafka(settings) as kafka:
        await kafka.create_topics()
        yield kafka


async def test_an_exam_goes_through_the_broker_from_upload_to_completed(
    stack: Stack, database: str, topic_prefix: str, tmp_path: Path
) -> None:
    blobs = LocalBlobs(tmp_path)
    traces: list[str] = []
    async with broker(stack, topic_prefix) as kafka:

        async def pipeline(record: Record) -> None:
            """All stages in one, as far as the gateway can tell."""
            event = event_of(record, ExamUploaded)
            said = {name: getattr(event, name) for name in ExamEvent.model_fields}
            traces.append(decode(record).trace.trace_id)

            async def say(topic: str, word: ExamEvent) -> None:
                step = derived_id(event.exam_id, topic, 1)
                await kafka.publish(topic, word, event_id=step, source="test", trace=trace.start())

            started = ExamStatus(
                **said, stage="ocr", kind=StatusKind.STARTED, status=Status.OCR_PROCESSING, at=datetime.now(UTC)
            )
            await say(STATUS, started)
            ref = await blobs.put(f"dev/{event.exam_id}/1/result.json", b'{"schema": "redink.result.v1"}')
            report = Report(result=ref, html=ref, pdf=ref).model_dump_json().encode()
            path = artefact_path("dev", event.exam_id, 1, "report")
            await say(REPORTED, ExamReported(**said, artefact=await blobs.put(path, report)))

        async with (
            kafka.consume([UPLOADED["interactive"]], "ocr", pipeline),
            gateway(database, tmp_path, outside=Outside(kafka, blobs)) as running,  # type: ignore[arg-type]
        ):
            exams = [await running.exam() for _ in range(5)]

            async def completed() -> bool:
                states = await asyncio.gather(*(running.status(exam["exam_id"]) for exam in exams))
                return {state["status"] for state in states} == {"COMPLETED"}

            await until(completed, 90)
            assert (await running.get(f"/exams/{exams[0]['exam_id']}/result")).json() == {"schema": "redink.result.v1"}
            rows = await running.sql("SELECT traceparent FROM exams")
    assert set(traces) == {row["traceparent"].split("-")[1] for row in rows}


async def test_uploads_are_taken_while_no_broker_has_answered_yet_and_published_once_one_does(
    stack: Stack, database: str, topic_prefix: str, tmp_path: Path
) -> None:
    network = Network()
    door = network.proxy(int(stack.kafka_bootstrap.rpartition(":")[2]))
    settings = KafkaSettings(bootstrap=f"127.0.0.1:{door.port}", profile=stack.kafka_profile, topic_prefix=topic_prefix)  # type: ignore[arg-type]
    try:
        async with broker(stack, topic_prefix):  # so that there are topics
            door.shut()
        async with (
            open_kafka(settings, None) as kafka,
            gateway(database, tmp_path, outside=Outside(kafka, LocalBlobs(tmp_path))) as running,  # type: ignore[arg-type]
        ):
            await running.exam()
            assert await running.sql("SELECT 1 FROM outbox")
            door.open()

            async def published() -> bool:
                return not await running.sql("SELECT 1 FROM outbox")

            await until(published, 60)
    finally:
        network.close()
