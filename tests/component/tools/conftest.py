"""A healthy installation of one's own, found by the tools through the environment as in production."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from audited_world import Audit, World
from pydantic import SecretStr

from deploy.native.stack import Stack
from runtime.blobs_local import LocalBlobs
from runtime.kafka import open_kafka
from runtime.settings import KafkaSettings
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings
from services.gateway.tools import audit


@pytest.fixture
async def world(
    stack: Stack, database: str, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """Empty tables, topics and store."""
    settings = KafkaSettings(
        bootstrap=stack.kafka_bootstrap,
        profile=stack.kafka_profile,  # type: ignore[arg-type]
        topic_prefix=topic_prefix,
    )
    environment = stack.environment() | {
        "REDINK_KAFKA_TOPIC_PREFIX": topic_prefix,
        "REDINK_POSTGRES_DSN": database,
        "REDINK_BLOBS_URL": f"file://{tmp_path / 'blobs'}",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    async with open_database(PostgresSettings(dsn=SecretStr(database))):
        pass  # the schema is current
    sql = await asyncpg.connect(database)
    try:
        async with open_kafka(settings) as kafka:
            await kafka.create_topics()
            yield World(sql, kafka, settings, LocalBlobs(tmp_path / "blobs"), tmp_path)
    finally:
        await sql.close()


@pytest.fixture
def audited(capsys: pytest.CaptureFixture[str]) -> Audit:
    """Run the audit as the command does: its JSON, with the exit code and the invariants by id beside."""

    async def run(*arguments: str) -> dict[str, Any]:
        capsys.readouterr()
        code = await asyncio.to_thread(audit.main, ["--json", *arguments])
        said = capsys.readouterr()
        assert said.out, said.err
        document: dict[str, Any] = json.loads(said.out)
        return document | {"code": code, "by_id": {item["id"]: item for item in document["invariants"]}}

    return run
