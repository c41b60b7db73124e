"""The whole system, started once for the end-to-end tests, and stopped with the last of them: idle consumers cost, too."""

import asyncio
import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

from deploy.native.stack import Stack
from tests.e2e.pipeline import ROOT, STAGES, Client, Processes

KEY = "rk_e2etest0_" + "k" * 43
SAMPLES = ROOT / "samples"


async def _create(dsn: str, name: str) -> None:
    import asyncpg  # noqa: PLC0415 - only these tests need the driver here

    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


@pytest.fixture(scope="package")
def processes(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Every stage and the gateway as a process of its own, on a database, topics and blobs of their own."""
    folder = Path(tmp_path_factory.mktemp("e2e"))
    name = f"e2e_{uuid.uuid4().hex}"
    asyncio.run(_create(stack.postgres_dsn, name))
    env = {
        "REDINK_KAFKA_BOOTSTRAP": stack.kafka_bootstrap,
        "REDINK_KAFKA_PROFILE": stack.kafka_profile,
        "REDINK_KAFKA_TOPIC_PREFIX": f"e{uuid.uuid4().hex[:8]}.",
        "REDINK_POSTGRES_DSN": urlsplit(stack.postgres_dsn)._replace(path=f"/{name}").geturl(),
        "REDINK_REDIS_URL": stack.redis_url,
        "REDINK_BLOBS_URL": (folder / "blobs").as_uri(),
        "REDINK_GATEWAY_DEV_KEY": KEY,
    }
    running = Processes(env, folder)
    running.run("topics")
    try:
        running.start("gateway", *STAGES)
        running.wait_ready("gateway", *STAGES)
        yield running
    finally:
        running.close()


@pytest.fixture(scope="package")
def client(processes: Processes) -> Iterator[Client]:
    """A client of the dev tenant."""
    one = Client(f"http://127.0.0.1:{processes.ports['gateway']}", KEY)
    yield one
    one.close()


@pytest.fixture(scope="package")
def sample() -> tuple[list[tuple[str, bytes, str]], dict[str, Any]]:
    """The paper that ships with the project: its files and form."""
    form = json.loads((SAMPLES / "request.json").read_text(encoding="utf-8"))
    names = form.pop("files", ["paper.jpg"])
    return [(n, (SAMPLES / n).read_bytes(), "image/jpeg") for n in names], form


@pytest.fixture(scope="package")
def ended(client: Client, sample: tuple[list[tuple[str, bytes, str]], dict[str, Any]]) -> dict[str, Any]:
    """The last status of the sample, uploaded once."""
    files, form = sample
    answer = client.upload(files, form)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"].endswith(answer.json()["exam_id"])
    return client.wait(answer.json()["exam_id"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the package: while it lives, its loop is the thread's."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, "the page is tested in a real browser: install chromium"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-quic"])
        yield browser
        browser.close()
