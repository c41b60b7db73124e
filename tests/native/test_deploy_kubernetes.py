"""The manifests, held to what they promise: nothing is writable, reachable or lost that need not be."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from contracts.topics import STAGES, TOPICS, dead_topic, retry_topic

ROOT = Path(__file__).parents[2]
K8S = ROOT / "deploy" / "k8s"
KUBERNETES = "1.34"
NAMES = [*(row.name for row in STAGES), "gateway"]
OVERLAYS = sorted(path.parent.name for path in (K8S / "overlays").glob("*/kustomization.yaml"))
OURS = {"app.kubernetes.io/part-of": "redink"}


def documents(*paths: Path) -> list[dict[str, Any]]:
    return [item for path in paths for item in yaml.safe_load_all(path.read_text("utf-8"))]


BASE = documents(*(path for path in sorted((K8S / "base").glob("*.yaml")) if path.name != "kustomization.yaml"))
KEDA = documents(*(K8S / "components" / "keda" / f"{name}.yaml" for name in ("authentication", "scaledobjects")))
STRIMZI = documents(*(K8S / "components" / "strimzi" / f"{name}.yaml" for name in ("topics", "users")))


def of_kind(kind: str, items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["metadata"]["name"]: item for item in items if item["kind"] == kind}


def pods() -> dict[str, dict[str, Any]]:
    return {
        name: item["spec"]["template"] for kind in ("Deployment", "Job") for name, item in of_kind(kind, BASE).items()
    }


def test_every_container_is_locked_down_and_limited() -> None:
    for name, template in pods().items():
        pod = template["spec"]
        assert template["metadata"]["labels"].items() >= OURS.items(), name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("redink", False), name
        for container in pod["containers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] is True, name
            assert security["allowPrivilegeEscalation"] is False, name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}, name
            assert container["resources"]["limits"].keys() >= {"memory", "ephemeral-storage"}, name


def test_secrets_are_files_and_never_variables() -> None:
    for name, template in pods().items():
        for container in template["spec"]["containers"]:
            for variable in container.get("env", []):
                assert "valueFrom" not in variable, name
            assert all("secretRef" not in source for source in container.get("envFrom", [])), name


def test_a_pod_gets_only_the_secrets_of_its_service() -> None:
    given = {}
    for name, template in pods().items():
        volumes = [volume for volume in template["spec"].get("volumes", []) if volume["name"] == "secrets"]
        sources = [source["secret"] for volume in volumes for source in volume["projected"]["sources"]]
        given[name] = {item["path"] for source in sources for item in source["items"]}
    blobs = {"REDINK_BLOBS_S3_ACCESS_KEY", "REDINK_BLOBS_S3_SECRET_KEY"}
    assert given == {
        "gateway": blobs | {"REDINK_POSTGRES_DSN", "REDINK_ADMIN_TOKEN"},
        "analyzer": blobs | {"REDINK_LLM_API_KEY"},
        "migrate": {"REDINK_POSTGRES_DSN"},
        "topics": set(),
    } | dict.fromkeys(("ocr", "parser", "diagnostic", "report"), blobs)


@pytest.mark.parametrize("name", NAMES)
def test_a_service_spreads_drains_and_is_not_evicted_as_a_whole(name: str) -> None:
    pod = pods()[name]["spec"]
    keys = [constraint["topologyKey"] for constraint in pod["topologySpreadConstraints"]]
    assert keys == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    assert all(
        c["labelSelector"]["matchLabels"]["app.kubernetes.io/name"] == name for c in pod["topologySpreadConstraints"]
    )
    budget = of_kind("PodDisruptionBudget", BASE)[name]["spec"]
    assert (budget["maxUnavailable"], budget["selector"]["matchLabels"]["app.kubernetes.io/name"]) == (1, name)
    grace, pause = (
        pod["terminationGracePeriodSeconds"],
        pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"],
    )
    drain = float(of_kind("ConfigMap", BASE)["redink"]["data"]["REDINK_FLOW_DRAIN_SECONDS"])
    assert pause + drain + 25 <= grace == 90


def test_nothing_is_reachable_that_is_not_named() -> None:
    policies = of_kind("NetworkPolicy", BASE)
    deny = policies["default-deny"]["spec"]
    assert deny == {"podSelector": {"matchLabels": OURS}, "policyTypes": ["Ingress", "Egress"]}
    for name, policy in policies.items():
        for rule in [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]:
            assert rule.get("to") or rule.get("from"), f"{name}: from or to everywhere"
            assert rule["ports"], f"{name}: any port"
    assert policies["database"]["spec"]["podSelector"]["matchExpressions"][0]["values"] == ["gateway", "migrate"]
    private = policies["world"]["spec"]["egress"][0]["to"][0]["ipBlock"]["except"]
    assert {"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"} <= set(private)


def test_every_topic_and_right_follows_from_the_map_of_topics() -> None:
    assert of_kind("KafkaTopic", STRIMZI).keys() == {topic.name for topic in TOPICS}
    rights = {
        name: {
            (acl["resource"]["name"], operation)
            for acl in user["spec"]["authorization"]["acls"]
            for operation in acl["operations"]
        }
        for name, user in of_kind("KafkaUser", STRIMZI).items()
    }
    for row in STAGES:
        written = {name for name, operation in rights[row.name] if operation == "Write"}
        assert written == {row.sink, "redink.exam.status.v1", retry_topic(row.name), dead_topic(row.name)}
    assert not any(operation in {"Read", "Write"} for _, operation in rights["keda"])


def test_scaled_objects_are_valid_and_begin_at_the_earliest_record() -> None:
    schema = json.loads((Path(__file__).parent / "schemas" / "keda-scaledobject.json").read_text())
    scaled = of_kind("ScaledObject", KEDA)
    assert scaled.keys() == {row.name for row in STAGES}
    for row in STAGES:
        jsonschema.Draft202012Validator(schema).validate(scaled[row.name])
        spec = scaled[row.name]["spec"]
        assert spec.keys() <= schema["properties"]["spec"]["properties"].keys()
        assert spec["scaleTargetRef"]["name"] in of_kind("Deployment", BASE)
        assert 1 == spec["minReplicaCount"] < spec["maxReplicaCount"] <= 12
        lags = [trigger["metadata"] for trigger in spec["triggers"] if trigger["type"] == "kafka"]
        assert [lag["topic"] for lag in lags] == [*row.sources, retry_topic(row.name)]
        assert {(lag["consumerGroup"], lag["offsetResetPolicy"]) for lag in lags} == {(row.name, "earliest")}
        (age,) = [trigger["metadata"]["query"] for trigger in spec["triggers"] if trigger["type"] == "prometheus"]
        assert "redink_stage_oldest_unprocessed_age_seconds" in age


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_names_what_exists(overlay: str) -> None:
    folder = K8S / "overlays" / overlay
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    for reference in [*kustomization["resources"], *kustomization.get("components", [])]:
        assert (folder / reference / "kustomization.yaml").is_file(), reference
    deployments = of_kind("Deployment", BASE)
    assert {entry["name"] for entry in kustomization.get("replicas", [])} <= deployments.keys()
    assert {entry["name"] for entry in kustomization.get("images", [])} <= {f"redink-{name}" for name in NAMES}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl, which has kustomize, is not installed")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_builds_into_valid_resources(overlay: str) -> None:
    command = ["kubectl", "kustomize", str(K8S / "overlays" / overlay)]
    built = list(yaml.safe_load_all(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    for item in built:
        if not item["apiVersion"].startswith(("keda.sh", "kafka.strimzi.io")):
            kubernetes_validate.validate(item, KUBERNETES, strict=True)
    scaled = of_kind("ScaledObject", built)
    for name, deployment in of_kind("Deployment", built).items():
        assert ("replicas" in deployment["spec"]) is (name not in scaled), name
    for secured in of_kind("KafkaUser", built).keys() & of_kind("Deployment", built).keys():
        container = of_kind("Deployment", built)[secured]["spec"]["template"]["spec"]["containers"][0]
        assert {"name": "REDINK_KAFKA_USERNAME", "value": secured} in container["env"]
