"""What schemathesis is told of the API, held to the API: a list that it isn't told of is found only by a long run."""

import re
import tomllib
from pathlib import Path
from typing import Any

from services.gateway.api.application import openapi_document

CONFIG = Path(__file__).parents[2] / "component" / "gateway" / "schemathesis.toml"


def test_every_call_with_a_cursor_may_refuse_one_that_it_never_gave() -> None:
    told = [
        re.compile(each["include-name-regex"])
        for each in tomllib.loads(CONFIG.read_text("utf-8"))["operations"]
        if "400" in each["checks"].get("positive_data_acceptance", {}).get("expected-statuses", ())
    ]
    with_cursor = [
        f"{method.upper()} {path}"
        for path, item in openapi_document()["paths"].items()
        for method, operation in item.items()
        if method != "head" and any(one.get("name") == "cursor" for one in operation.get("parameters", ()))
    ]
    assert len(with_cursor) > 8
    assert [name for name in with_cursor if not any(regex.search(name) for regex in told)] == []


def test_a_call_whose_query_can_be_refused_says_so() -> None:
    limits = {"maxLength", "minLength", "pattern", "maximum", "minimum", "enum"}
    silent = [
        (method, path, one["name"])
        for path, item in openapi_document()["paths"].items()
        for method, operation in item.items()
        for one in operation.get("parameters", ())
        if one.get("in") == "query" and _words(one["schema"]) & limits and "422" not in operation["responses"]
    ]
    assert silent == []


def _words(schema: Any) -> set[str]:
    """All keywords in a schema."""
    if isinstance(schema, list):
        return set().union(*map(_words, schema))
    if isinstance(schema, dict):
        return schema.keys() | set().union(*map(_words, schema.values()))
    return set()
