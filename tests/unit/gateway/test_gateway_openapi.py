"""The API's description is what client developers generate their code from."""

import json
from typing import Any

import pytest

from services.gateway.app import openapi_document
from services.gateway.core.problems import Code

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
    assert operation["security"] == [{"ApiKey": []}]
    errors = {status: answer for status, answer in operation["responses"].items() if int(status) >= 400}
    assert {"401", "500", "503"} <= set(errors)
    assert ("{exam_id}" in path) <= ("404" in errors)
    for status, answer in errors.items():
        assert list(answer["content"]) == ["application/problem+json"]
        for code, example in answer["content"]["application/problem+json"]["examples"].items():
            assert Code(code)
            assert example["value"]["status"] == int(status)


def test_every_reference_has_its_schema() -> None:
    text = json.dumps(DOCUMENT)
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named == set(DOCUMENT["components"]["schemas"])


def test_the_upload_is_described_as_a_form_with_files() -> None:
    body = DOCUMENT["paths"]["/api/v1/exams"]["post"]["requestBody"]
    schema = body["content"]["multipart/form-data"]["schema"]
    assert schema["required"] == ["files", "subject", "grade"]
    assert schema["properties"]["files"]["items"]["format"] == "binary"
