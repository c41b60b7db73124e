"""A change of a contract is a visible diff, and old examples stay readable."""

import json
import os
from pathlib import Path

import jsonschema
import pytest

from contracts.topics import ARTEFACTS, MAX_RECORD_BYTES, TOPICS, Topic
from scripts.generation import configuration, examples, schemas

ROOT = Path(__file__).parents[2]
EXAMPLES = [
    pytest.param(topic, path, id=f"{topic.name}/{path.stem}")
    for topic in TOPICS
    for path in sorted((ROOT / "contracts" / "examples" / topic.name).glob("*.json"))
]


@pytest.mark.parametrize("path", sorted(schemas.files()))
def test_a_committed_schema_equals_the_model(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == schemas.files()[path]


@pytest.mark.parametrize("path", sorted(examples.files()))
def test_a_committed_example_equals_the_generated_one(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == examples.files()[path]


def test_the_page_of_settings_is_the_same_on_a_machine_with_other_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    written = configuration.files()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    assert configuration.files() == written


@pytest.mark.parametrize("topic", TOPICS, ids=lambda t: t.name)
def test_every_topic_has_an_example(topic: Topic) -> None:
    assert any(param.values[0] is topic for param in EXAMPLES)


@pytest.mark.parametrize(("topic", "path"), EXAMPLES)
def test_every_example_is_read_by_the_model_and_the_frozen_schema(topic: Topic, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    schema = json.loads((ROOT / f"contracts/schemas/topics/{topic.name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(text))
    event = topic.model.model_validate_json(text)
    assert json.loads(event.model_dump_json()) == json.loads(text)
    assert len(event.model_dump_json().encode()) < MAX_RECORD_BYTES


@pytest.mark.parametrize("topic", TOPICS, ids=lambda t: t.name)
def test_a_reader_ignores_fields_that_a_newer_writer_added(topic: Topic) -> None:
    path = next(p.values[1] for p in EXAMPLES if p.values[0] is topic)
    record = json.loads(path.read_text(encoding="utf-8")) | {"added_in_a_later_release": {"x": 1}}
    assert topic.model.model_validate(record) == topic.model.model_validate_json(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(ARTEFACTS))
def test_every_artefact_schema_is_valid_json_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(ARTEFACTS[name].model_json_schema())
