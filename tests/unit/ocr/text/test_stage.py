import asyncio
import pickle
from types import SimpleNamespace
from typing import Any

import pytest

from contracts.artefacts.reading import Line, Page
from contracts.artefacts.submission import Submission, UploadedFile
from contracts.errors import ErrorCode, Permanent
from contracts.events import BlobRef
from services.ocr import stage, worker
from services.ocr.core.sources import PageSource
from services.ocr.opener.files import Here
from services.ocr.settings import OcrSettings

ENGINE = ("openvino", "pp-ocrv6-small+hand-1/openvino")
LINE = Line(text="1.", confidence=1, box=((0, 0), (9, 0), (9, 9), (0, 9)))


def ref(name: str) -> BlobRef:
    return BlobRef(path=name, sha256="0" * 64, size=1)


class Job:
    """Runs what the pool would run, with reading replaced by `read`."""

    cpu_seconds = 1.5

    def __init__(self, read: Any, files: int = 2) -> None:
        self.read, self.steps, self.kept = read, [], {}
        self.before: dict[str, bytes] = {}
        upload = UploadedFile(blob=ref("file"), media_type="image/png")
        self.upload = Submission(subject="math", grade=7, files=(upload,) * files)

    async def submission(self) -> Submission:
        return self.upload

    async def blob(self, ref: BlobRef) -> bytes:
        return b"data"

    async def cpu(self, fn: Any, *args: Any, timeout: float | None = None) -> Any:  # noqa: ASYNC109 - the name is the runtime's
        pickle.dumps((fn, args))
        if fn is worker.expand:
            return [PageSource(b"data", "image", index) for index in range(2)], 0.25
        # Later pages are ready first.
        await asyncio.sleep(0.02 / args[1])
        return *self.read(args[1]), 0.125

    async def store(self, name: str, data: bytes) -> BlobRef:
        self.kept[name] = data
        return ref(name)

    async def stored(self, name: str) -> bytes | None:
        return self.before.get(name)

    async def progress(self, done: int, total: int) -> None:
        self.steps.append((done, total))

    def check(self) -> None:
        pass


def page(number: int, *lines: Line) -> tuple[Page, bytes]:
    return Page(page=number, width=10, height=10, lines=lines), b"jpeg %d" % number


async def test_pages_of_all_files_are_numbered_in_upload_order_with_their_pictures() -> None:
    job = Job(lambda number: page(number, LINE))
    reading = await stage.read_exam(job, OcrSettings(), Here(), *ENGINE)
    assert [p.page for p in reading.pages] == [1, 2, 3, 4]
    assert [p.image.path for p in reading.pages if p.image] == [f"page-{n}.jpg" for n in (1, 2, 3, 4)]
    assert job.kept["page-3.jpg"] == b"jpeg 3"
    assert job.steps == [(n, 4) for n in range(5)]
    assert reading.cpu_seconds == 1.5 + 2 * 0.25 + 4 * 0.125  # the opener's, too


async def test_what_a_crashed_attempt_had_read_is_not_read_again() -> None:
    first = Job(lambda number: page(number, LINE))
    whole = await stage.read_exam(first, OcrSettings(), Here(), *ENGINE)
    read: list[int] = []
    again = Job(lambda number: read.append(number) or page(number, LINE))
    again.before = {name: data for name, data in first.kept.items() if not name.startswith("page-3.")}
    assert (await stage.read_exam(again, OcrSettings(), Here(), *ENGINE)).pages == whole.pages
    assert read == [3]
    again.before["page-2.json"] = again.before["page-2.json"][:40]
    await stage.read_exam(again, OcrSettings(), Here(), *ENGINE)
    assert sorted(read) == [2, 3, 3]
    assert again.steps[4] == (4, 4)


async def test_an_exam_without_any_text_fails_and_says_so() -> None:
    with pytest.raises(Permanent) as caught:
        await stage.read_exam(Job(page), OcrSettings(), Here(), *ENGINE)
    assert caught.value.code is ErrorCode.NO_TEXT_FOUND


async def test_what_can_hardly_be_read_is_no_text() -> None:
    scrap = LINE.model_copy(update={"confidence": 0.15})
    with pytest.raises(Permanent) as caught:
        await stage.read_exam(Job(lambda n: page(n, scrap)), OcrSettings(), Here(), *ENGINE)
    assert caught.value.code is ErrorCode.NO_TEXT_FOUND


async def test_one_blank_page_among_others_is_no_failure() -> None:
    reading = await stage.read_exam(Job(lambda n: page(n, LINE) if n == 1 else page(n)), OcrSettings(), Here(), *ENGINE)
    assert len(reading.pages) == 4


async def test_a_broken_page_fails_the_exam_with_its_own_error() -> None:
    def read(number: int) -> tuple[Page, bytes]:
        if number == 2:
            raise Permanent(ErrorCode.UNREADABLE_FILE)
        return page(number, LINE)

    with pytest.raises(Permanent) as caught:
        await stage.read_exam(Job(read), OcrSettings(), Here(), *ENGINE)
    assert caught.value.code is ErrorCode.UNREADABLE_FILE


async def test_pages_are_counted_over_all_files() -> None:
    with pytest.raises(Permanent) as caught:
        await stage.read_exam(Job(page, files=3), OcrSettings(max_pages=5), Here(), *ENGINE)
    assert caught.value.code is ErrorCode.TOO_MANY_PAGES


async def test_the_pool_warms_the_engine_that_pages_are_read_with(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[tuple[object, ...]] = []
    monkeypatch.setattr(worker, "use_engine", lambda *args: loaded.append(args) or SimpleNamespace())
    monkeypatch.setenv("REDINK_OCR_WORKERS", "3")
    monkeypatch.setenv("REDINK_OCR_BACKEND", "onnxruntime")
    async with stage.open_stage(SimpleNamespace()) as opened:
        assert opened.pool is not None
        assert opened.pool.workers == 3
        with pytest.raises(AttributeError):
            worker.warm(*opened.pool.initargs)
    assert loaded == [("onnxruntime", 1, 1280, None)]


def test_hostile_files_are_opened_only_by_a_function_for_the_pool() -> None:
    with pytest.raises(Permanent):
        worker.expand(b"junk", "image/png", Here())
