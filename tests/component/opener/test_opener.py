"""Files opened by an opener: the same pages and pixels as without one, and no harm from those that mean it."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contracts.errors import ErrorCode, Permanent, Transient
from contracts.opening import Ask
from services.ocr.core.raster import Raster
from services.ocr.opener.files import Confined, Here
from services.ocr.opener.process import open_opener
from tests.component.gateway.inputs import documents, pictures
from tests.component.opener.conftest import Running


def same(one: Raster, other: Raster) -> bool:
    return (
        np.array_equal(one.bgr, other.bgr)
        and np.array_equal(one.bare, other.bare)
        and np.allclose(one.to_raster, other.to_raster)
        and one.glyphs == other.glyphs
    )


@pytest.mark.parametrize(
    "data",
    [
        pictures.jpeg(),
        pictures.turned(6),
        pictures.tiff(2),
        documents.pdf(),
        documents.archive(("2.jpg", pictures.jpeg()), ("10.pdf", documents.pdf()), ("1.tif", pictures.tiff(2))),
    ],
    ids=["JPEG", "turned", "TIFF", "PDF with text", "ZIP"],
)
def test_pages_and_pixels_are_those_of_the_core(opener: Running, data: bytes) -> None:
    confined, here = Confined(opener.path), Here()
    pages = confined.expand(data, "")
    assert pages == here.expand(data, "")
    assert all(same(confined.decode(page), here.decode(page)) for page in pages)


def test_what_goes_out_again_has_no_metadata_of_the_photo(opener: Running) -> None:
    confined = Confined(opener.path)
    (page,) = confined.expand(pictures.turned(8), "image/jpeg")
    raster = confined.decode(page)
    assert isinstance(raster.bgr, np.ndarray)  # numbers only: where a photo was taken ends here
    assert raster.bgr.shape[0] < raster.bgr.shape[1]


def test_errors_of_the_core_come_through_with_their_code(opener: Running) -> None:
    with pytest.raises(Permanent) as caught:
        Confined(opener.path).expand(documents.encrypted(b"secret"), "application/pdf")
    assert caught.value.code is ErrorCode.ENCRYPTED_PDF


def test_a_file_that_takes_too_long_is_stopped_and_its_neighbours_are_not(opener: Running) -> None:
    confined, hostile = Confined(opener.path), documents.nested_forms(9, 10)
    (page,) = confined.expand(hostile, "application/pdf")
    asked = [asyncio.to_thread(confined.decode, page) for _ in range(2)]
    neighbours = [asyncio.to_thread(confined.expand, pictures.jpeg(), "image/jpeg") for _ in range(4)]

    async def all_of_them() -> list[object]:
        return await asyncio.gather(*asked, *neighbours, return_exceptions=True)

    answers = asyncio.run(all_of_them())
    assert [getattr(answer, "code", None) for answer in answers[:2]] == [ErrorCode.FILE_TOO_COMPLEX] * 2
    assert all(isinstance(answer, list) for answer in answers[2:])
    assert opener.process.poll() is None


def test_a_file_that_wants_too_much_memory_is_refused(opener: Running) -> None:
    confined = Confined(opener.path)
    (page,) = confined.expand(pictures.encoded(Image.new("RGB", (9000, 8000)), "PNG"), "image/png")
    with pytest.raises(Permanent) as caught:
        confined.decode(page)
    assert caught.value.code is ErrorCode.FILE_TOO_COMPLEX


def test_a_silent_asker_holds_up_nobody_and_a_child_that_is_killed_is_no_fault_of_its_file(opener: Running) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(opener.path)
        silent.sendall(Ask(do="look").model_dump_json().encode() + b"\nhalf a f")
        while not (children := opener.children()):
            time.sleep(0.01)
        assert Confined(opener.path).expand(pictures.jpeg(), "image/jpeg")
        for child in children & opener.children():
            os.kill(child, signal.SIGKILL)
        assert silent.recv(100) == b""


def test_an_asker_that_goes_away_leaves_no_process(opener: Running) -> None:
    with socket.socket(socket.AF_UNIX) as gone:
        gone.connect(opener.path)
        gone.sendall(b"no ask at all\n")
    until = time.monotonic() + 60
    while opener.children():
        assert time.monotonic() < until
        time.sleep(0.02)


async def test_an_opener_that_dies_is_begun_again_and_its_files_are_tried_again() -> None:
    async with open_opener() as path:
        confined = Confined(path, seconds=100)
        assert await asyncio.to_thread(confined.expand, pictures.jpeg(), "image/jpeg")
        await _until(lambda: len(_serving(path)) == 1)  # the child that opened the file has gone
        (pid,) = _serving(path)
        os.kill(pid, signal.SIGKILL)
        assert await asyncio.to_thread(_patiently, confined)
    await _until(lambda: _serving(path) == [])


def test_without_an_opener_a_file_is_to_be_tried_again(tmp_path: object) -> None:
    with pytest.raises(Transient):
        Confined(f"{tmp_path}/none.sock", seconds=0.2).expand(b"x", "image/png")


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


def _patiently(confined: Confined) -> bool:
    for _ in range(120):
        try:
            return bool(confined.expand(pictures.jpeg(), "image/jpeg"))
        except Transient:
            time.sleep(0.5)
    return False


def _serving(path: str) -> list[int]:
    """Processes that were begun for this socket."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if path.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found
