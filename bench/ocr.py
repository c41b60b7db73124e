"""CPU seconds a page of our ocr core against RapidOCR as shipped on the same page, side by side in one run.

Ours does more: orientation, rectification, red marks, answer places, bubbles, print told from handwriting. One thread each.

    python -m bench.ocr [--rounds 5] [PHOTO ...]          # default: the sample paper that ships with the project
"""

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from rapidocr import EngineType, RapidOCR

from services.ocr.core import engine as engines
from services.ocr.core.page import read_page
from services.ocr.core.sources import pages_of

SAMPLE = Path(__file__).parents[1] / "samples" / "paper.jpg"


def cpu_of(run: Callable[[], object]) -> tuple[float, float]:
    """(CPU seconds, wall seconds) of one call, threads included."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.process_time() - cpu, time.perf_counter() - wall


def shipped() -> RapidOCR:
    """RapidOCR with its own settings, on OpenVINO, one thread."""
    kind = EngineType.OPENVINO
    params = {"Det.engine_type": kind, "Cls.engine_type": kind, "Rec.engine_type": kind}
    return RapidOCR(params=params | {"EngineConfig.openvino.inference_num_threads": 1, "Global.log_level": "error"})


def main() -> None:
    """Print medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, default=[SAMPLE])
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    ours, theirs = engines.load(), shipped()
    print("| page | ours, CPU s | RapidOCR as shipped, CPU s | ratio |")
    print("|---|---|---|---|")
    for photo in args.photos:
        data = photo.read_bytes()
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        pairs = []
        for _ in range(args.rounds + 1):  # the first round warms both up
            mine, _wall = cpu_of(lambda: [read_page(s, ours, n) for n, s in enumerate(pages_of(data), 1)])  # noqa: B023
            stock, _wall = cpu_of(lambda: theirs(picture))  # noqa: B023
            pairs.append((mine, stock))
        mine, stock = (median(pair[i] for pair in pairs[1:]) for i in (0, 1))
        print(f"| {photo.name} | {mine:.2f} | {stock:.2f} | {mine / stock:.2f} |")
    print(f"\npeak memory of this process with both: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
