"""A process as an operator sees it: exit codes, health, a drain on SIGTERM."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.topics import STAGE, dead_topic
from deploy.native.process import free_port
from deploy.native.servers import Broker
from deploy.native.stack import Stack
from runtime.kafka import open_kafka
from runtime.settings import KafkaSettings
from runtime.topics import committed_offsets, read_topic

PROGRAM = [sys.executable, "-m", "services"]


@pytest.fixture
def environment(stack: Stack, topic_prefix: str) -> dict[str, str]:
    return {
        **os.environ,
        **stack.environment(),
        "REDINK_KAFKA_TOPIC_PREFIX": topic_prefix,
        "REDINK_HTTP_HOST": "127.0.0.1",
        "REDINK_HTTP_PORT": str(free_port()),
    }


@pytest.fixture
def stage(environment: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`diagnostic`, the lightest stage, ready, in a process of its own."""
    subprocess.run([*PROGRAM, "topics"], env=environment, check=True, capture_output=True, timeout=100)
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([*PROGRAM, "diagnostic"], env=environment, stderr=log)
    try:
        wait(lambda: status(environment, "/readyz") == 200 or process.poll() is not None)
        assert process.poll() is None, (tmp_path / "log").read_text()
        yield process
    finally:
        process.kill()
        process.wait()


def status(environment: dict[str, str], path: str) -> int:
    try:
        url = f"http://127.0.0.1:{environment['REDINK_HTTP_PORT']}{path}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


def metrics(environment: dict[str, str]) -> str:
    url = f"http://127.0.0.1:{environment['REDINK_HTTP_PORT']}/metrics"
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def wait(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "not in time"
        time.sleep(0.05)


def test_a_ready_stage_is_healthy_and_leaves_with_0_on_sigterm(
    stage: subprocess.Popen[bytes], environment: dict[str, str], tmp_path: Path
) -> None:
    assert status(environment, "/healthz") == 200
    partitions = 2 * (4 if environment["REDINK_KAFKA_PROFILE"] == "embedded" else 12)  # of its source and its retries
    assigned = f'redink_kafka_consumer_assigned_partitions{{group="diagnostic"}} {partitions}.0'
    wait(lambda: assigned in metrics(environment))
    stage.send_signal(signal.SIGTERM)
    assert stage.wait(60) == 0
    events = [json.loads(line)["event"] for line in (tmp_path / "log").read_text().splitlines()]
    assert {"running", "draining"} <= set(events)


def test_a_second_sigterm_while_leaving_changes_nothing(stage: subprocess.Popen[bytes]) -> None:
    stage.send_signal(signal.SIGTERM)
    stage.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        stage.wait(0.05)
    if stage.poll() is None:
        stage.send_signal(signal.SIGTERM)
    assert stage.wait(60) in {0, -signal.SIGTERM}, "the last may come when the loop, and with it its handler, is gone"


def test_too_many_dead_letters_end_the_process_with_70_and_nothing_is_committed_past_them(
    environment: dict[str, str], stack: Stack, topic_prefix: str
) -> None:
    subprocess.run([*PROGRAM, "topics"], env=environment, check=True, capture_output=True, timeout=100)
    settings = KafkaSettings(bootstrap=stack.kafka_bootstrap, profile=stack.kafka_profile, topic_prefix=topic_prefix)
    source = STAGE["diagnostic"].sources[0]

    async def poison() -> None:
        async with open_kafka(settings) as kafka:
            for _ in range(30):
                await kafka.send(source, b"one partition", b"poison", {})

    async def outcome() -> tuple[int, int]:
        letters = [letter async for letter in read_topic(settings, dead_topic("diagnostic"))]
        committed = await committed_offsets(settings, "diagnostic")
        return len(letters), sum(offset for place, offset in committed.items() if place.topic == source)

    asyncio.run(poison())
    limited = environment | {"REDINK_FLOW_DEAD_CONSECUTIVE": "5"}
    ended = subprocess.run([*PROGRAM, "diagnostic"], env=limited, capture_output=True, timeout=100, check=False)
    letters, committed = asyncio.run(outcome())
    assert ended.returncode == 70
    assert letters == 5
    assert committed <= letters, "the rest stays on the topic for a version that can read it"
    assert b"poison" not in ended.stderr


@pytest.mark.parametrize(
    ("service", "missing", "told"),
    [
        ("diagnostic", {"REDINK_KAFKA_BOOTSTRAP": "127.0.0.1:1"}, "no broker yet"),
        ("gateway", {"REDINK_POSTGRES_DSN": "postgresql://nobody@127.0.0.1:1/none"}, "no database yet"),
        ("ocr", {}, "Started server process"),  # its models load
    ],
)
def test_a_process_that_still_waits_for_what_it_needs_leaves_with_0_on_sigterm(
    environment: dict[str, str], tmp_path: Path, service: str, missing: dict[str, str], told: str
) -> None:
    logged = tmp_path / "log"
    with logged.open("wb") as log:
        process = subprocess.Popen([*PROGRAM, service], env=environment | missing, stderr=log)
    try:
        wait(lambda: told in logged.read_text() or process.poll() is not None)
        process.send_signal(signal.SIGTERM)
        assert process.wait(45) == 0, logged.read_text()
    finally:
        process.kill()
        process.wait()
    assert "told to stop while starting" in logged.read_text()
    assert "Traceback" not in logged.read_text()


def test_a_stage_that_waits_for_its_broker_is_alive_and_not_ready(environment: dict[str, str]) -> None:
    alone = environment | {"REDINK_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    with subprocess.Popen([*PROGRAM, "diagnostic"], env=alone, stderr=subprocess.DEVNULL) as process:
        try:
            wait(lambda: status(alone, "/healthz") == 200)
            assert status(alone, "/readyz") == 503
        finally:
            process.kill()


def test_a_process_leaves_a_frozen_broker_in_time(environment: dict[str, str], tmp_path: Path) -> None:
    broker = Broker(tmp_path / "broker")
    broker.start()
    own = environment | {"REDINK_KAFKA_BOOTSTRAP": broker.address, "REDINK_KAFKA_PROFILE": "embedded"}
    try:
        subprocess.run([*PROGRAM, "topics"], env=own, check=True, capture_output=True, timeout=100)
        with subprocess.Popen([*PROGRAM, "diagnostic"], env=own, stderr=subprocess.DEVNULL) as process:
            wait(lambda: status(own, "/readyz") == 200)
            assert broker.pid
            os.kill(broker.pid, signal.SIGSTOP)
            process.send_signal(signal.SIGTERM)
            try:
                assert process.wait(60) == 0
            finally:
                os.kill(broker.pid, signal.SIGCONT)
                process.kill()
    finally:
        broker.stop()


def test_a_wrong_setting_is_refused_at_once_with_its_name(environment: dict[str, str]) -> None:
    wrong = environment | {"REDINK_KAFKA_PROFILE": "rabbit"}
    ended = subprocess.run([*PROGRAM, "diagnostic"], env=wrong, capture_output=True, timeout=100, check=False)
    assert ended.returncode == 78
    assert b"REDINK_KAFKA_PROFILE" in ended.stderr
    assert b"rabbit" not in ended.stderr
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("wrong", "by"), [("://redink:", "://redink:wr0ng"), ("/redink", "/wr0ng"), ("postgresql", "wr0ng")]
)
def test_a_database_that_refuses_the_gateway_is_told_in_one_line(
    environment: dict[str, str], wrong: str, by: str
) -> None:
    dsn = environment["REDINK_POSTGRES_DSN"]
    refused = environment | {"REDINK_POSTGRES_DSN": by.join(dsn.rsplit(wrong, 1))}
    ended = subprocess.run([*PROGRAM, "gateway"], env=refused, capture_output=True, timeout=100, check=False)
    assert ended.returncode == 78
    assert b"configuration: REDINK_POSTGRES_DSN" in ended.stderr
    assert b"wr0ng" not in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_a_taken_port_is_told_before_any_work(environment: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = environment | {"REDINK_HTTP_PORT": str(other.getsockname()[1])}
        ended = subprocess.run([*PROGRAM, "diagnostic"], env=taken, capture_output=True, timeout=100, check=False)
    assert ended.returncode == 78
    assert b"in use" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_an_unknown_name_gets_the_list_of_known_ones(environment: dict[str, str]) -> None:
    ended = subprocess.run([*PROGRAM, "ocrr"], env=environment, capture_output=True, timeout=100, check=False)
    assert ended.returncode == 2
    assert b"parser" in ended.stderr
