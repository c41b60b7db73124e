"""An upgrade: for a while old processes read what new ones write, and new ones what old ones wrote.

`released/VERSION/` is what that version was built with (schemas) and what it wrote (events, artefacts). It never changes.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from contracts.topics import ARTEFACTS, TOPICS
from scripts.generation import examples

RELEASED = Path(__file__).parent / "released"
MODELS = {topic.name: topic.model for topic in TOPICS}


def _files(pattern: str) -> list[Any]:
    return [pytest.param(path, id=path.relative_to(RELEASED).as_posix()) for path in sorted(RELEASED.glob(pattern))]


def _schema(version: Path, kind: str, name: str) -> jsonschema.Draft202012Validator:
    """How a reader of that version judges."""
    return jsonschema.Draft202012Validator(json.loads((version / "schemas" / kind / f"{name}.json").read_text("utf-8")))


@pytest.mark.parametrize("path", _files("*/events/*/*.json"))
def test_an_old_event_is_read_by_this_version(path: Path) -> None:
    record = json.loads(path.read_text("utf-8"))
    read = MODELS[path.parent.name].model_validate(record).model_dump(mode="json")
    assert record.items() <= read.items()  # and nothing of it is lost or changed


@pytest.mark.parametrize("path", _files("*/artefacts/*.json"))
def test_an_old_artefact_is_read_by_this_version(path: Path) -> None:
    assert _kept(json.loads(path.read_text("utf-8")), _again(path)) is None


@pytest.mark.parametrize("path", _files("*/artefacts/*.json"))
def test_what_this_version_makes_of_an_old_artefact_is_read_by_the_old_one(path: Path) -> None:
    """A worker of the old version may get what a new one stored; a new writer may not leave out what old ones need."""
    _schema(path.parents[1], "artefacts", path.stem).validate(_again(path))


@pytest.mark.parametrize("version", [pytest.param(path, id=path.name) for path in sorted(RELEASED.iterdir())])
def test_new_events_are_read_by_an_old_version(version: Path) -> None:
    for name, text in examples.files().items():
        topic = name.split("/")[-2]
        if (version / "schemas" / "topics" / f"{topic}.json").exists():  # a topic may be younger
            record = json.loads(text) | {"added_since": [1, 2, 3]}
            _schema(version, "topics", topic).validate(record)


def test_every_kind_of_event_and_artefact_was_recorded() -> None:
    for version in RELEASED.iterdir():
        assert {path.name for path in (version / "events").iterdir()} <= MODELS.keys()
        assert {path.stem for path in (version / "artefacts").iterdir()} == ARTEFACTS.keys()


def _again(path: Path) -> Any:
    """The artefact as this version would store it."""
    return json.loads(ARTEFACTS[path.stem].model_validate_json(path.read_bytes()).model_dump_json(by_alias=True))


def _kept(old: Any, new: Any, at: str = "") -> str | None:
    """Where something of the old document is missing or different in the new one; more may be there."""
    if isinstance(old, dict):
        found = [_kept(value, new[key], f"{at}/{key}") if key in new else f"{at}/{key}" for key, value in old.items()]
        return next((where for where in found if where), None)
    if isinstance(old, list):
        if len(old) != len(new):
            return at
        found = [_kept(a, b, f"{at}/{n}") for n, (a, b) in enumerate(zip(old, new, strict=True))]
        return next((where for where in found if where), None)
    return None if old == new else at
