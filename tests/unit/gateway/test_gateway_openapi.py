"""The API's description is what client developers generate their code from."""

import json
from typing import Any

import jsonschema
import pytest

from services.gateway.api.application import openapi_document
from services.gateway.core.problems import Code
from services.gateway.core.scopes import required

DOCUMENT = openapi_document()
OPERATIONS = [
    pytest.param(path, method, operation, id=f"{method} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_says_how_it_is_called_and_how_it_refuses(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    needed = required(method.upper(), path)
    assert needed is not None
    tickets = [{"Ticket": []}] if path.endswith("/events") else []
    assert operation["security"] == [{"ApiKey": [needed]}, *tickets]
    errors = {status: answer for status, answer in operation["responses"].items() if int(status) >= 400}
    assert {"401", "500", "503"} <= set(errors)
    assert ("{exam_id}" in path) <= ("404" in errors)
    for status, answer in errors.items():
        assert list(answer["content"]) == ["application/problem+json"]
        for code, example in answer["content"]["application/problem+json"]["examples"].items():
            assert Code(code)
            assert example["value"]["status"] == int(status)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_parameter_body_and_answer_has_an_example_that_fits_its_schema(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    parts = [(parameter["name"], parameter["schema"], parameter) for parameter in operation.get("parameters", ())]
    bodies = [("body", operation.get("requestBody", {})), *operation["responses"].items()]
    parts += [(name, media["schema"], media) for name, body in bodies for media in body.get("content", {}).values()]
    for name, schema, holder in parts:
        given = [holder["example"]] if "example" in holder else _examples(holder) or _examples(schema)
        assert given, (path, method, name)
        whole = jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})
        wrong = [error for example in given for error in whole.iter_errors(example)]
        assert not wrong or schema.get("format") == "binary", (name, wrong)


def _examples(holder: dict[str, Any]) -> list[Any]:
    found = holder.get("examples", [])
    return [named["value"] for named in found.values()] if isinstance(found, dict) else list(found)


def test_every_reference_has_its_schema() -> None:
    text = json.dumps(DOCUMENT)
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named == set(DOCUMENT["components"]["schemas"])


def test_the_upload_is_described_as_a_form_with_files() -> None:
    body = DOCUMENT["paths"]["/api/v1/exams"]["post"]["requestBody"]
    schema = body["content"]["multipart/form-data"]["schema"]
    assert schema["required"] == ["files", "subject", "grade"]
    assert schema["properties"]["files"]["items"]["format"] == "binary"
