"""Folder, topic row, dependency extra, compose block, lock and manifest of every service agree."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.topics import STAGES, TOPICS

ROOT = Path(__file__).parents[2]
SERVICES = [*(row.name for row in STAGES), "gateway"]


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]


def extras() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]


def test_the_service_folders_are_the_stages_and_the_gateway() -> None:
    folders = {p.parent.name for p in (ROOT / "services").glob("*/__init__.py")}
    assert folders == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_extra_lock_compose_block_and_manifest(service: str) -> None:
    assert service in extras()
    assert (ROOT / "requirements" / f"{service}.txt").exists()
    assert service in compose()
    manifests = list(yaml.safe_load_all((ROOT / "deploy" / "k8s" / "base" / f"{service}.yaml").read_text("utf-8")))
    assert {"Deployment"} <= {m["kind"] for m in manifests}
    assert all(m["metadata"]["name"].startswith(service) for m in manifests)


@pytest.mark.parametrize("service", [row.name for row in STAGES])
def test_a_stage_has_the_same_files_as_every_stage(service: str) -> None:
    folder = ROOT / "services" / service
    assert (folder / "stage.py").exists()
    assert (folder / "settings.py").exists()
    assert (folder / "core.py").exists() or (folder / "core" / "__init__.py").exists()
    assert "reads" in (folder / "__init__.py").read_text(encoding="utf-8").lower()


def test_every_topic_that_is_written_is_read_and_the_reverse() -> None:
    names = {t.name for t in TOPICS}
    for row in STAGES:
        assert {*row.sources, row.sink} <= names
    assert all(t.writers and t.readers for t in TOPICS)


def test_no_subscriber_acknowledges_before_its_work_is_done() -> None:
    # FastStream's default policy commits before the handler runs; ours must be named wherever a subscriber is made.
    text = (ROOT / "runtime" / "consumer.py").read_text(encoding="utf-8")
    assert ".subscriber(" in text
    assert text.count(".subscriber(") == text.count("AckPolicy.MANUAL")
    others = [p for p in ROOT.glob("*/**/*.py") if p.parts[len(ROOT.parts)] in {"services", "contracts", "runtime"}]
    offenders = [
        p
        for p in others
        if p.name not in {"kafka.py", "kafka_security.py", "consumer.py"} and "from faststream" in p.read_text("utf-8")
    ]
    assert offenders == []


def test_only_these_modules_know_the_kafka_client() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for folder in ("contracts", "runtime", "services")
        for path in (ROOT / folder).rglob("*.py")
        if "import aiokafka" in (text := path.read_text(encoding="utf-8")) or "from aiokafka" in text
    }
    names = ("kafka", "consumer", "producer", "forgetful", "topics")
    assert users == {f"runtime/{name}.py" for name in names}


def test_only_the_gateway_touches_postgres() -> None:
    users = [p for p in (ROOT / "services").rglob("*.py") if "asyncpg" in p.read_text(encoding="utf-8")]
    assert users
    assert all("gateway" in p.parts for p in users)
