"""The overlays as a cluster would get them: valid resources, in which a linter of policies finds nothing."""

import copy
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.native.overlays import OVERLAYS, NoKustomize, built, judged
from tests.native.test_deploy_kubernetes import KUBERNETES, monitoring_errors, of_kind

Pod = dict[str, Any]


@pytest.fixture(scope="module")
def overlays() -> dict[str, str]:
    """YAML by name. Only outside CI may a machine lack what builds them."""
    try:
        return {overlay.name: built(overlay) for overlay in OVERLAYS}
    except NoKustomize as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.mark.parametrize("name", [overlay.name for overlay in OVERLAYS])
def test_an_overlay_builds_into_valid_resources(overlays: dict[str, str], name: str) -> None:
    items = list(yaml.safe_load_all(overlays[name]))
    for item in items:
        if item["apiVersion"].startswith("monitoring.coreos.com"):
            assert monitoring_errors(item) == []
        elif not item["apiVersion"].startswith(("keda.sh", "kafka.strimzi.io")):
            kubernetes_validate.validate(item, KUBERNETES, strict=True)
    scaled = of_kind("ScaledObject", items)
    for deployed, deployment in of_kind("Deployment", items).items():
        assert ("replicas" in deployment["spec"]) is (deployed not in scaled), deployed
    for secured in of_kind("KafkaUser", items).keys() & of_kind("Deployment", items).keys():
        container = of_kind("Deployment", items)[secured]["spec"]["template"]["spec"]["containers"][0]
        assert {"name": "REDINK_KAFKA_USERNAME", "value": secured} in container["env"]


@pytest.mark.parametrize("name", [overlay.name for overlay in OVERLAYS])
def test_a_linter_of_policies_finds_nothing_in_an_overlay(overlays: dict[str, str], name: str, tmp_path: Path) -> None:
    path = tmp_path / "overlay.yaml"
    path.write_text(overlays[name])
    report = judged(path)
    found = {
        (check["check_id"], check["check_name"], check["resource"]) for check in report["results"]["failed_checks"]
    }
    assert found == set()
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 500


def _as_root(pod: Pod) -> None:
    del pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]


def _privileged(pod: Pod) -> None:
    pod["containers"][0]["securityContext"]["privileged"] = True


def _capable(pod: Pod) -> None:
    del pod["containers"][0]["securityContext"]["capabilities"]


def _on_the_hosts_network(pod: Pod) -> None:
    pod["hostNetwork"] = True


def _unlimited(pod: Pod) -> None:
    del pod["containers"][0]["resources"]["limits"]


def _with_the_clusters_token(pod: Pod) -> None:
    pod["automountServiceAccountToken"] = True


def _told_a_secret(pod: Pod) -> None:
    secret = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "redink", "key": "admin-token"}}}
    pod["containers"][0].setdefault("env", []).append(secret)


MISTAKES: dict[Callable[[Pod], None], str] = {
    _as_root: "CKV_K8S_23",
    _privileged: "CKV_K8S_16",
    _capable: "CKV_K8S_37",
    _on_the_hosts_network: "CKV_K8S_19",
    _unlimited: "CKV_K8S_13",
    _with_the_clusters_token: "CKV_K8S_38",
    _told_a_secret: "CKV_K8S_35",
}


def test_the_linter_sees_each_mistake(overlays: dict[str, str], tmp_path: Path) -> None:
    parser = of_kind("Deployment", list(yaml.safe_load_all(overlays["single"])))["parser"]
    for mistake in MISTAKES:
        bad = copy.deepcopy(parser)
        bad["metadata"]["name"] = mistake.__name__.strip("_").replace("_", "-")
        mistake(bad["spec"]["template"]["spec"])
        (tmp_path / f"{mistake.__name__}.yaml").write_text(yaml.safe_dump(bad))
    failed = judged(tmp_path)["results"]["failed_checks"]
    found = {(Path(check["file_path"]).stem, check["check_id"]) for check in failed}
    assert {(mistake.__name__, check) for mistake, check in MISTAKES.items()} <= found
    sound = found - {(mistake.__name__, check) for mistake, check in MISTAKES.items()}
    assert not {check for _, check in sound} & set(MISTAKES.values())  # one who did not err is not accused
