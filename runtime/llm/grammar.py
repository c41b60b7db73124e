"""The shape of replies, for servers that let a model write nothing else. Pure."""

from typing import Any

from pydantic import BaseModel

_KEPT = frozenset({"type", "enum", "const", "$ref"})
"""Limits on lengths and numbers stay behind: the fields and their types are what a grammar is for, and a reply is validated
against the whole shape in any case. llama.cpp takes limits, too (seen up to 4,000 characters)."""


def grammar_of(shape: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a shape, of the words alone that all servers know: every field named, none besides but in maps."""
    return _plain(shape.model_json_schema())


def is_closed(schema: Any) -> bool:
    """Whether every object names its fields, without which servers refuse to be strict."""
    if isinstance(schema, dict):
        return not isinstance(schema.get("additionalProperties"), dict) and all(map(is_closed, schema.values()))
    return not isinstance(schema, list) or all(map(is_closed, schema))


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    plain = {word: value for word, value in schema.items() if word in _KEPT}
    if "properties" in schema:
        plain["properties"] = {name: _plain(field) for name, field in schema["properties"].items()}
        plain |= {"required": list(schema["properties"]), "additionalProperties": False}
    elif isinstance(schema.get("additionalProperties"), dict):  # names that nobody knows beforehand
        plain["additionalProperties"] = _plain(schema["additionalProperties"])
    if "items" in schema:
        plain["items"] = _plain(schema["items"])
    if "anyOf" in schema:
        plain["anyOf"] = [_plain(one) for one in schema["anyOf"]]
    if "$defs" in schema:
        plain["$defs"] = {name: _plain(one) for name, one in schema["$defs"].items()}
    return plain
