"""The manifests, held to what they promise: nothing is writable, reachable or lost that need not be."""

import copy
import importlib
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from contracts.topics import STAGES, TOPICS, UPLOADED, dead_topic, retry_topic
from runtime import metrics
from services.gateway.database import MIGRATION_SECONDS, PATIENCE

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
CANARY = documents(K8S / "components" / "canary" / "canary.yaml")
MONITORING = documents(*(K8S / "components" / "monitoring" / f"{name}.yaml" for name in ("podmonitors", "rules")))
STRIMZI = documents(*(K8S / "components" / "strimzi" / f"{name}.yaml" for name in ("topics", "users")))


def of_kind(kind: str, items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["metadata"]["name"]: item for item in items if item["kind"] == kind}


def monitoring_errors(item: dict[str, Any]) -> list[str]:
    """What the operator's own definition of the resource, read strictly, has against it."""
    name = f"prometheus-operator-{item['kind'].lower()}.json"
    schema = json.loads((Path(__file__).parent / "schemas" / name).read_text())
    return [
        f"{error.json_path}: {error.message}" for error in jsonschema.Draft202012Validator(schema).iter_errors(item)
    ]


def pods() -> dict[str, dict[str, Any]]:
    return {
        name: item["spec"]["template"]
        for kind in ("Deployment", "Job")
        for name, item in of_kind(kind, [*BASE, *CANARY]).items()
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
        "gateway": blobs | {"REDINK_POSTGRES_DSN", "REDINK_ADMIN_TOKEN", "REDINK_CANARY_KEY", "REDINK_LLM_API_KEY"},
        "canary": {"REDINK_CANARY_KEY"},
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


def test_a_gateway_is_not_killed_while_it_waits_for_the_schema() -> None:
    probe = pods()["gateway"]["spec"]["containers"][0]["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= PATIENCE + MIGRATION_SECONDS


def test_nothing_is_reachable_that_is_not_named() -> None:
    policies = of_kind("NetworkPolicy", [*BASE, *CANARY])
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
        standing = {lag["topic"]: lag["excludePersistentLag"] for lag in lags}
        assert standing == dict.fromkeys(row.sources, "false") | {retry_topic(row.name): "true"}
        (age,) = [trigger["metadata"]["query"] for trigger in spec["triggers"] if trigger["type"] == "prometheus"]
        assert "redink_stage_oldest_unprocessed_age_seconds" in age


@pytest.mark.parametrize("item", MONITORING, ids=lambda item: item["metadata"]["name"])
def test_what_the_prometheus_operator_is_told_is_what_it_knows(item: dict[str, Any]) -> None:
    assert monitoring_errors(item) == []
    if item["kind"] == "PrometheusRule":
        slip = copy.deepcopy(item)
        slip["spec"]["groups"][0]["rules"][0]["expression"] = "up"
        assert any("'expression' was unexpected" in error for error in monitoring_errors(slip))
    else:
        slip = copy.deepcopy(item)
        slip["spec"]["podMetricsEndpoints"][0]["intervall"] = "15s"
        assert any("'intervall' was unexpected" in error for error in monitoring_errors(slip))


def test_a_replica_at_work_asks_for_no_second_one_and_a_batch_waits_longer() -> None:
    for row in STAGES:
        (pod,) = pods()[row.name]["spec"]["containers"]
        assert not any("CONCURRENCY" in variable["name"] for variable in pod.get("env", []))  # so the default holds
        settings = importlib.import_module(f"services.{row.name}.settings")
        (places,) = [
            fields["concurrency"].default
            for fields in (getattr(each, "model_fields", {}) for each in vars(settings).values())
            if "concurrency" in fields
        ]
        triggers = of_kind("ScaledObject", KEDA)[row.name]["spec"]["triggers"]
        lags = {
            one["metadata"]["topic"]: int(one["metadata"]["lagThreshold"]) for one in triggers if one["type"] == "kafka"
        }
        assert min(lags.values()) > places
        if row.name == "ocr":
            assert lags[UPLOADED["batch"]] > 4 * lags[UPLOADED["interactive"]]


def test_the_canary_reaches_the_gateway_and_no_store() -> None:
    policies = of_kind("NetworkPolicy", CANARY)
    canary, gateway = ({**OURS, "app.kubernetes.io/name": name} for name in ("canary", "gateway"))
    out, into = policies["canary"]["spec"], policies["canary-to-gateway"]["spec"]
    assert (out["podSelector"], into["podSelector"]) == ({"matchLabels": canary}, {"matchLabels": gateway})
    assert [rule["to"] for rule in out["egress"]] == [[{"podSelector": {"matchLabels": gateway}}]]
    assert [rule["from"] for rule in into["ingress"]] == [[{"podSelector": {"matchLabels": canary}}]]
    (container,) = pods()["canary"]["spec"]["containers"]
    environment = {each["name"]: each["value"] for each in container["env"]}
    (host,) = re.findall(r"^http://([a-z]+)$", environment["REDINK_CANARY_URL"])
    assert host in of_kind("Service", BASE)
    for item in CANARY:
        kubernetes_validate.validate(item, KUBERNETES, strict=True)


def test_the_operators_rules_are_those_that_are_tested() -> None:
    groups = [
        group
        for path in sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"))
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
    ]
    rules = of_kind("PrometheusRule", MONITORING).values()
    assert [group for rule in rules for group in rule["spec"]["groups"]] == groups


def test_the_operator_scrapes_every_service_under_the_names_that_rules_and_dashboards_know() -> None:
    """Fields as the operator's API (monitoring.coreos.com/v1) has them: it would drop others without a word."""
    served = {name for name, pod in pods().items() if any(c.get("ports") for c in pod["spec"]["containers"])}
    scraped = {}
    for name, monitor in of_kind("PodMonitor", MONITORING).items():
        assert monitor["spec"].keys() <= {"selector", "podMetricsEndpoints"}
        selector = monitor["spec"]["selector"]
        unwanted = {value for each in selector.get("matchExpressions", []) for value in each["values"]}
        wanted = {
            pod
            for pod, template in pods().items()
            if template["metadata"]["labels"].items() >= selector["matchLabels"].items()
        }
        scraped[name] = (wanted & served) - unwanted
        (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
        assert endpoint.keys() == {"port", "interval", "relabelings"}
        assert endpoint["port"] == "http"
        for step in endpoint["relabelings"]:
            assert step.keys() <= {"action", "targetLabel", "replacement", "sourceLabels"}
        assert {"action": "replace", "targetLabel": "job", "replacement": name} in endpoint["relabelings"]
    assert scraped == {"redink": set(NAMES), "redink-canary": {"canary"}}
    of_operator = {"namespace", "pod", "container", "endpoint", "job", "instance", "service"}
    ours = {label for metric in vars(metrics).values() for label in getattr(metric, "_labelnames", ())}
    assert not ours & of_operator  # it would rename ours


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_names_what_exists(overlay: str) -> None:
    folder = K8S / "overlays" / overlay
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    for reference in [*kustomization["resources"], *kustomization.get("components", [])]:
        assert (folder / reference / "kustomization.yaml").is_file(), reference
    deployments = of_kind("Deployment", BASE)
    assert {entry["name"] for entry in kustomization.get("replicas", [])} <= deployments.keys()
    assert {entry["name"] for entry in kustomization.get("images", [])} <= {f"redink-{name}" for name in NAMES}
