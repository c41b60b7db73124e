"""What reading costs: CPU seconds of a page beside RapidOCR as shipped, of a paper of eight pages, and a worker's memory.

Ours does more: orientation, rectification, red marks, answer places, bubbles, print told from handwriting. One thread each.
CPU seconds, for a loaded machine stretches seconds by the clock.

    python -m bench.ocr [--rounds 5] [--write docs/accuracy.md] [PHOTO ...]   # default: the sample paper that ships
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from rapidocr import EngineType, RapidOCR

from bench.accuracy import replaced
from services.ocr import worker
from services.ocr.core import engine as engines
from services.ocr.core.page import read_page
from services.ocr.core.sources import pages_of

SAMPLE = Path(__file__).parents[1] / "samples" / "paper.jpg"
PAGES = 8


def cpu_of(run: Callable[[], object]) -> float:
    """CPU seconds of one call, threads included."""
    spent = time.process_time()
    run()
    return time.process_time() - spent


def shipped() -> RapidOCR:
    """RapidOCR with its own settings, on OpenVINO, one thread."""
    kind = EngineType.OPENVINO
    params = {"Det.engine_type": kind, "Cls.engine_type": kind, "Rec.engine_type": kind}
    return RapidOCR(params=params | {"EngineConfig.openvino.inference_num_threads": 1, "Global.log_level": "error"})


def beside(photos: Sequence[Path], rounds: int) -> list[str]:
    """Markdown: medians of CPU seconds a photo and their ratio, taken in turns."""
    ours, theirs = engines.load(), shipped()
    rows = ["| page | ours, CPU s | RapidOCR as shipped, CPU s | ratio |", "| --- | ---: | ---: | ---: |"]
    for photo in photos:
        data = photo.read_bytes()
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        pairs = []
        for _ in range(rounds + 1):  # the first round warms both up
            mine = cpu_of(lambda: [read_page(s, ours, n) for n, s in enumerate(pages_of(data), 1)])  # noqa: B023
            pairs.append((mine, cpu_of(lambda: theirs(picture))))  # noqa: B023
        mine, stock = (median(pair[i] for pair in pairs[1:]) for i in (0, 1))
        rows.append(f"| {photo.name} | {mine:.2f} | {stock:.2f} | {mine / stock:.2f} |")
    return rows


def paper(photo: Path) -> tuple[float, int, int]:
    """(CPU seconds, peak MB, MB at the end) of a worker process that reads a paper of eight pages, models loaded before."""
    with multiprocessing.get_context("spawn").Pool(1, worker.warm, ("openvino", 1, 1280, None)) as pool:
        return pool.apply(_eight, (photo.read_bytes(),))


def _eight(data: bytes) -> tuple[float, int, int]:
    engine = worker.use_engine("openvino", 1, 1280, None)
    (source,) = pages_of(data)

    def eight() -> None:
        for number in range(1, PAGES + 1):
            read_page(source, engine, number)
            worker.spare()

    spent = cpu_of(eight)
    held = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    return spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, held // 2**20


def main() -> None:
    """Print what reading costs, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, default=[SAMPLE])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", type=Path, help="the document whose part about costs is written again")
    args = parser.parse_args()
    spent, peak, held = paper(args.photos[0])
    shown = [
        *beside(args.photos, args.rounds),
        "",
        f"A paper of {PAGES} such pages: {spent:.1f} CPU s in one worker, whose memory peaks at {peak} MB and is {held} MB after it.",
    ]
    print("\n".join(shown))
    if args.write:
        args.write.write_text(replaced(args.write.read_text(encoding="utf8"), "costs", shown), encoding="utf8")


if __name__ == "__main__":
    main()
