"""Evaluation cases a second time, a little worse: what stands on the edge of a threshold falls off it.

python -m bench.perturbed --cases DIR --out DIR [--how noise]

Nothing moves, so the truth of a case holds for its copy. Read the copies with `bench.readings --cases OUT --out READINGS`, score them
with `bench.accuracy --cases OUT --readings READINGS`, and look at the cases that score otherwise than their originals.
"""

import argparse
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from services.ocr.core.raster import Image

PHOTOS = {".jpg", ".jpeg"}
EXIF = b"\xff\xe1"


def noise(bgr: Image, seed: int) -> Image:
    """Brighter middle tones and a sensor's grain."""
    grain = np.random.default_rng(seed).normal(0, 3, bgr.shape)
    return np.clip(255 * (bgr / 255) ** 0.85 + grain, 0, 255).astype(np.uint8)


def soft(bgr: Image, seed: int) -> Image:
    """Fewer pixels than the copy has, and brighter. seed: of no use here."""
    del seed
    height, width = bgr.shape[:2]
    small = cv2.resize(bgr, (round(0.85 * width), round(0.85 * height)), interpolation=cv2.INTER_AREA)
    back = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.convertScaleAbs(back, alpha=1.06), np.uint8)


WAYS: dict[str, tuple[Callable[[Image, int], Image], int]] = {"noise": (noise, 62), "soft": (soft, 80)}
"""By name: what is done to the pixels, and the JPEG quality they are kept at."""


def worse(data: bytes, way: str, seed: int) -> bytes:
    """A JPEG photo perturbed; what it says of its orientation stays."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise ValueError("no JPEG")
    change, quality = WAYS[way]
    done, kept = cv2.imencode(".jpg", change(np.asarray(pixels, np.uint8), seed), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("the copy cannot be encoded")
    return b"\xff\xd8" + _orientation(data) + kept.tobytes()[2:]


def _orientation(data: bytes) -> bytes:
    """The EXIF segment of a JPEG (ITU-T T.81, B.1.1.4: marker, length of what follows), empty where it has none before its tables."""
    at = 2
    while data[at : at + 1] == b"\xff" and 0xE0 <= data[at + 1] <= 0xEF:
        size = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at : at + 2] == EXIF:
            return data[at : at + size]
        at += size
    return b""


def copy_case(source: Path, target: Path, way: str) -> None:
    """A case with its photos worse; PDFs and other files as they are."""
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(path for path in source.iterdir() if path.is_file()):
        if file.suffix.lower() in PHOTOS:
            name = f"{source.parent.name}/{source.name}/{file.name}"
            (target / file.name).write_bytes(worse(file.read_bytes(), way, zlib.crc32(name.encode())))
        else:
            shutil.copyfile(file, target / file.name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--how", choices=sorted(WAYS), default="noise")
    options = parser.parse_args()
    for request in sorted(options.cases.glob("*/*/request.json")):
        copy_case(request.parent, options.out / request.parent.parent.name / request.parent.name, options.how)


if __name__ == "__main__":
    main()
