"""What runs inside ocr's worker processes: pages are read here, and files opened by way of an opener."""

import ctypes
import ctypes.util
import functools

import cv2
import numpy as np

from contracts.artefacts.reading import Page
from services.ocr import outside
from services.ocr.core import engine as engines
from services.ocr.core.page import read_raster
from services.ocr.core.sessions import BACKENDS
from services.ocr.core.sources import PageSource
from services.ocr.opener.files import Files

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""glibc's mallopt parameters. With its defaults a worker keeps 1000 MB after fifteen pages, with these 670 MB."""


def warm(engine_name: str, threads: int, detector_side: int, precision: str | None, files: Files | None = None) -> None:
    """Load the models and run each once, so that the first page waits for nothing. For the pool's initializer."""
    _spare_memory()
    engine = use_engine(engine_name, threads, detector_side, precision)
    engine.detect(np.full((detector_side, detector_side * 3 // 4, 3), 255, np.uint8))
    engine.recognise([np.full((48, 640, 3), 255, np.uint8)])
    engine.judge([np.full((48, 64, 3), 255, np.uint8)], [("A", "B")])
    engine.orientation(np.full((256, 256, 3), 255, np.uint8))
    if files is not None:  # a worker whose files nobody opens is not ready
        blank = cv2.imencode(".png", np.full((64, 64, 3), 255, np.uint8))[1].tobytes()
        files.decode(*files.expand(blank, "image/png"))


def expand(data: bytes, media_type: str, files: Files) -> tuple[list[PageSource], float]:
    """The pages of one uploaded file, and the CPU seconds that others spent on it."""
    return files.expand(data, media_type), files.cpu_seconds


def read(
    source: PageSource, number: int, files: Files, engine: functools.partial[engines.Engine]
) -> tuple[Page, bytes, float]:
    """One page, its rectified image as JPEG, and the CPU seconds that others spent on it."""
    try:
        return *read_raster(files.decode(source), engine(), number), files.cpu_seconds
    finally:
        spare()


def use_engine(name: str, threads: int, detector_side: int, precision: str | None) -> engines.Engine:
    """The engine of this process, loaded by the first call: the built-in one on the backend `name`, or one from outside."""
    if name in BACKENDS:
        return engines.load(name, threads, detector_side, precision)
    return outside.load(name, threads, detector_side)


def _libc() -> ctypes.CDLL | None:
    name = ctypes.util.find_library("c")
    return ctypes.CDLL(name) if name and name.startswith("libc.so") else None


def _spare_memory() -> None:
    libc = _libc()
    if libc is not None and hasattr(libc, "mallopt"):
        libc.mallopt(M_ARENA_MAX, 1)
        libc.mallopt(M_TRIM_THRESHOLD, 100_000)
        libc.mallopt(M_MMAP_THRESHOLD, 1_000_000)


def spare() -> None:
    """Give memory that is free back to the system."""
    libc = _libc()
    if libc is not None and hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
