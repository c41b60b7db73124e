"""How the API's errors are told in its OpenAPI description."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.gateway.api.examples import PARAMETERS, example_of, with_nulls
from services.gateway.api.views import ProblemView
from services.gateway.core.problems import CATALOGUE, Code
from services.gateway.core.scopes import required

PROBLEM = "application/problem+json"
_SCHEMA = {"$ref": f"#/components/schemas/{ProblemView.__name__}"}
BINARY = {"schema": {"type": "string", "format": "binary"}}
ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "Begun",
        "headers": {
            "Location": {"description": "The exam.", "schema": {"type": "string"}},
            "Operation-Location": {"description": "Its status.", "schema": {"type": "string"}},
            "Retry-After": {"description": "Seconds until a look at it is worth while.", "schema": {"type": "integer"}},
        },
    }
}
CONDITIONAL: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the ETag of `If-None-Match`"}}
_IF_NONE_MATCH: dict[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "ETag of what you have: 304 if current.",
    "schema": {"type": "string"},
}


def ranged(media_type: str) -> dict[int | str, dict[str, Any]]:
    """The answer to a request for a single range."""
    return {206: {"description": "The bytes of `Range`", "content": {media_type: BINARY}}}


_SYNTAX: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
    "Last-Event-ID": {"type": "string", "pattern": "^[0-9]{1,9}$"},
    "after": {"type": "string", "pattern": "^[0-9]{1,9}$"},
}
"""What headers and parameters look like, where the route looks at them itself."""

COMMON = (
    Code.UNAUTHORIZED,
    Code.KEY_REVOKED,
    Code.KEY_EXPIRED,
    Code.INSUFFICIENT_SCOPE,
    Code.NOT_ACCEPTABLE,
    Code.RATE_LIMITED,
    Code.STORE_UNAVAILABLE,
    Code.INTERNAL,
)


def problems(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """The responses of an operation that may refuse with these codes, and those that any may."""
    responses: dict[int | str, dict[str, Any]] = {}
    for code in (*codes, *COMMON):
        kind = CATALOGUE[code]
        content = {PROBLEM: {"schema": _SCHEMA, "examples": {}}}
        entry = responses.setdefault(kind.status, {"description": "", "content": content})
        entry["description"] = "; ".join(filter(None, (entry["description"], f"`{code.value}`: {kind.title}")))
        entry["content"][PROBLEM]["examples"][code.value] = {"value": _example(code)}
    return dict(sorted(responses.items(), key=lambda item: str(item[0])))


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the framework's own ideas of errors replaced by what is really answered."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        tags=app.openapi_tags,
        routes=app.routes,
        webhooks=app.webhooks.routes,
        separate_input_output_schemas=False,
    )
    schemas = document["components"]["schemas"]
    problem = ProblemView.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs") | {ProblemView.__name__: problem}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for schema in schemas.values():
        schema.update({k: [with_nulls(e, schema, schemas) for e in v] for k, v in schema.items() if k == "examples"})
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    for method, operation in (each for path in document["paths"].values() for each in path.items()):
        if "application/json" in operation["responses"].get("422", {}).get("content", {}):
            del operation["responses"]["422"]  # path parameters are texts: nothing to be refused
        if method == "get":
            _tell_condition(operation)
        _complete(operation, document["components"]["schemas"])
    for path, method, operation in ((p, m, o) for p, item in document["paths"].items() for m, o in item.items()):
        scope = required(method.upper(), path)  # OpenAPI 3.1: what a key must be made for
        operation["security"] = [
            {name: [scope] if scope and name == "ApiKey" else [] for name in known} for known in operation["security"]
        ]
    for operation in (operation for path in document["webhooks"].values() for operation in path.values()):
        operation["responses"] = {"2XX": {"description": "Received; anything else is sent again."}}
    return document


def _tell_condition(operation: dict[str, Any]) -> None:
    """Every JSON answer has an ETag, and what is stored besides: who sends it again is spared the rest."""
    answers = operation["responses"]
    if "application/json" in answers.get("200", {}).get("content", {}):
        answers.setdefault("304", CONDITIONAL[304])
        operation["responses"] = dict(sorted(answers.items()))
    if "304" in answers:
        operation.setdefault("parameters", []).append(dict(_IF_NONE_MATCH))


def _complete(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """What holds of parameters and bodies everywhere, said of each: their syntax, and an example."""
    for parameter in operation.get("parameters", ()):
        given = [kind for kind in parameter["schema"].get("anyOf", ()) if kind != {"type": "null"}]
        if len(given) == 1:  # what is optional is left out: nobody can send null in a URL or a header
            parameter["schema"] = {**given[0], **{k: v for k, v in parameter["schema"].items() if k != "anyOf"}}
        if "pattern" not in parameter["schema"]:
            parameter["schema"] |= _SYNTAX.get(parameter["name"], {})
        if not ({"example", "examples"} & (parameter.keys() | parameter["schema"].keys())):
            known = PARAMETERS.get(parameter["name"])
            fits = known is not None and len(str(known)) <= parameter["schema"].get("maxLength", len(str(known)))
            parameter["example"] = known if fits else example_of(parameter["schema"], schemas)
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for media in (media for body in bodies for media in body.get("content", {}).values()):
        if not ({"example", "examples"} & media.keys()):
            media["example"] = example_of(media.get("schema", {}), schemas)


def _example(code: Code) -> dict[str, Any]:
    kind = CATALOGUE[code]
    return {
        "type": f"urn:redink:problem:{code.value}",
        "title": kind.title,
        "status": kind.status,
        "code": code.value,
        "detail": kind.detail,
        "instance": "/api/v1/exams",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
