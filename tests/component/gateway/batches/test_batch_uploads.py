"""Many papers in one upload: each is an exam or a refusal, none is lost, none is two exams."""

import asyncio
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contracts.artefacts import Submission
from contracts.status import Status
from contracts.topics import SUBMISSION, UPLOADED, artefact_path
from services.gateway.batches import reception
from services.gateway.batches.intake import Intake
from tests.component.gateway.batches.conftest import batch_of, jpeg, packed, papers, post
from tests.component.gateway.harness import JPEG, PDF, Bus, Running, gateway, until


async def submission(running: Running, exam_id: str) -> Submission:
    return Submission.model_validate_json(await running.blobs.read(artefact_path("dev", exam_id, 1, SUBMISSION)))


async def test_without_manifest_each_file_is_a_paper_of_class_batch(running: Running) -> None:
    batch = await batch_of(running, files={"10.jpg": jpeg(1), "9.pdf": PDF}, name="期中", class_id="7-2")
    assert [(o["name"], o["state"]) for o in batch["outcomes"]] == [("10.jpg", "accepted"), ("9.pdf", "accepted")]
    assert (batch["name"], batch["papers"], batch["refused"], batch["waiting"]) == ("期中", 2, 0, 0)
    assert batch["counts"] == {"UPLOADED": 2}
    exam = (await running.get(f"/exams/{batch['outcomes'][0]['exam_id']}")).json()
    assert (exam["priority"], exam["class_id"], exam["status"]) == ("batch", "7-2", "UPLOADED")
    await until(lambda: running.bus.topics_of(exam["exam_id"]) == [UPLOADED["batch"]])


async def test_one_bad_file_is_refused_with_its_problem_and_the_others_are_taken(running: Running) -> None:
    batch = await batch_of(running, files={"a.jpg": jpeg(1), "b.docx": b"PK-no", "c.jpg": b"", "d.jpg": jpeg(2)})
    codes = [o["problem"]["code"] if o["problem"] else None for o in batch["outcomes"]]
    assert codes == [None, "unsupported_media", "empty_file", None]
    assert batch["outcomes"][1]["problem"]["detail"].endswith("convert it and upload it again.")
    assert batch["outcomes"][1]["exam_id"] is None
    assert (batch["papers"], batch["refused"]) == (4, 2)


async def test_a_file_over_the_limit_is_refused_and_the_next_one_is_whole(database: str, tmp_path: Path) -> None:
    async with gateway(database, tmp_path, max_file_bytes=4000) as running:
        batch = await batch_of(running, files={"a.jpg": JPEG * 3, "b.jpg": jpeg(7)})
        assert batch["outcomes"][0]["problem"]["code"] == "file_too_large"
        kept = await submission(running, batch["outcomes"][1]["exam_id"])
        assert await running.blobs.get(kept.files[0].blob) == jpeg(7)


async def test_a_manifest_says_whose_pages_in_which_order_and_what_differs(running: Running) -> None:
    manifest = {
        "papers": [
            {"files": ["b.jpg", "a.jpg"], "student_id": "s-1", "class_id": "7-2"},
            {"file": "c.jpg", "student_id": "s-2", "grade": 8, "answer_key": {"questions": [{"number": "1"}]}},
            {"file": "lost.jpg", "student_id": "s-3"},
        ]
    }
    files = {name: jpeg(i) for i, name in enumerate(("a.jpg", "b.jpg", "c.jpg", "stray.jpg"))}
    batch = await batch_of(running, files=files, manifest=manifest)
    first, second, lost, stray = batch["outcomes"]
    kept = await submission(running, first["exam_id"])
    assert [await running.blobs.get(file.blob) for file in kept.files] == [files["b.jpg"], files["a.jpg"]]
    assert (kept.student_id, kept.class_id, kept.grade) == ("s-1", "7-2", 7)
    kept = await submission(running, second["exam_id"])
    assert (kept.student_id, kept.grade, kept.answer_key and kept.answer_key.questions[0].number) == ("s-2", 8, "1")
    assert lost["problem"]["code"] == stray["problem"]["code"] == "manifest_mismatch"
    assert "lost.jpg" in lost["problem"]["detail"]


async def test_a_spreadsheet_in_gbk_is_a_manifest(running: Running) -> None:
    table = "文件,学号,试卷,页码\r\n王1.jpg,s-1,甲,2\r\n王2.jpg,s-1,甲,1\r\n李.jpg,s-2,,\r\n".encode("gb18030")
    files = {"王1.jpg": jpeg(1), "王2.jpg": jpeg(2), "李.jpg": jpeg(3)}
    batch = await batch_of(running, files=files, manifest=table)
    assert [(o["files"], o["state"]) for o in batch["outcomes"]] == [(2, "accepted"), (1, "accepted")]
    kept = await submission(running, batch["outcomes"][0]["exam_id"])
    assert [await running.blobs.get(file.blob) for file in kept.files] == [jpeg(2), jpeg(1)]


async def test_in_an_archive_a_folder_is_one_paper_and_its_pages_are_in_natural_order(running: Running) -> None:
    pages = {f"7-2/0812/{i}.jpg": jpeg(i) for i in (10, 2, 1)}
    archive = packed({**pages, "7-2/0813.pdf": PDF, "7-2/.DS_Store": b"x", "__MACOSX/7-2/._1.jpg": b"x"})
    batch = await batch_of(running, archive=archive)
    assert [(o["name"], o["files"]) for o in batch["outcomes"]] == [("0812", 3), ("0813.pdf", 1)]
    kept = await submission(running, batch["outcomes"][0]["exam_id"])
    assert [await running.blobs.get(file.blob) for file in kept.files] == [jpeg(1), jpeg(2), jpeg(10)]


async def test_an_archive_may_bring_its_manifest(running: Running) -> None:
    manifest = b"file;student_id\n0812;s-1\n0813.pdf;s-2\n"
    archive = packed({"x/0812/1.jpg": jpeg(1), "x/0812/2.jpg": jpeg(2), "x/0813.pdf": PDF, "x/manifest.csv": manifest})
    batch = await batch_of(running, archive=archive)
    ids = [(await submission(running, o["exam_id"])).student_id for o in batch["outcomes"]]
    assert ids == ["s-1", "s-2"]


async def test_a_batch_of_nothing_acceptable_is_refused_with_every_reason(running: Running) -> None:
    response = await post(running, files={"a.txt": b"hello", "b.jpg": jpeg(1)}, grade="99")
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "batch_refused")
    assert [paper["code"] for paper in problem["papers"]] == ["unsupported_media", "validation_failed"]
    assert (await running.get("/batches")).json()["items"] == []


async def test_the_same_key_is_the_same_batch_and_another_payload_is_a_mismatch(running: Running) -> None:
    files = {"a.jpg": jpeg(1), "b.jpg": jpeg(2)}
    first = await post(running, files=files, key="k-1")
    again = await post(running, files=files, key="k-1")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (202, "true")
    assert again.json()["outcomes"] == first.json()["outcomes"]
    assert again.json()["batch_id"] == first.json()["batch_id"]
    other = await post(running, files={**files, "b.jpg": jpeg(3)}, key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert len(await running.sql("SELECT 1 FROM exams")) == 2


class Died(BaseException):
    """As SIGKILL would: nothing after it runs, nothing is rolled back."""


async def test_a_batch_whose_gateway_died_between_papers_is_finished_by_another(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDINK_BATCH_POLL_SECONDS", "0.1")
    monkeypatch.setenv("REDINK_BATCH_LEASE_SECONDS", "1")
    files = {f"{i}.jpg": jpeg(i) for i in range(6)}
    accept, taken = Intake._accept, 0

    async def dying(self: Intake, *arguments: object) -> None:
        nonlocal taken
        taken += 1
        await accept(self, *arguments)  # type: ignore[arg-type]
        if taken >= 3:
            await asyncio.Event().wait()  # between the exam's commit and the paper's row

    bus = Bus()
    monkeypatch.setattr(Intake, "_accept", dying)
    async with gateway(database, tmp_path, bus=bus, lease_seconds=1.0) as first:
        sending = asyncio.create_task(post(first, files=files, key="k"))
        await until(lambda: taken >= 3, 60)
        sending.cancel()
        await asyncio.wait([sending])
    monkeypatch.setattr(Intake, "_accept", accept)
    async with gateway(database, tmp_path, bus=bus, lease_seconds=1.0) as second:

        async def all_accepted() -> bool:
            rows = await second.sql("SELECT count(*) AS n FROM batch_papers WHERE state = 'accepted'")
            return bool(rows[0]["n"] == 6)

        await until(all_accepted, 60)
        again = await post(second, files=files, key="k")
        while again.status_code == 409:  # the dead request's lease of the key
            await asyncio.sleep(0.2)
            again = await post(second, files=files, key="k")
        assert again.status_code == 202, again.text
        exams = {row["exam_id"] for row in await second.sql("SELECT exam_id FROM exams")}
        assert {str(exam) for exam in exams} == {o["exam_id"] for o in again.json()["outcomes"]}
        assert len(exams) == 6
        assert len(await second.sql("SELECT 1 FROM batches")) == 1


async def test_papers_beyond_the_limit_of_exams_in_flight_wait_and_follow(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDINK_BATCH_POLL_SECONDS", "0.1")
    async with gateway(database, tmp_path, max_in_flight=2) as running:
        batch = await batch_of(running, files={f"{i}.jpg": jpeg(i) for i in range(3)})
        assert [o["state"] for o in batch["outcomes"]] == ["accepted", "accepted", "waiting"]
        assert (batch["status"], batch["waiting"]) == ("ACCEPTING", 1)
        first = (await running.get(f"/exams/{batch['outcomes'][0]['exam_id']}")).json()
        await running.say(first, Status.FAILED, stage="ocr")

        async def followed() -> bool:
            return [p["state"] for p in await papers(running, batch)] == ["accepted"] * 3

        await until(followed, 60)
        assert (await papers(running, batch))[2]["exam_id"] == batch["outcomes"][2]["exam_id"]


async def test_uploads_beyond_the_disk_that_is_set_aside_are_told_to_come_later(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDINK_BATCH_MAX_UPLOADS", "1")
    receive, arriving, gate = reception.receive, asyncio.Event(), asyncio.Event()

    async def noticed(*arguments: Any) -> reception.Received:
        arriving.set()
        return await receive(*arguments)

    async def slow() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n' + JPEG
        await gate.wait()
        yield b'\r\n--x\r\nContent-Disposition: form-data; name="subject"\r\n\r\nmath'
        yield b'\r\n--x\r\nContent-Disposition: form-data; name="grade"\r\n\r\n7\r\n--x--\r\n'

    monkeypatch.setattr(reception, "receive", noticed)
    async with gateway(database, tmp_path) as running:
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        first = asyncio.create_task(running.client.post("/api/v1/batches", content=slow(), headers=headers))
        await asyncio.wait_for(arriving.wait(), 60)
        second = await post(running, files={"b.jpg": jpeg(1)})
        assert (second.status_code, second.json()["code"]) == (503, "overloaded")
        assert second.headers["Retry-After"]
        gate.set()
        assert (await first).status_code == 202
        assert (await post(running, files={"b.jpg": jpeg(1)})).status_code == 202


async def test_a_file_that_is_damaged_inside_its_archive_is_refused_and_nothing_of_it_is_kept(running: Running) -> None:
    archive = bytearray(
        packed({"a/1.jpg": jpeg(1), "a/2.jpg": jpeg(2), "b.jpg": jpeg(3)}, compression=zipfile.ZIP_STORED)
    )
    at = archive.find(jpeg(2)) + 1500
    archive[at] ^= 0xFF  # beyond what is sniffed
    batch = await batch_of(running, archive=bytes(archive))
    first, second = batch["outcomes"]
    assert (first["problem"]["code"], second["state"]) == ("file_damaged", "accepted")
    kept = await running.blobs.listing("dev")
    assert {path.split("/")[1] for path in kept} == {second["exam_id"]}


async def test_deleting_an_exam_takes_its_name_out_of_the_batch_and_of_its_answers(running: Running) -> None:
    files = {"张三.jpg": jpeg(1), "b.jpg": jpeg(2)}
    batch = await batch_of(running, files=files, key="k-del")
    exam = (await running.get(f"/exams/{batch['outcomes'][0]['exam_id']}")).json()
    await running.say(exam, Status.FAILED, stage="ocr")
    assert (await running.client.delete(f"/api/v1/exams/{exam['exam_id']}")).status_code < 300
    again = await post(running, files=files, key="k-del")
    assert [o["name"] for o in again.json()["outcomes"]] == ["b.jpg"]
    assert await running.sql("SELECT 1 FROM idempotency WHERE response::text LIKE '%张三%'") == []
    assert len(await running.sql("SELECT 1 FROM exams")) == 1


async def test_a_paper_that_is_an_exam_already_is_never_refused_whatever_ran_out_meanwhile(running: Running) -> None:
    batch = await batch_of(running, files={"a.jpg": jpeg(1)})
    # As a gateway leaves it that died between the exam's commit and the paper's row, in the last exam of a quota.
    await running.sql("UPDATE tenants SET quota_exams = 1 WHERE name = 'dev'")
    await running.sql("UPDATE batch_papers SET state = 'waiting'")

    async def accepted() -> bool:
        return [paper["state"] for paper in await papers(running, batch)] == ["accepted"]

    await until(accepted, 60)
    assert await running.blobs.listing(f"dev/{batch['outcomes'][0]['exam_id']}")
    beyond = await post(running, files={"b.jpg": jpeg(2)})
    assert beyond.json()["code"] == "quota_exceeded"
