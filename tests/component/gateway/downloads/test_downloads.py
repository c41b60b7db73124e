"""Results, reports, pages, crops and the ZIP: conditional, ranged, streamed, and the same for HEAD."""

import io
import json
import zipfile
from typing import Any

import pytest
from PIL import Image

from contracts.artefacts import Report
from contracts.events import ExamReported
from contracts.topics import REPORTED, artefact_path
from runtime.blobs import PIECE
from services.gateway.downloads.archive import Entry, size_of
from tests.component.gateway.harness import Running, said

PAGE_SIZE = (600, 800)
BIG_PDF = b"%PDF-1.7\n" + bytes(range(256)) * (3 * PIECE // 256)


def page(colour: str) -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", PAGE_SIZE, colour)
    picture.paste("red", (100, 200, 300, 260))
    picture.save(out, "JPEG", quality=95)
    return out.getvalue()


QUESTIONS: list[dict[str, Any]] = [
    {"number": "1", "path": ["一", "1"], "type": "single_choice", "text": "", "regions": [{"page": 1, "box": [100, 200, 300, 260]}]},
    {"number": "2", "path": ["一", "2"], "type": "essay", "text": "", "regions": [
        {"page": 1, "box": [0, 700, 600, 800]}, {"page": 2, "box": [0, 0, 600, 100]}]},
    {"number": "3", "path": ["一", "3"], "type": "essay", "text": "", "regions": []},
    {"number": "1", "path": ["二", "1"], "type": "essay", "text": "", "regions": [{"page": 2, "box": [-50, 700, 9999, 9999]}]},
]  # fmt: skip


async def reported(running: Running, **form: str) -> str:
    """An exam that is done; its id."""
    exam = await running.exam(**form)
    base = f"dev/{exam['exam_id']}/1"
    put = running.blobs.put
    result = json.dumps({"schema": "redink.result.v1", "exam_id": exam["exam_id"], "questions": QUESTIONS})
    artefact = Report(
        result=await put(f"{base}/result.json", result.encode()),
        html=await put(f"{base}/report.html", "<!doctype html><p>好".encode()),
        pdf=await put(f"{base}/report.pdf", BIG_PDF),
        pages=(await put(f"{base}/page-1.jpg", page("white")), await put(f"{base}/page-2.jpg", page("blue"))),
    )
    ref = await put(artefact_path("dev", exam["exam_id"], 1, "report"), artefact.model_dump_json().encode())
    await running.deliver(REPORTED, ExamReported(**said(exam), artefact=ref))
    return f"/exams/{exam['exam_id']}"


PARTS = ("result", "report.html", "report.pdf", "pages/1.jpg", "pages/2.png", "questions/2/crop.png", "export.zip")


async def test_every_download_answers_head_and_conditional_requests_and_most_answer_ranges(running: Running) -> None:
    base = await reported(running, title="七年级 期中")
    for part in PARTS:
        whole = await running.get(f"{base}/{part}")
        assert whole.status_code == 200, (part, whole.text)
        tag = whole.headers["etag"]
        assert tag.startswith('"')
        assert whole.headers["cache-control"] == "private, no-cache"
        assert int(whole.headers["content-length"]) == len(whole.content)
        assert whole.headers["redink-revision"] == "1"

        head = await running.client.head(f"/api/v1{base}/{part}")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == tag
        assert head.headers["content-length"] == whole.headers["content-length"]

        for value in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            known = await running.get(f"{base}/{part}", headers={"If-None-Match": value})
            assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag), part
        assert (await running.get(f"{base}/{part}", headers={"If-None-Match": '"other"'})).status_code == 200

        if whole.headers.get("accept-ranges") != "bytes":
            continue
        size = len(whole.content)
        for header, start, stop in (
            ("bytes=2-5", 2, 6),
            ("bytes=-3", size - 3, size),
            (f"bytes={size - 1}-", size - 1, size),
        ):
            piece = await running.get(f"{base}/{part}", headers={"Range": header, "If-Range": tag})
            assert (piece.status_code, piece.content) == (206, whole.content[start:stop])
            assert piece.headers["content-range"] == f"bytes {start}-{stop - 1}/{size}"
        outdated = await running.get(f"{base}/{part}", headers={"Range": "bytes=2-5", "If-Range": '"older"'})
        assert (outdated.status_code, outdated.content) == (200, whole.content)
        beyond = await running.get(f"{base}/{part}", headers={"Range": f"bytes={size}-"})
        assert (beyond.status_code, beyond.json()["code"]) == (416, "range_not_satisfiable")
        assert beyond.headers["content-range"] == f"bytes */{size}"


async def test_a_download_can_be_taken_up_where_it_broke_off_across_pieces(running: Running) -> None:
    base = await reported(running)
    got = b""
    while len(got) < len(BIG_PDF):
        step = await running.get(
            f"{base}/report.pdf", headers={"Range": f"bytes={len(got)}-{len(got) + PIECE + 12345}"}
        )
        assert step.status_code == 206
        got += step.content
    assert got == BIG_PDF


async def test_the_zip_holds_all_of_it_under_the_exams_title_and_is_as_long_as_it_said(running: Running) -> None:
    base = await reported(running, title="七年级 期中")
    answer = await running.get(f"{base}/export.zip")
    assert (
        "filename*=UTF-8''%E4%B8%83%E5%B9%B4%E7%BA%A7%20%E6%9C%9F%E4%B8%AD.zip" in answer.headers["content-disposition"]
    )
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["result.json", "report.html", "report.pdf", "pages/1.jpg", "pages/2.jpg"]
        assert archive.read("report.pdf") == BIG_PDF
        assert json.loads(archive.read("result.json"))["questions"] == QUESTIONS
    assert (await running.get(f"{base}/export.zip")).content == answer.content  # its tag is a strong one


def test_the_size_of_an_archive_is_known_before_it_is_written() -> None:
    assert size_of([]) == 22
    assert size_of([Entry("ab", _ref(10)), Entry("c", _ref(0))]) == 22 + 10 + 2 * 92 + 2 * 3


def _ref(size: int) -> Any:
    from contracts.events import BlobRef  # noqa: PLC0415

    return BlobRef(path="x", sha256="0" * 64, size=size)


async def test_a_question_is_cut_from_its_page_and_parts_on_several_pages_are_put_below_each_other(
    running: Running,
) -> None:
    base = await reported(running)

    async def crop(name: str) -> Image.Image:
        answer = await running.get(f"{base}/questions/{name}/crop.png")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), answer.text
        return Image.open(io.BytesIO(answer.content))

    first = await crop("一.1")
    assert first.size == (216, 76)
    red = first.getpixel((100, 30))
    assert isinstance(red, tuple)
    assert (red[0] > 200, red[2] < 80) == (True, True)
    both = await crop("2")
    assert both.size == (600, 108 + 12 + 108)
    beyond = await crop("二.1")
    assert beyond.size == (600, 108)
    for name, why in (("1", "several"), ("3", "nowhere"), ("99", "none")):
        answer = await running.get(f"{base}/questions/{name}/crop.png")
        assert (answer.status_code, answer.json()["code"]) == (404, "question_not_found"), why
    pages = [await running.get(f"{base}/pages/{name}") for name in ("0.png", "3.png", "x.png", "1e0.jpg")]
    assert {answer.json()["code"] for answer in pages} == {"page_not_found"}
    assert Image.open(io.BytesIO((await running.get(f"{base}/pages/2.png")).content)).size == PAGE_SIZE


async def test_bytes_that_are_not_what_was_stored_never_arrive_as_a_whole_answer(
    running: Running, tmp_path: Any
) -> None:
    base = await reported(running)
    folder = next(tmp_path.rglob("report.pdf")).parent
    (folder / "report.html").write_bytes("<!doctype html><p>坏".encode())
    small = await running.get(f"{base}/report.html")
    assert (small.status_code, small.json()["code"]) == (503, "store_unavailable")
    (folder / "report.pdf").write_bytes(BIG_PDF[:-1] + b"!")
    with pytest.raises(Exception, match="peer closed connection"):
        await running.get(f"{base}/report.pdf")
    (folder / "report.pdf").unlink()
    gone = await running.get(f"{base}/report.pdf")
    assert (gone.status_code, gone.json()["code"]) == (410, "result_gone")
