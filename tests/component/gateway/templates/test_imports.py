"""POST /templates/import."""

from typing import Any

import httpx
import pytest

from tests.component.gateway.harness import Running
from tests.component.gateway.templates.conftest import PAPER

CSV = "题号,题型,答案,分值,备注\n1,单选题,B,3,\n2,多选题,ACD,4,难\n"
QUERY = {"name": "期中", "subject": "数学", "grade": "7", "total_score": "7"}


async def send(running: Running, content: bytes, kind: str, **query: str) -> httpx.Response:
    return await running.client.post(
        "/api/v1/templates/import", params=query, content=content, headers={"Content-Type": kind}
    )


async def test_a_spreadsheet_becomes_a_template(running: Running) -> None:
    made = await send(running, CSV.encode("gb18030"), "text/csv", **QUERY)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"'), made.text
    body = made.json()
    assert (body["subject"], body["total_score"], body["warnings"]) == ("math", 7.0, ["ignored: column 备注"])
    assert [(item["number"], item["type"], item["answer"]) for item in body["items"]] == [
        ("1", "single_choice", "B"), ("2", "multiple_choice", "ACD"),
    ]  # fmt: skip
    shown = (await running.client.get(made.headers["location"])).json()
    assert shown == body | {"warnings": []}


async def test_a_dry_run_makes_nothing_and_says_what_would_be_made(running: Running) -> None:
    tried = await send(running, CSV.encode(), "text/csv", dry_run="true", **QUERY)
    assert tried.status_code == 200, tried.text
    assert "id" not in tried.json()
    assert (await running.get("/templates")).json()["items"] == []
    made = await running.client.post("/api/v1/templates", json=tried.json())  # it is what a template is made of
    assert made.status_code == 201, made.text


async def test_wrong_cells_are_told_by_row_and_column(running: Running) -> None:
    refused = await send(running, "题号,答案,分值\n1,B,三\n,C,3\n".encode(), "text/csv", **QUERY)
    assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")
    assert refused.json()["errors"] == [
        {"pointer": "/rows/2", "row": 2, "column": "分值", "detail": "must be a number"},
        {"pointer": "/rows/3", "row": 3, "column": "题号", "detail": "is required"},
    ]


async def test_what_the_sheet_does_not_say_is_asked_for(running: Running) -> None:
    refused = await send(running, CSV.encode(), "text/csv", name="x")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/subject"]


@pytest.mark.parametrize("content", [CSV.encode(), b'{"questions": [{"number": 1, "answer": "B"}]}'])
async def test_a_form_with_the_file_and_its_fields_is_taken(running: Running, content: bytes) -> None:
    files = {"file": ("key.csv", content)}
    url = "/api/v1/templates/import"
    made = await running.client.post(url, data=QUERY | {"title": "卷"}, files=files)
    assert (made.status_code, made.json()["title"], made.json()["grade"]) == (201, "卷", 7), made.text
    unknown = await running.client.post(url, data=QUERY | {"nmae": "x"}, files=files)
    assert unknown.json()["errors"] == [{"pointer": "/nmae", "detail": "is no field of this form"}]
    assert (await running.client.post(url, data=QUERY, files={"a": ("", b"")})).status_code == 422


async def test_an_answer_key_or_a_template_of_another_system_is_taken(running: Running) -> None:
    key = b'\xef\xbb\xbf{"questions": [{"number": 1, "type": "\xe5\x8d\x95\xe9\x80\x89\xe9\xa2\x98", "answer": "B"}]}'
    made = await send(running, key, "application/json", name="a", subject="math")
    assert (made.status_code, made.json()["items"][0]["type"]) == (201, "single_choice"), made.text
    whole = await running.client.post("/api/v1/templates/import", json=PAPER)
    assert whole.status_code == 201, whole.text
    again = await running.client.post("/api/v1/templates/import", json=PAPER, params={"name": "other"})
    assert again.json()["name"] == "other"


async def test_a_repeated_import_makes_one_template(running: Running) -> None:
    headers = {"Idempotency-Key": "one", "Content-Type": "text/csv"}
    url = "/api/v1/templates/import"
    answers = [await running.client.post(url, params=QUERY, content=CSV.encode(), headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]


REFUSED: list[tuple[bytes, str, int, str]] = [
    (CSV.encode(), "application/vnd.ms-excel", 415, "unsupported_content_type"),
    (b"PK\x03\x04\x00\x00", "text/csv", 422, "validation_failed"),
    (b"{", "application/json", 422, "validation_failed"),
    (b"[]", "application/json", 422, "validation_failed"),
    (b"x" * (1024 * 1024 + 1), "text/csv", 413, "body_too_large"),
    (b"--x\r\n", "multipart/form-data; boundary=x", 400, "truncated_body"),
    (b"x", "multipart/form-data", 400, "malformed_multipart"),
]


@pytest.mark.parametrize(("content", "kind", "status", "code"), REFUSED, ids=[f"{n}" for n in range(len(REFUSED))])
async def test_what_is_no_import_is_refused(
    running: Running, content: bytes, kind: str, status: int, code: str
) -> None:
    answer: Any = await send(running, content, kind, **QUERY)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
