"""Which runtime the models run on: OpenVINO where it works, else ONNX Runtime, which needs nothing of the processor."""

import asyncio
import sys
from typing import Literal

from runtime import log
from services.ocr.core.sessions import Backend

_TRIAL = """
import numpy, openvino
from openvino import opset13
given = opset13.parameter([1, 3, 8, 8])
model = openvino.Model([opset13.relu(given)], [given])
openvino.Core().compile_model(model, "CPU")(numpy.zeros((1, 3, 8, 8), numpy.float32))
"""
_SECONDS = 60.0


async def chosen(wanted: Literal["auto"] | Backend, trial: str = _TRIAL) -> Backend:
    """The one that is wanted. `auto`: OpenVINO if it can run a small model, which takes .4 CPU seconds to find out.

    Tried in a process of its own, since a library that doesn't fit the processor ends the one that it is loaded into.
    """
    if wanted != "auto":
        return wanted
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", trial, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(_SECONDS):
            code: int | None = await process.wait()
    except TimeoutError:
        code = None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code == 0:
        return "openvino"
    log.get("ocr").warning("OpenVINO does not run here, ONNX Runtime takes its place, which costs more CPU", code=code)
    return "onnxruntime"
