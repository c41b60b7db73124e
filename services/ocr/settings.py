"""Settings of ocr, from the environment."""

import os
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.ocr.core.sources import Limits
from services.ocr.opener.jail import Bounds

BUILT_IN = "pp-ocrv6-small"
"""The name of the engine that Redink brings."""


class OcrSettings(BaseSettings):
    """`REDINK_OCR_*`."""

    model_config = SettingsConfigDict(env_prefix="REDINK_OCR_", extra="ignore", use_attribute_docstrings=True)

    workers: int = Field(
        default_factory=lambda: min(4, len(os.sched_getaffinity(0))),
        ge=1,
        le=64,
        description="Processes that read pages; each takes up to 800 MB. Say it where CPU or memory is limited for a "
        "container: the CPUs that are counted are the host's.",
        json_schema_extra={"default": "one for each CPU, at most 4"},
    )
    concurrency: int = Field(default=4, ge=1, le=64, description="Exams worked on at a time by one worker.")
    threads: int = Field(default=1, ge=1, le=64, description="Threads of the models in each process.")
    engine: str = Field(
        default=BUILT_IN,
        max_length=200,
        pattern=r"^[\w.-]+(:[\w.]+)?$",
        description="What reads: the built-in engine, or another by its name in the entry point group `redink.engines` or "
        "as `package.module:factory` (docs/engines.md).",
    )
    backend: Literal["auto", "openvino", "onnxruntime"] = Field(
        default="auto",
        description="What runs the built-in engine's models. `auto`: OpenVINO, or ONNX Runtime where that does not run.",
    )
    precision: Literal["f32", "bf16"] | None = Field(
        default=None,
        description="Precision of OpenVINO; unset: the fastest the CPU has. f32 gives the same everywhere.",
    )
    detector_side: int = Field(default=1280, ge=640, le=4096, description="Longer side of a page for the detector, px.")
    page_timeout: float = Field(default=60.0, gt=0, le=240, description="Seconds for the reading of one page.")
    max_pages: int = Field(default=40, ge=1, le=500, description="Most pages of one exam.")
    max_pixels: int = Field(default=80_000_000, ge=1_000_000, description="Most pixels of one picture.")
    min_side: int = Field(default=48, ge=1, description="Least pixels of a picture's shorter side.")
    max_entries: int = Field(default=200, ge=1, description="Most entries of a ZIP, whatever they are.")
    max_inflated_bytes: int = Field(default=400_000_000, ge=1_000_000, description="Most bytes a ZIP may unpack to.")
    max_ratio: int = Field(
        default=1000, ge=2, description="Most times its packed size that a file in a ZIP may have unpacked."
    )
    open_memory: int = Field(
        default=1_500_000_000,
        ge=100_000_000,
        description="Bytes of memory that the opening of a file or page may take.",
    )
    open_cpu_seconds: int = Field(
        default=4, ge=1, description="CPU seconds that the opening of a file or page may take."
    )
    open_seconds: float = Field(default=20.0, gt=0, description="Seconds by the clock that it may take.")
    opener_socket: str | None = Field(
        default=None,
        max_length=100,
        description="Where the opener listens, when a gateway on this host is to use it, too: a path.",
    )

    @property
    def limits(self) -> Limits:
        """What a file may hold."""
        return Limits(
            pages=self.max_pages,
            pixels=self.max_pixels,
            min_side=self.min_side,
            entries=self.max_entries,
            inflated_bytes=self.max_inflated_bytes,
            ratio=self.max_ratio,
        )

    @property
    def bounds(self) -> Bounds:
        """What opening it may cost."""
        return Bounds(self.open_memory, self.open_cpu_seconds, self.open_seconds)
