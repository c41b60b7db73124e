"""Engines from outside: named by configuration, found, tried once at the start and loaded in each worker process.

A factory `(*, threads: int, detector_side: int) -> Engine` may come as `package.module:factory`, or from an installed
package that offers it by name in the entry point group `redink.engines`.
"""

import asyncio
import functools
import json
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import cast

import numpy as np

from runtime.settings import BadSettings
from services.ocr.core.engine import Engine, Image
from services.ocr.core.said import Judged, Text
from services.ocr.settings import BUILT_IN

GROUP = "redink.engines"
_NEEDED = ("detect", "recognise", "judge", "orientation")
_SECONDS = 180.0
_REFUSED = 3
"""Exit code of a trial that knows what is wrong."""
_TRIAL = "import sys; from services.ocr.outside import trial; trial(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))"

Factory = Callable[..., Engine]


class BadEngine(Exception):
    """No engine, or none that keeps to the protocol; the message says what to do."""


@functools.cache
def load(name: str, threads: int, detector_side: int) -> Engine:
    """The engine of this process. Raises BadEngine."""
    factory = found(name)
    try:
        engine = factory(threads=threads, detector_side=detector_side)
    except Exception as error:
        raise BadEngine(f"its factory failed, called with threads and detector_side: {_told(error)}") from error
    lacking = [method for method in _NEEDED if not callable(getattr(engine, method, None))]
    if lacking:
        raise BadEngine(f"what its factory made has no {', '.join(lacking)}: see Engine in services/ocr/core/engine.py")
    if not isinstance(getattr(engine, "version", None), str) or not engine.version:
        raise BadEngine("what its factory made has no version: a text such as my-engine/1.2, which results carry")
    return engine


def found(name: str) -> Factory:
    """The factory of that name, imported. Raises BadEngine."""
    offered = {entry.name: entry for entry in entry_points(group=GROUP)}
    if ":" not in name and name not in offered:
        others = ", ".join(sorted({BUILT_IN, *offered}))
        raise BadEngine(
            f"no installed package offers it in the entry point group {GROUP} (there are: {others}); "
            "install the package, or name the engine as package.module:factory"
        )
    entry = offered.get(name) or EntryPoint(name, name, GROUP)
    try:
        factory = entry.load()
    except Exception as error:
        raise BadEngine(f"can't be imported, is its package installed in this environment? {_told(error)}") from error
    if not callable(factory):
        raise BadEngine("is no factory: it must be callable with threads and detector_side")
    return cast("Factory", factory)


def tried(engine: Engine) -> None:
    """Have it do each thing once. Raises BadEngine when an answer has another shape than the protocol says."""
    page: Image = np.full((640, 480, 3), 255, np.uint8)
    strip: Image = np.full((48, 320, 3), 255, np.uint8)
    try:
        quads, turn = engine.detect(page), engine.orientation(page)
        texts, judged = engine.recognise([strip, strip]), engine.judge([strip, strip], [("A", "B"), ()])
    except Exception as error:
        raise BadEngine(f"failed on an empty page: {_told(error)}") from error
    if any(np.shape(quad) != (4, 2) for quad in quads):
        raise BadEngine("detect must return quads of shape (4, 2)")
    if turn not in {0, 90, 180, 270}:
        raise BadEngine("orientation must return 0, 90, 180 or 270")
    if not _read(texts):
        raise BadEngine("recognise must return one Text for each crop")
    if not all(isinstance(one, Judged) for one in judged) or not _read([one.free for one in judged]):
        raise BadEngine("judge must return one Judged for each crop")
    if [set(one.candidates) for one in judged] != [{"A", "B"}, set()]:
        raise BadEngine("judge must return the probability of each of a crop's candidates")


def _read(texts: Sequence[Text]) -> bool:
    """Whether there are two, with as many places and confidences as characters."""
    return len(texts) == 2 and all(
        isinstance(text, Text) and len(text.text) == len(text.xs) == len(text.confidences) for text in texts
    )


def trial(name: str, threads: int, detector_side: int) -> None:
    """Load and try it, and print its version; for a process of its own."""
    try:
        engine = load(name, threads, detector_side)
        tried(engine)
    except BadEngine as error:
        print(json.dumps({"error": str(error)}), flush=True)  # noqa: T201 - read by who started the process
        sys.exit(_REFUSED)
    print(json.dumps({"version": engine.version}), flush=True)  # noqa: T201


async def version_of(name: str, threads: int, detector_side: int) -> str:
    """What it calls itself, once it has shown that it works here. Raises BadSettings.

    Tried in a process of its own, since a library that doesn't fit the processor ends the one that it is loaded into.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _TRIAL, name, str(threads), str(detector_side), stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(_SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        raise BadSettings(f"REDINK_OCR_ENGINE: the engine was not ready after {_SECONDS:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode not in {0, _REFUSED}:
        raise BadSettings(
            f"REDINK_OCR_ENGINE: the engine ended its process ({process.returncode}); see what it printed"
        )
    try:
        said = json.loads(output.splitlines()[-1])
    except (IndexError, ValueError):
        raise BadSettings("REDINK_OCR_ENGINE: the engine ended its process, or printed at its end") from None
    if "error" in said:
        raise BadSettings(f"REDINK_OCR_ENGINE: {said['error']}")
    return str(said["version"])


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
