"""Misspelt variables are told of; what others set is not."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from runtime.variables import known, misspelt
from services import __main__ as program


def test_a_misspelt_variable_is_told_with_the_one_it_resembles() -> None:
    told = misspelt(["REDINK_KAFKA_BOOTSTRAPS", "REDINK_BLOBS_ULR", "HOME"], known())
    assert dict(told) == {"REDINK_BLOBS_ULR": "REDINK_BLOBS_URL", "REDINK_KAFKA_BOOTSTRAPS": "REDINK_KAFKA_BOOTSTRAP"}


def test_settings_of_other_services_and_what_clients_read_are_not_misspelt() -> None:
    names = known()
    assert {"REDINK_POSTGRES_DSN", "REDINK_LLM_MODEL", "REDINK_API_KEY", "REDINK_HTTP_PORT"} <= names
    assert not misspelt(names, names)


@pytest.mark.parametrize(
    "name",
    [
        "REDINK_HTTP_SERVICE_HOST",
        "REDINK_HTTP_SERVICE_PORT",
        "REDINK_HTTP_SERVICE_PORT_API",
        "REDINK_REDIS_PORT",
        "REDINK_HTTP_PORT_8000_TCP",
        "REDINK_HTTP_PORT_8000_TCP_ADDR",
        "REDINK_IMAGE_TAG_OF_OURS",
        "REDINKS_HTTP_PORT",
    ],
)
def test_what_a_cluster_sets_for_a_service_and_what_resembles_nothing_is_left_alone(name: str) -> None:
    assert not misspelt([name], known())


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    """A command configures the logging of its process, which is the tests' here."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("_logging_as_before")
def test_without_a_broker_topics_ends_with_one_line_and_a_misspelt_variable_is_told_without_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "PATIENCE", 0.2)
    monkeypatch.setenv("REDINK_KAFKA_BOOTSTRAP", "127.0.0.1:9")  # nobody answers
    monkeypatch.setenv("REDINK_KAFKA_BOOTSTRAPS", "a-secret")
    assert program.main(["topics"]) == program.UNAVAILABLE
    said = capsys.readouterr()
    *entries, last = said.err.splitlines()
    assert last.startswith("topics: no broker answers at 127.0.0.1:9")
    told = [entry for line in entries if (entry := json.loads(line))["event"] == "nobody reads this variable"]
    assert [(entry["variable"], entry["nearest"]) for entry in told] == [
        ("REDINK_KAFKA_BOOTSTRAPS", "REDINK_KAFKA_BOOTSTRAP")
    ]
    assert "a-secret" not in said.err
    assert said.out == ""


def test_a_tool_tells_a_misspelt_variable_without_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDINK_KAFKA_BOOTSTRAPS", "a-secret")
    with pytest.raises(SystemExit, match="0"):
        program.main(["audit", "--help"])
    said = capsys.readouterr()
    assert said.err == "nobody reads REDINK_KAFKA_BOOTSTRAPS: is REDINK_KAFKA_BOOTSTRAP meant?\n"
    assert said.out.startswith("usage:")
