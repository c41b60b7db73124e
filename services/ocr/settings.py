"""Settings of ocr, from the environment."""

import os
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class OcrSettings(BaseSettings):
    """`REDINK_OCR_*`."""

    model_config = SettingsConfigDict(env_prefix="REDINK_OCR_", extra="ignore", use_attribute_docstrings=True)

    workers: int = Field(
        default_factory=lambda: min(4, len(os.sched_getaffinity(0))),
        ge=1,
        le=64,
        description="Processes that read pages; each takes about 700 MB.",
    )
    concurrency: int = Field(default=4, ge=1, le=64, description="Exams worked on at a time by one worker.")
    threads: int = Field(default=1, ge=1, le=64, description="Threads of the models in each process.")
    backend: Literal["openvino", "onnxruntime"] = Field(default="openvino", description="What runs the models.")
    precision: Literal["f32", "bf16"] | None = Field(
        default=None,
        description="Precision of OpenVINO; unset: the fastest the CPU has. f32 gives the same everywhere.",
    )
    detector_side: int = Field(default=1280, ge=640, le=4096, description="Longer side of a page for the detector, px.")
    page_timeout: float = Field(default=60.0, gt=0, le=240, description="Seconds for the reading of one page.")
    max_pages: int = Field(default=40, ge=1, le=500, description="Most pages of one exam.")
    max_pixels: int = Field(default=80_000_000, ge=1_000_000, description="Most pixels of one picture.")
    max_inflated_bytes: int = Field(default=400_000_000, ge=1_000_000, description="Most bytes a ZIP may unpack to.")
