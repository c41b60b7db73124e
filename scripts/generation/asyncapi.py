"""AsyncAPI 3.0 of the topics: what each stage receives and sends."""

from typing import Any

from contracts.topics import TOPICS, Topic
from scripts.generation import as_json

HEADERS = {
    "ce_specversion": "CloudEvents version, 1.0",
    "ce_id": "derived from exam, stage and revision: equal for every retry",
    "ce_source": "/redink/<stage>",
    "ce_type": "the topic's name",
    "ce_subject": "the exam's id",
    "ce_tenant": "whose turn it takes in a queue; no proof of anything",
    "ce_time": "when the record was made, RFC 3339",
    "traceparent": "W3C trace context of the upload",
    "x-attempt": "1 on the first try",
    "x-due-ms": "retry topics only: not before this Unix time",
}


def files() -> dict[str, str]:
    """`docs/asyncapi.json`."""
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Redink pipeline",
            "version": "1.0.0",
            "description": "Records are keyed by exam_id, follow CloudEvents in Kafka binary mode, carry references to "
            "artefacts and never page bytes or exam text, and stay under 64 KiB.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": _operations(),
        "components": {"messages": _messages()},
    }
    return {"docs/asyncapi.json": as_json(document)}


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": topic.doc,
        "messages": {topic.model.__name__: {"$ref": f"#/components/messages/{topic.model.__name__}"}},
        "bindings": {
            "kafka": {"partitions": topic.partitions, "topicConfiguration": {"retention.ms": topic.retention_ms}}
        },
    }


def _operations() -> dict[str, Any]:
    out: dict[str, Any] = {}
    for topic in TOPICS:
        channel = {"$ref": f"#/channels/{topic.name}"}
        for writer in topic.writers:
            out[f"{writer}.sends.{topic.name}"] = {"action": "send", "channel": channel}
        for reader in topic.readers:
            out[f"{reader}.receives.{topic.name}"] = {"action": "receive", "channel": channel}
    return out


def _messages() -> dict[str, Any]:
    headers = {"type": "object", "properties": {k: {"type": "string", "description": v} for k, v in HEADERS.items()}}
    by_model = {topic.model.__name__: topic for topic in TOPICS}
    return {
        name: {
            "name": name,
            "summary": (topic.model.__doc__ or "").strip(),
            "headers": headers,
            "payload": {
                "schemaFormat": "application/schema+json;version=draft-2020-12",
                "schema": {"$ref": f"../contracts/schemas/topics/{topic.name}.json"},
            },
        }
        for name, topic in by_model.items()
    }
