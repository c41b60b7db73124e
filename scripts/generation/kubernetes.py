"""Kubernetes resources that follow from the map of topics: Strimzi's topics and users, KEDA's ways to scale.

And what follows from the rules of Prometheus: the same, as the operator's resource.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from contracts.topics import STAGES, TOPICS, UPLOADED, StageRow, Topic, retry_topic
from scripts.generation import slos
from services.gateway.capacity.plan import lag_threshold

_FOLDER = "deploy/k8s/components"
_CLUSTER = "redink"
_KAFKA = "redink-kafka-bootstrap.redink:9093"
_RULES_FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules"
_RULES_HEAD = "# Generated from deploy/prometheus/rules by `python -m scripts.generate`.\n"
_HEAD = "# Generated from contracts/topics.py by `python -m scripts.generate`.\n"


class _Load(NamedTuple):
    """What one replica takes on: exams at a time, and seconds of an exam, of a worker and of a place."""

    places: int
    workers: int
    service: float
    held: float


_LOADS = {
    "ocr": _Load(places=4, workers=2, service=2.5, held=2.5),
    "parser": _Load(places=8, workers=1, service=0.03, held=0.1),
    "analyzer": _Load(places=8, workers=1, service=0.03, held=10.0),
    "diagnostic": _Load(places=8, workers=1, service=0.03, held=0.1),
    "report": _Load(places=4, workers=1, service=0.45, held=0.6),
}
"""As docs/capacity.md has them for a paper of two pages, with a model that grades beside the analyzer."""
_WAIT, _BATCH_WAIT = 5.0, 60.0
"""Seconds of records that a replica may have before it gets help: somebody waits for the interactive ones."""
_AGE = 20
"""Seconds that the oldest record of a stage may wait, of the 60 a paper has, before there is another replica."""


def files() -> dict[str, str]:
    """Topics, users with their rights, and scaled objects."""
    return {
        f"{_FOLDER}/strimzi/topics.yaml": _documents(_topic(topic) for topic in TOPICS),
        f"{_FOLDER}/strimzi/users.yaml": _documents(
            [_user("gateway"), *(_user(row.name) for row in STAGES), _scaler()]
        ),
        f"{_FOLDER}/keda/scaledobjects.yaml": _documents(_scaled(row) for row in STAGES),
        f"{_FOLDER}/monitoring/rules.yaml": _documents(_rules(), _RULES_HEAD),
    }


def _documents(items: Iterable[dict[str, Any]], head: str = _HEAD) -> str:
    texts = (yaml.safe_dump(item, sort_keys=False, allow_unicode=True, width=120) for item in items)
    return head + "---\n".join(texts)


def _labels(**more: str) -> dict[str, str]:
    return {"app.kubernetes.io/part-of": "redink", **more}


def _topic(topic: Topic) -> dict[str, Any]:
    return {
        "apiVersion": "kafka.strimzi.io/v1beta2",
        "kind": "KafkaTopic",
        "metadata": {"name": topic.name, "labels": _labels(**{"strimzi.io/cluster": _CLUSTER})},
        "spec": {
            "partitions": topic.partitions,
            "replicas": 3,
            "config": {"retention.ms": topic.retention_ms, "min.insync.replicas": 2},
        },
    }


def _user(name: str) -> dict[str, Any]:
    """Who may read and write what: a stage that was taken over can't say that a report is done."""
    reads = {topic.name for topic in TOPICS if name in topic.readers}
    writes = {topic.name for topic in TOPICS if name in topic.writers}
    if name == "gateway":  # its projection hears of dead letters; operators' tools look at all, and redrive
        reads, writes = {topic.name for topic in TOPICS}, {topic.name for topic in TOPICS}
    acls = [
        *(_right("topic", topic, "Read", "Describe") for topic in sorted(reads)),
        *(_right("topic", topic, "Write", "Describe") for topic in sorted(writes)),
        _right("group", name, "Read", "Describe"),
        *(_right("group", row.name, "Describe") for row in STAGES if name == "gateway"),
    ]
    return _user_with(name, acls)


def _scaler() -> dict[str, Any]:
    """KEDA asks how far groups are, and reads nothing."""
    topics = sorted({topic for row in STAGES for topic in (*row.sources, retry_topic(row.name))})
    return _user_with(
        "keda",
        [
            *(_right("topic", topic, "Describe") for topic in topics),
            *(_right("group", row.name, "Describe") for row in STAGES),
        ],
    )


def _user_with(name: str, acls: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "kafka.strimzi.io/v1beta2",
        "kind": "KafkaUser",
        "metadata": {"name": name, "labels": _labels(**{"strimzi.io/cluster": _CLUSTER})},
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": acls},
        },
    }


def _right(kind: str, name: str, *operations: str) -> dict[str, Any]:
    return {"resource": {"type": kind, "name": name, "patternType": "literal"}, "operations": list(operations)}


def _scaled(row: StageRow) -> dict[str, Any]:
    """One trigger per topic: a group that never committed on one is not found otherwise."""
    most = min(topic.partitions for topic in TOPICS if topic.name in row.sources)
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": row.name, "labels": _labels(**{"app.kubernetes.io/name": row.name})},
        "spec": {
            "scaleTargetRef": {"name": row.name},
            "minReplicaCount": 1,  # a waiting student must not wait for a start
            "maxReplicaCount": most,
            "pollingInterval": 10,
            "cooldownPeriod": 300,
            "fallback": {"failureThreshold": 3, "replicas": 2, "behavior": "currentReplicasIfHigher"},
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": _BEHAVIOUR}},
            "triggers": [*(_lag(row, topic) for topic in (*row.sources, retry_topic(row.name))), _oldest(row)],
        },
    }


_BEHAVIOUR = {
    "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Percent", "value": 100, "periodSeconds": 30}]},
    "scaleDown": {"stabilizationWindowSeconds": 300, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]},
}
"""Up at once, down slowly: every change is a rebalance."""


def _lag(row: StageRow, topic: str) -> dict[str, Any]:
    return {
        "type": "kafka",
        "metadata": {
            "bootstrapServers": _KAFKA,
            "consumerGroup": row.name,
            "topic": topic,
            "lagThreshold": str(lag_threshold(*_LOADS[row.name], _BATCH_WAIT if topic == UPLOADED["batch"] else _WAIT)),
            "offsetResetPolicy": "earliest",  # as the consumers have it: the scaler's own default would see no backlog
            # Retries that wait for their time are lag that stands still. Elsewhere an offset that hasn't moved between two
            # looks is a long exam, and what is behind it counts.
            "excludePersistentLag": str(topic == retry_topic(row.name)).lower(),
            "limitToPartitionsWithLag": "true",
            "sasl": "scram_sha512",
            "tls": "enable",
        },
        "authenticationRef": {"name": "kafka"},
    }


def _oldest(row: StageRow) -> dict[str, Any]:
    return {
        "type": "prometheus",
        "metadata": {
            "serverAddress": "http://prometheus.monitoring:9090",
            "query": f'max(redink_stage_oldest_unprocessed_age_seconds{{stage="{row.name}"}})',
            "threshold": str(_AGE),
            "ignoreNullValues": "true",
        },
    }


def _rules() -> list[dict[str, Any]]:
    """One resource per file, its groups as they are."""
    texts = {path.stem: path.read_text("utf-8") for path in sorted(_RULES_FOLDER.glob("*.yml"))}
    texts |= {
        Path(name).stem: text for name, text in slos.files().items() if name.startswith("deploy/prometheus/rules")
    }
    return [
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": f"redink-{name}", "labels": _labels()},
            "spec": yaml.safe_load(text),
        }
        for name, text in texts.items()
    ]
