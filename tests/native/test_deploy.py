"""What runs us elsewhere: Dockerfile, compose file, manifests, Prometheus, checked by the tools of each."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from contracts.topics import STAGES

ROOT = Path(__file__).parents[2]
BASE = ROOT / "deploy" / "k8s" / "base"
SERVICES = [*(row.name for row in STAGES), "gateway"]
MANIFESTS = sorted(path for path in BASE.glob("*.yaml") if path.name != "kustomization.yaml")
KUBERNETES = "1.34"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_the_dockerfile_passes_hadolint() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    result = subprocess.run([hadolint, ROOT / "deploy" / "Dockerfile"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_the_dockerfile_copies_what_exists_and_the_ignore_file_lets_it_through() -> None:
    recipe = (ROOT / "deploy" / "Dockerfile").read_text()
    allowed = [
        line[1:] for line in (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"
    ]
    copies = [line.split()[1:-1] for line in recipe.splitlines() if line.startswith("COPY") and "--from" not in line]
    for source in (word for words in copies for word in words):
        assert any(source == path or source.startswith(f"{path}/") for path in allowed), source
        if source != "services/__main__.py":
            for service in SERVICES:
                assert (ROOT / source.replace("${SERVICE}", service)).exists(), source


def test_the_compose_file_is_valid(compose: dict[str, Any]) -> None:
    schema = json.loads((Path(__file__).parent / "schemas" / "compose-spec.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(compose)


def test_compose_names_what_it_defines(compose: dict[str, Any]) -> None:
    services, secrets, volumes = compose["services"], compose["secrets"], compose["volumes"]
    for name, service in services.items():
        assert "container_name" not in service, f"{name}: a fixed name cannot be scaled"
        assert service.get("depends_on", {}).keys() <= services.keys()
        assert set(service.get("secrets", [])) <= secrets.keys()
        named = {str(volume).split(":")[0] for volume in service.get("volumes", [])}
        assert {volume for volume in named if not volume.startswith(".")} <= volumes.keys()
        assert service["deploy"]["resources"]["limits"], name


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_locked_down_in_compose(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "/readyz" in " ".join(service["healthcheck"]["test"])
    assert service["build"]["args"]["SERVICE"] == name
    assert not any("SECRET" in key or "DSN" in key for key in service["environment"])


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_a_manifest_is_valid(path: Path) -> None:
    for manifest in yaml.safe_load_all(path.read_text()):
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_the_kustomization_lists_every_manifest() -> None:
    kustomization = yaml.safe_load((BASE / "kustomization.yaml").read_text())
    assert sorted(kustomization["resources"]) == [path.name for path in MANIFESTS]
    assert {image["name"] for image in kustomization["images"]} == {f"redink-{name}" for name in SERVICES}


@pytest.mark.parametrize("name", SERVICES)
def test_a_deployment_has_probes_and_time_to_drain(name: str) -> None:
    deployment = next(iter(yaml.safe_load_all((BASE / f"{name}.yaml").read_text())))
    pod = deployment["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["terminationGracePeriodSeconds"] == 90
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["resources"]["limits"]["memory"]


def test_ocr_has_the_memory_and_the_cpus_for_its_workers_whatever_the_host_has(compose: dict[str, Any]) -> None:
    config = next(iter(yaml.safe_load_all((BASE / "config.yaml").read_text())))["data"]
    pod = next(iter(yaml.safe_load_all((BASE / "ocr.yaml").read_text())))["spec"]["template"]["spec"]
    container = compose["services"]["ocr"]
    places = [
        (config["REDINK_OCR_WORKERS"], pod["containers"][0]["resources"]["limits"], "cpu", "Gi"),
        (container["environment"]["REDINK_OCR_WORKERS"], container["deploy"]["resources"]["limits"], "cpus", "G"),
    ]
    for workers, limits, cpus, unit in places:
        assert int(workers) <= int(limits[cpus])
        assert 0.8 * int(workers) + 1.3 <= int(limits["memory"].removesuffix(unit)), "and itself, and what opens files"


@pytest.mark.parametrize("name", SERVICES)
def test_a_pod_that_starts_while_a_store_is_away_is_not_killed_for_it(name: str) -> None:
    deployment = next(iter(yaml.safe_load_all((BASE / f"{name}.yaml").read_text())))
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert container["startupProbe"]["httpGet"]["path"] == "/healthz", "/readyz asks for what others keep"


def test_prometheus_scrapes_every_service() -> None:
    config = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    names = config["scrape_configs"][0]["dns_sd_configs"][0]["names"]
    assert sorted(names) == sorted(SERVICES)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus)")
def test_promtool_accepts_the_configuration() -> None:
    path = ROOT / "deploy" / "prometheus" / "prometheus.yml"
    result = subprocess.run(["promtool", "check", "config", path], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_secrets_are_made_once(tmp_path: Path, compose: dict[str, Any]) -> None:
    folder = tmp_path / "secrets"
    command = ["sh", ROOT / "scripts" / "secrets.sh", folder]
    subprocess.run(command, check=True, capture_output=True)
    first = {path.name: path.read_text() for path in folder.iterdir()}
    subprocess.run(command, check=True, capture_output=True)
    assert first == {path.name: path.read_text() for path in folder.iterdir()}
    assert first.keys() == compose["secrets"].keys()
    assert first["postgres_password"] in first["REDINK_POSTGRES_DSN"]


def test_the_entrypoint_becomes_the_service(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$$ $*"\n')
    python.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SERVICE": "ocr"}
    for arguments, expected in (([], "-m services ocr"), (["topics"], "-m services topics")):
        command = ["sh", str(ROOT / "deploy" / "entrypoint.sh"), *arguments]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stdout.read() == f"{process.pid} {expected}\n"  # the same process: signals reach it


@pytest.mark.parametrize("name", [*SERVICES, "all"])
def test_a_lock_has_what_the_project_asks_for(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *(extras[name] if name in extras else chain(*extras.values()))]
    locked = {line.split(" ")[0] for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()}
    pinned = {re.sub(r"\[.*\]", "", item).lower() for item in asked if "==" in item}
    assert pinned <= locked, "run `make lock`"
