"""Examples for whatever in the API's description has none: of parameters by name, of bodies from their fields."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.gateway.core.cursor import Cursor, encode

_ID = "0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d"
_MOMENT = "2026-11-22T03:14:15.926Z"

PARAMETERS: dict[str, Any] = {
    "Idempotency-Key": "6f1d1c53-6e1a-4e0f-9d3b-0b2f6c8f7a41",
    "If-Match": '"9f86d081884c7d659a2feaa0c55ad015"',
    "If-None-Match": '"9f86d081884c7d659a2feaa0c55ad015"',
    "Last-Event-ID": "0",
    "Prefer": "wait=20",
    "Redink-Actor": "teacher-17",
    "after": "0",
    "class_id": "7-2",
    "created_after": "2026-11-01T00:00:00Z",
    "created_before": "2026-12-01T00:00:00Z",
    "cursor": encode(Cursor(datetime(2026, 11, 22, 3, 14, 15, tzinfo=UTC), UUID(_ID))),
    "delivery_id": "0f5b0ad4-6d5c-5f5e-8d8b-3c55f1f6a3b1",
    "exam_id": _ID,
    "grade": 7,
    "name": "七年级数学期中",
    "student_id": "s-1024",
    "subject": "math",
    "title": "七年级数学期中试卷",
    "total_score": 100,
}
_STRINGS = {
    "date-time": _MOMENT,
    "uuid": _ID,
    "uri": "https://school.example/hooks/redink",
    "binary": "…",
}
_DEEPEST = 12


def example_of(schema: dict[str, Any], schemas: dict[str, Any], depth: int = 0) -> Any:
    """A value of a JSON schema, from its own examples and defaults as far as it has any. `schemas` by name."""
    if reference := schema.get("$ref"):
        return example_of(schemas[reference.rpartition("/")[2]], schemas, depth)
    for given in ("examples", "enum"):
        if schema.get(given):
            return schema[given][0]
    for given in ("example", "default", "const"):
        if schema.get(given) not in (None, [], {}):
            return schema[given]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example_of(schema[several][0], schemas, depth)
    return _of_type(schema, schemas, depth + 1)


def with_nulls(example: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The example with null where a required part is missing: the framework drops nulls from what it describes."""
    if reference := schema.get("$ref"):
        return with_nulls(example, schemas[reference.rpartition("/")[2]], schemas)
    if isinstance(example, list) and "items" in schema:
        return [with_nulls(item, schema["items"], schemas) for item in example]
    if not isinstance(example, dict):
        return example
    for kind in schema.get("anyOf", ()):
        example = with_nulls(example, kind, schemas)
    parts = schema.get("properties", {})
    missing = {name: None for name in schema.get("required", ()) if name not in example}
    return {name: with_nulls(part, parts.get(name, {}), schemas) for name, part in (example | missing).items()}


def _of_type(schema: dict[str, Any], schemas: dict[str, Any], depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return {name: example_of(part, schemas, depth) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return _items(schema, schemas, depth)
    if kind == "string":
        return _STRINGS.get(schema.get("format", ""), "…"[: schema.get("maxLength", 1)] or "")
    if kind in {"integer", "number"}:
        return schema.get("minimum", schema.get("exclusiveMinimum", 0) + ("exclusiveMinimum" in schema))
    return kind == "boolean" or None


def _items(schema: dict[str, Any], schemas: dict[str, Any], depth: int) -> list[Any]:
    if "prefixItems" in schema:
        return [example_of(part, schemas, depth) for part in schema["prefixItems"]]
    if depth > _DEEPEST or "items" not in schema:
        return []
    return [example_of(schema["items"], schemas, depth)] * max(1, schema.get("minItems", 1))
