"""Which runtime is taken when the usual one may not run here."""

import pytest

from services.ocr import backend


async def test_openvino_is_taken_where_it_runs() -> None:
    assert await backend.chosen("auto") == "openvino"


@pytest.mark.parametrize(
    "trial",
    ["import no_such_library", "import os, signal; os.kill(os.getpid(), signal.SIGILL)"],
    ids=["missing", "wrong processor"],
)
async def test_onnxruntime_takes_the_place_of_one_that_does_not_run_and_says_so(
    trial: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await backend.chosen("auto", trial) == "onnxruntime"
    assert "OpenVINO does not run here" in "".join(capfd.readouterr())


@pytest.mark.parametrize("wanted", ["openvino", "onnxruntime"])
async def test_what_is_wanted_is_not_tried(wanted: backend.Backend) -> None:
    assert await backend.chosen(wanted, "raise SystemExit(1)") == wanted
