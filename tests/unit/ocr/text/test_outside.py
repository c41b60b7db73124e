"""An engine from outside, named by configuration, is what the workers read with; a wrong one is refused at the start."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from contracts.artefacts.submission import Submission, UploadedFile
from contracts.events import BlobRef
from runtime.pool import open_workers
from runtime.settings import BadSettings
from services.ocr import outside, stage
from services.ocr.settings import OcrSettings


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The package of the engine, and where it may offer entry points."""
    here = Path(__file__).parent
    monkeypatch.syspath_prepend(str(here))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", f"{here}:{tmp_path}:{here.parents[3]}")
    return tmp_path


class Job:
    """An exam of one picture, whose work is done by real workers."""

    cpu_seconds = 0.0

    def __init__(self, workers: object, picture: bytes) -> None:
        self.workers, self.picture = workers, picture

    async def submission(self) -> Submission:
        ref = BlobRef(path="file", sha256="0" * 64, size=1)
        return Submission(subject="math", grade=7, files=(UploadedFile(blob=ref, media_type="image/png"),))

    async def blob(self, ref: BlobRef) -> bytes:
        return self.picture

    async def cpu(self, fn: object, *args: object, timeout: float) -> object:  # noqa: ASYNC109 - the name is the runtime's
        return (await self.workers.call(fn, args, timeout))[0]

    async def store(self, name: str, data: bytes) -> BlobRef:
        return BlobRef(path=name, sha256="0" * 64, size=len(data))

    async def progress(self, done: int, total: int) -> None:
        pass

    def check(self) -> None:
        pass


async def test_the_workers_read_with_the_engine_that_configuration_names(monkeypatch: pytest.MonkeyPatch) -> None:
    page = np.full((800, 600, 3), 255, np.uint8)
    page[200:230, 100:400] = 0
    monkeypatch.setenv("REDINK_OCR_ENGINE", "tiny_engine:engine")
    monkeypatch.setenv("REDINK_OCR_WORKERS", "1")
    async with stage.open_stage(SimpleNamespace()) as opened, open_workers("ocr", opened.pool) as workers:
        reading = await opened.work(Job(workers, cv2.imencode(".png", page)[1].tobytes()))
    assert reading.engine == "tiny/1.0"
    assert [line.text for line in reading.pages[0].lines] == ["tiny"]


def test_a_package_may_offer_its_engine_by_a_name(installed: Path) -> None:
    told = installed / "tiny-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n", encoding="utf-8")
    (told / "entry_points.txt").write_text("[redink.engines]\ntiny = tiny_engine:engine\n", encoding="utf-8")
    assert outside.load("tiny", 1, 640).version == "tiny/1.0"
    with pytest.raises(outside.BadEngine, match=r"there are: pp-ocrv6-small, tiny"):
        outside.found("tinny")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nobody", "no installed package offers it"),
        ("no_such_package:engine", "No module named 'no_such_package'"),
        ("tiny_engine:nothing", "no attribute 'nothing'"),
        ("tiny_engine:NUMBER", "is no factory"),
        ("tiny_engine:broken", "FileNotFoundError: weights.bin"),
        ("tiny_engine:mute", "no detect, recognise, judge, orientation"),
        ("tiny_engine:unfair", "the probability of each of a crop's candidates"),
    ],
)
def test_a_wrong_engine_is_refused_with_what_is_wrong(name: str, told: str) -> None:
    with pytest.raises(outside.BadEngine, match=told):
        outside.tried(outside.load(name, 1, 640))


async def test_a_refused_engine_is_a_wrong_configuration_that_names_the_setting() -> None:
    with pytest.raises(BadSettings, match=r"^REDINK_OCR_ENGINE: .*weights\.bin"):
        await outside.version_of("tiny_engine:broken", 1, 640)


async def test_an_engine_that_ends_its_process_ends_no_other() -> None:
    with pytest.raises(BadSettings, match="ended its process"):
        await outside.version_of("tiny_engine:ending", 1, 640)
    with pytest.raises(BadSettings, match="ended its process"):
        await outside.version_of("tiny_engine:leaving", 1, 640)


async def test_a_backend_is_no_engine() -> None:
    with pytest.raises(BadSettings, match="set REDINK_OCR_BACKEND"):
        await stage.engine_of(OcrSettings(engine="openvino"))


@pytest.mark.parametrize("name", ["a b", "os:system('x')", "../x", ""])
def test_what_names_no_engine_is_refused_by_the_settings(name: str) -> None:
    with pytest.raises(ValueError, match="engine"):
        OcrSettings(engine=name)
