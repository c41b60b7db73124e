"""Configuration is refused when wrong, and neither it nor logs give secrets or exam text away."""

import io
import json
import logging
from typing import Any

import pytest
import structlog

from contracts.errors import Transient
from runtime import log
from runtime.settings import BadSettings, BlobSettings, HttpSettings, KafkaSettings, RedisSettings, load


def test_a_wrong_setting_names_the_variable_and_not_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDINK_HTTP_PORT", "s3cret")
    with pytest.raises(BadSettings) as caught:
        load(HttpSettings)
    assert "REDINK_HTTP_PORT" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_an_unknown_kind_of_blob_store_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDINK_BLOBS_URL", "ftp://somewhere")
    with pytest.raises(BadSettings, match="REDINK_BLOBS_URL"):
        load(BlobSettings)


@pytest.mark.parametrize("url", ["http://s3cret@host", "redis://host:s3cret/0", "redis://host:99999/0"])
def test_a_redis_url_that_the_client_would_not_take_is_refused_without_its_value(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("REDINK_REDIS_URL", url)
    with pytest.raises(BadSettings, match="REDINK_REDIS_URL") as caught:
        load(RedisSettings)
    assert "s3cret" not in str(caught.value)


def test_a_broker_on_a_port_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDINK_KAFKA_BOOTSTRAP", "one:9092,two:99999")
    with pytest.raises(BadSettings, match="REDINK_KAFKA_BOOTSTRAP"):
        load(KafkaSettings)


def test_secrets_are_not_in_the_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDINK_REDIS_URL", "redis://user:s3cret@host/0")
    assert "s3cret" not in repr(load(RedisSettings))


def test_the_embedded_broker_gets_no_idempotent_producer_and_nobody_starts_at_the_latest() -> None:
    embedded, kafka = KafkaSettings(profile="embedded"), KafkaSettings(profile="kafka")
    assert not embedded.producer["enable_idempotence"]
    assert kafka.producer["enable_idempotence"]
    assert {s.consumer["auto_offset_reset"] for s in (embedded, kafka)} == {"earliest"}


@pytest.mark.parametrize(
    ("profile", "session"), [("kafka", None), ("kafka", 6.0), ("embedded", None), ("embedded", 10)]
)
def test_the_times_of_a_group_and_of_its_connections_fit_each_other(profile: Any, session: float | None) -> None:
    settings = KafkaSettings(profile=profile, session_timeout=session)
    consumer, connection = settings.consumer, settings.connection
    assert consumer["session_timeout_ms"] == 1000 * (session or (3 if profile == "embedded" else 30))
    assert 3 <= consumer["session_timeout_ms"] / consumer["heartbeat_interval_ms"] <= 20
    rebalance = consumer.get("rebalance_timeout_ms", consumer["session_timeout_ms"])
    assert rebalance < connection["request_timeout_ms"], "a request to join waits for all members"
    assert connection["request_timeout_ms"] < 60_000, "a connection that is dead is found out within a minute"
    assert connection["connections_max_idle_ms"] < 240_000


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Configured logs, and everything put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.configure("INFO", stream)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def test_ours_and_libraries_logs_are_json_with_the_context(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(exam_id="e1", stage="ocr"):
        log.get("ours").info("record handled", outcome="completed")
        logging.getLogger("uvicorn.error").warning("from a %s", "library")
    ours, library = (json.loads(line) for line in lines.getvalue().splitlines())
    assert (ours["event"], ours["exam_id"], ours["stage"], ours["level"]) == ("record handled", "e1", "ocr", "info")
    assert (library["event"], library["exam_id"], library["logger"]) == ("from a library", "e1", "uvicorn.error")


def test_a_pool_that_cannot_connect_writes_no_stack_each_time(lines: io.StringIO) -> None:
    logging.getLogger("asyncpg.pool").warning("retrying", exc_info=ConnectionRefusedError())
    assert lines.getvalue() == ""


def test_a_strangers_error_is_named_but_not_quoted() -> None:
    assert log.what(ValueError("张三 got 61 points")) == "ValueError"
    assert log.what(Transient("the model is busy")) == "Transient: the model is busy"
