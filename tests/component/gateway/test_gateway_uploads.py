"""Uploads as clients, broken clients and attackers send them."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.component.gateway.harness import DEV_KEY, FORM, JPEG, PDF, Running, gateway, raw, until

B = "XboundaryX"


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    return f'--{B}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"


def body(*parts: bytes, closed: bool = True) -> bytes:
    fields = b"".join(part(k, v.encode()) for k, v in FORM.items())
    return fields + b"".join(parts) + (f"--{B}--\r\n".encode() if closed else b"")


async def post(
    running: Running, content: bytes, content_type: str = f"multipart/form-data; boundary={B}"
) -> httpx.Response:
    return await running.client.post("/api/v1/exams", content=content, headers={"Content-Type": content_type})


async def stored(folder: Path) -> list[Path]:
    return await asyncio.to_thread(lambda: [path for path in folder.rglob("*") if path.is_file()])


async def accepted(running: Running) -> int:
    return int((await running.sql("SELECT count(*) AS n FROM exams"))[0]["n"])


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b"{}", "application/json", 415, "unsupported_content_type"),
        (b"a=1", "application/x-www-form-urlencoded", 415, "unsupported_content_type"),
        (body(part("files", JPEG, "a.jpg")), "multipart/form-data", 400, "malformed_multipart"),
        (body(part("files", JPEG, "a.jpg")), "multipart/form-data; boundary=" + "b" * 71, 400, "malformed_multipart"),
        (body(part("files", JPEG, "a.jpg")), "multipart/form-data; boundary=other", 400, None),
        (body(part("files", JPEG, "a.jpg"), closed=False), f"multipart/form-data; boundary={B}", 400, "truncated_body"),
        (body(part("files", JPEG, "a.jpg"))[:-400], f"multipart/form-data; boundary={B}", 400, "truncated_body"),
        (b"", f"multipart/form-data; boundary={B}", 400, "truncated_body"),
        (body(), f"multipart/form-data; boundary={B}", 422, "no_file"),
        (body(part("files", b"", "a.jpg")), f"multipart/form-data; boundary={B}", 422, "empty_file"),
        (body(part("files", b"hello world", "a.jpg")), f"multipart/form-data; boundary={B}", 415, "unsupported_media"),
        (body(part("files", b"<svg/>", "a.svg")), f"multipart/form-data; boundary={B}", 415, "unsupported_media"),
        (body(part("photo", JPEG, "a.jpg")), f"multipart/form-data; boundary={B}", 422, "no_file"),
        (body(part("grade", b"8"), part("files", JPEG, "a")), f"multipart/form-data; boundary={B}", 422, "validation_failed"),
        (body(part("title", b"\xff\xfe"), part("files", JPEG, "a")), f"multipart/form-data; boundary={B}", 422, "validation_failed"),
        (body(part("title", b"a\x00b"), part("files", JPEG, "a")), f"multipart/form-data; boundary={B}", 422, "validation_failed"),
        (f"--{B}\r\nContent-Disposition: attachment\r\n\r\nx\r\n--{B}--".encode(), f"multipart/form-data; boundary={B}", 400, "malformed_multipart"),
        (f"--{B}\r\n".encode() + b"X: y\r\n" * 40 + f"\r\nx\r\n--{B}--".encode(), f"multipart/form-data; boundary={B}", 400, "malformed_multipart"),
    ],
)  # fmt: skip
async def test_a_bad_upload_is_refused_with_its_code_and_leaves_no_exam(
    running: Running, content: bytes, content_type: str, status: int, code: str | None
) -> None:
    response = await post(running, content, content_type)
    assert response.status_code == status, response.text
    assert code in {None, response.json()["code"]}
    assert response.headers["content-type"] == "application/problem+json"
    assert await accepted(running) == 0


async def test_the_refused_fields_are_all_named(running: Running) -> None:
    key = json.dumps({"questions": [{"number": "1"}, {"max_score": -1}]})
    response = await running.client.post(
        "/api/v1/exams",
        data={"subject": "alchemy", "grade": "13", "answer_key": key, "callback_url": "https://x/" + "y" * 2048},
        files=[("files", ("a.jpg", JPEG))],
    )
    assert response.status_code == 422
    named = {error["pointer"] for error in response.json()["errors"]}
    wanted = {
        "/subject",
        "/grade",
        "/answer_key/questions/1/number",
        "/answer_key/questions/1/max_score",
        "/callback_url",
    }
    assert named == wanted


async def test_an_unknown_field_is_ignored_aloud(running: Running) -> None:
    exam = await running.exam(answerkey="{}")
    assert exam["warnings"] == ["unknown field 'answerkey' was ignored"]


async def test_a_body_that_stops_is_no_exam_and_leaves_no_blob(running: Running, tmp_path: Path) -> None:
    content = body(part("files", JPEG * 50, "a.jpg"))
    head = (
        f"POST /api/v1/exams HTTP/1.1\nHost: x\nAuthorization: Bearer {DEV_KEY}\n"
        f"Content-Type: multipart/form-data; boundary={B}\nContent-Length: {len(content)}\n\n"
    )
    await raw(running.port, head, content[:60_000], finish=False)
    assert await accepted(running) == 0
    await until(lambda: stored_nothing(tmp_path))


async def stored_nothing(folder: Path) -> bool:
    return await stored(folder) == []


@pytest.mark.parametrize(("extra", "status"), [(0, 202), (1, 413)])
async def test_the_body_limit_is_exact_to_the_byte(database: str, tmp_path: Path, extra: int, status: int) -> None:
    limit = 20_000
    content = body(part("files", JPEG, "a.jpg"), part("files", JPEG, "b.jpg"))
    filler = limit - len(content) + extra
    content = body(part("files", JPEG, "a.jpg"), part("files", JPEG + b"z" * filler, "b.jpg"))
    assert len(content) == limit + extra

    async def chunks() -> AsyncIterator[bytes]:  # chunked: no Content-Length to tell beforehand
        for at in range(0, len(content), 1000):
            yield content[at : at + 1000]

    async with gateway(database, tmp_path, max_body_bytes=limit) as running:
        headers = {"Content-Type": f"multipart/form-data; boundary={B}"}
        response = await running.client.post("/api/v1/exams", content=chunks(), headers=headers)
        declared = await post(running, content)
    assert response.status_code == declared.status_code == status
    assert extra == 0 or response.json()["code"] == "body_too_large"


@pytest.mark.parametrize(("extra", "status"), [(0, 202), (1, 413)])
async def test_the_file_limit_is_exact_to_the_byte(database: str, tmp_path: Path, extra: int, status: int) -> None:
    async with gateway(database, tmp_path, max_file_bytes=len(JPEG)) as running:
        response = await post(running, body(part("files", JPEG + b"z" * extra, "a.jpg")))
        assert response.status_code == status
        if extra:
            assert response.json()["code"] == "file_too_large"
            assert await stored(tmp_path) == []


async def test_too_many_files_fields_and_too_long_fields_are_413(database: str, tmp_path: Path) -> None:
    async with gateway(database, tmp_path, max_files=2, max_fields=5, max_field_bytes=64) as running:
        files = [part("files", JPEG, "a.jpg")] * 3
        many = await post(running, body(*files))
        fields = await post(running, body(*(part(f"f{n}", b"") for n in range(3)), files[0]))
        long = await post(running, body(part("title", b"t" * 65), files[0]))
        key = await post(running, body(part("answer_key", b'{"questions": []}' + b" " * 100), files[0]))
    assert [r.json()["code"] for r in (many, fields, long)] == ["too_many_parts", "too_many_parts", "field_too_large"]
    assert key.status_code == 202


async def test_a_client_that_goes_silent_is_let_go(database: str, tmp_path: Path) -> None:
    async with gateway(database, tmp_path, upload_idle_seconds=0.3) as running:
        content = body(part("files", JPEG, "a.jpg"))
        head = (
            f"POST /api/v1/exams HTTP/1.1\nHost: x\nAuthorization: Bearer {DEV_KEY}\n"
            f"Content-Type: multipart/form-data; boundary={B}\nContent-Length: {len(content)}\n\n"
        )
        status, answer = await raw(running.port, head, content[:500])
    assert status == 408
    assert b"upload_timeout" in answer


async def test_the_key_may_come_as_a_file_and_files_may_come_first_in_odd_chunks(running: Running) -> None:
    key = json.dumps({"questions": [{"number": 3, "answer": True}]}).encode()
    content = part("files", PDF, "一.pdf") + part("answer_key", key, "key.json") + body()

    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(content), 7):
            yield content[at : at + 7]

    headers = {"Content-Type": f'multipart/form-data; boundary="{B}"'}
    response = await running.client.post("/api/v1/exams", content=chunks(), headers=headers)
    assert response.status_code == 202, response.text


async def test_when_the_blob_store_is_away_nothing_is_accepted_and_the_client_may_come_again(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_path: str, _chunks: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(running.blobs, "put_stream", away)
    response = await running.upload(headers={"Idempotency-Key": "k"})
    assert (response.status_code, response.json()["code"]) == (503, "store_unavailable")
    assert int(response.headers["retry-after"]) > 0
    monkeypatch.undo()
    assert (await running.upload(headers={"Idempotency-Key": "k"})).status_code == 202
