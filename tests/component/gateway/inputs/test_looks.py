"""A first look: advice with the 202 and from POST /checks, refusals before anything is queued, and none when there is no opener."""

import asyncio
from pathlib import Path

import pytest

from tests.component.gateway.harness import FORM, Running, gateway
from tests.component.gateway.inputs import documents, pictures
from tests.component.gateway.inputs.requests import Sent as SentBytes
from tests.component.gateway.inputs.requests import body, request, send, upload

pytestmark = pytest.mark.asyncio(loop_scope="module")


def check(*files: bytes, **form: str) -> SentBytes:
    return SentBytes(request(body(*files, form=form), path="/api/v1/checks"))


async def counted(running: Running) -> tuple[int, int]:
    rows = await running.sql("SELECT count(*) AS n FROM exams")
    return int(rows[0]["n"]), len(await asyncio.to_thread(kept, running))


def kept(running: Running) -> list[Path]:
    return [path for path in running.blobs._root.rglob("*") if path.is_file()]  # type: ignore[attr-defined]


async def test_the_202_says_which_page_to_retake_in_the_clients_language(looking: Running) -> None:
    files = [pictures.jpeg(), pictures.tiff(2), pictures.blurred()]
    got = await send(looking.port, upload(*files))
    assert got.body["advice"] == [
        {"page": 4, "file": 3, "code": "blurred", "text": "第 4 页图片模糊，请对焦后重新拍照。"}
    ]
    got = await send(looking.port, upload(*files, form={"locale": "en"}))
    assert got.body["advice"][0]["text"] == "Page 4 is blurred: hold still, let it focus and retake it."
    assert got.body["advice_complete"]


async def test_a_check_answers_the_same_and_keeps_nothing(looking: Running) -> None:
    before = await counted(looking)
    got = await send(looking.port, check(pictures.dark(), documents.pdf(), pictures.flat(255), locale="en"))
    assert got.status == 200, got.body
    assert (got.body["files"], got.body["pages"], got.body["advice_complete"]) == (3, 3, True)
    assert [(advice["page"], advice["code"]) for advice in got.body["advice"]] == [(1, "dark"), (3, "blank")]
    assert await counted(looking) == before


@pytest.mark.parametrize("send_to", [check, upload], ids=["check", "upload"])
async def test_a_file_that_cannot_be_read_is_refused_by_number_and_nothing_is_kept(
    looking: Running, send_to: object
) -> None:
    before = await counted(looking)
    got = await send(looking.port, send_to(pictures.jpeg(), documents.encrypted(b"secret")))  # type: ignore[operator]
    assert (got.status, got.body["code"], got.body["file"]) == (422, "encrypted_pdf", 2)
    assert got.body["detail"] == "File 2: Remove its password and upload it again."
    assert await counted(looking) == before


async def test_an_upload_repeated_under_its_key_gets_the_same_advice_again(looking: Running) -> None:
    content = body(pictures.blurred())
    one, two = [
        await send(looking.port, SentBytes(request(content, headers=["Idempotency-Key: look-1"]))) for _ in range(2)
    ]
    assert one.body == two.body
    assert [advice["code"] for advice in two.body["advice"]] == ["blurred"]


async def test_prefer_wait_keeps_the_advice(looking: Running) -> None:
    got = await send(looking.port, SentBytes(request(body(pictures.blurred()), headers=["Prefer: wait=0"])))
    assert [advice["code"] for advice in got.body["advice"]] == ["blurred"]


async def test_hostile_files_harm_no_neighbour(looking: Running) -> None:
    hostile = [documents.nested_forms(9, 10), pictures.png(65_500, 65_500), documents.overlapping(pictures.jpeg())]
    sent = [*(upload(file) for file in hostile), *(upload(pictures.jpeg()) for _ in range(4))]
    answers = await asyncio.gather(*(send(looking.port, one) for one in sent))
    assert [answer.status for answer in answers[3:]] == [202] * 4
    assert all(answer.status in {202, 422} for answer in answers[:3])


async def test_without_an_opener_uploads_are_taken_unseen_and_checks_are_refused(
    looking: Running, tmp_path: Path
) -> None:
    async with gateway(looking.dsn, tmp_path, opener=str(tmp_path / "none.sock"), check_seconds=1) as blind:
        got = await send(blind.port, upload(documents.encrypted(b"secret")))
        assert (got.status, got.body["advice"], got.body["advice_complete"]) == (202, [], False)
        got = await send(blind.port, check(pictures.jpeg()))
        assert (got.status, got.body["code"]) == (503, "checks_unavailable")
        assert b"retry-after" in got.head.lower()


async def test_a_look_that_takes_too_long_delays_no_answer(looking: Running, opener: str, tmp_path: Path) -> None:
    async with gateway(looking.dsn, tmp_path, opener=opener, advice_seconds=0.01) as hurried:
        files = [("files", ("a.pdf", documents.nested_forms(9, 10)))]
        response = await hurried.client.post("/api/v1/exams", data=FORM, files=files, timeout=100)
        assert response.status_code == 202
        assert not response.json()["advice_complete"]
        assert (await hurried.upload()).status_code == 202


async def test_each_paper_of_a_batch_is_looked_at_as_if_it_came_alone(looking: Running) -> None:
    before = len(await asyncio.to_thread(kept, looking))
    files = {"sharp.jpg": pictures.jpeg(), "blurred.jpg": pictures.blurred(), "locked.pdf": documents.encrypted(b"x")}
    parts = [("files", (name, data, "application/octet-stream")) for name, data in files.items()]
    form = {"subject": "math", "grade": "7"}
    answer = await looking.client.post("/api/v1/batches", data=form, files=parts, timeout=120)
    assert answer.status_code == 202, answer.text
    found = {paper["name"]: paper for paper in answer.json()["outcomes"]}
    assert found["locked.pdf"]["problem"]["code"] == "encrypted_pdf"
    assert found["sharp.jpg"]["advice"] == []
    assert found["blurred.jpg"]["advice"] == [
        {"page": 1, "file": 1, "code": "blurred", "text": "第 1 页图片模糊，请对焦后重新拍照。", "paper": None}
    ]
    listed = (await looking.client.get(f"{answer.json()['links']['exams']}")).json()["items"]
    assert {paper["name"]: paper["advice"] for paper in listed} == {name: p["advice"] for name, p in found.items()}
    assert len(await asyncio.to_thread(kept, looking)) == before + 4, (
        "two files, two submissions: nothing of the refused"
    )
    nothing = await looking.client.post("/api/v1/batches", data=form, files=parts[2:], timeout=120)
    assert (nothing.status_code, nothing.json()["code"]) == (422, "batch_refused")
    assert len(await asyncio.to_thread(kept, looking)) == before + 4
