"""What reading costs: CPU seconds of a page beside RapidOCR as shipped, of a paper of eight pages, and a worker's memory.

Both run on OpenVINO with one thread, take turns on the same pages and read each page first once unmeasured. `text alone` is
what both do: find the lines and read them. Ours does more: it decodes, rectifies, finds red marks, answer places and bubbles,
and tells print from handwriting. CPU seconds, for a loaded machine stretches seconds by the clock.

    python -m bench.ocr [--cases CASES] [--rounds 2] [--write docs/accuracy.md]   # three minutes; without cases: the sample alone
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, median

from rapidocr import EngineType, RapidOCR

from bench.figures import replaced
from services.ocr import worker
from services.ocr.core import engine as engines
from services.ocr.core.lines import read_lines
from services.ocr.core.page import read_raster
from services.ocr.core.raster import Image
from services.ocr.core.sessions import Backend
from services.ocr.core.sources import decode, pages_of
from services.ocr.settings import OcrSettings

SAMPLE = Path(__file__).parents[1] / "samples" / "paper.jpg"
KINDS = (
    "answer_card/card-a-01", "fill_blanks/blank-01", "homework/cn-math-tal-143448", "lines/eht-writer-1",
    "marked_paper/syn-dev-014", "paper/syn-dev-000", "paper/syn-dev-040", "paper/cn-math-key-dly",
)  # fmt: skip
"""A card, English blanks, a page of small print, handwriting, photos with and without red ink, a wide page, a scan."""
PAGES = 8

Models = tuple[Backend, int, int, str | None]


def models() -> Models:
    """As a worker with the settings' defaults loads them, one thread."""
    side = OcrSettings.model_fields["detector_side"].default
    return "openvino", 1, side, None


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
    """Markdown: medians of CPU seconds a page, taken in turns, and our shares of RapidOCR's."""
    engine, theirs = worker.use_engine(*models()), shipped()
    rows = ["| page | RapidOCR as shipped | ours, text alone | ratio | ours, all | ratio |", "| --- |" + " ---: |" * 5]
    columns: list[tuple[float, float, float]] = []
    for photo in photos:
        (source,) = pages_of(photo.read_bytes())
        page = decode(source).bgr
        turns = (lambda: theirs(page), lambda: _text(page, engine), lambda: read_raster(decode(source), engine))  # noqa: B023
        taken = [[cpu_of(turn) for turn in turns] for _ in range(rounds + 1)][1:]
        stock, text, whole = (median(each[i] for each in taken) for i in range(3))
        columns.append((stock, text, whole))
        rows.append(_row(_name(photo), stock, text, whole))
    return [*rows, _row("mean", *(fmean(column) for column in zip(*columns, strict=True)))]


def _text(page: Image, engine: engines.Engine) -> None:
    read_lines(page, engine.detect(page), engine)


def _name(photo: Path) -> str:
    return photo.name if photo == SAMPLE else "/".join(photo.parts[-3:-1])


def _row(name: str, stock: float, text: float, whole: float) -> str:
    return f"| {name} | {stock:.2f} | {text:.2f} | {text / stock:.2f} | {whole:.2f} | {whole / stock:.2f} |"


def paper(photo: Path) -> tuple[float, int, int]:
    """(CPU seconds, peak MB, MB at the end) of a worker process that reads a paper of eight pages, models loaded before."""
    with multiprocessing.get_context("spawn").Pool(1, worker.warm, models()) as pool:
        return pool.apply(_eight, (photo.read_bytes(),))


def _eight(data: bytes) -> tuple[float, int, int]:
    def eight() -> None:
        for _ in range(PAGES):
            _page(data)

    spent = cpu_of(eight)
    held = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    return spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, held // 2**20


def _page(data: bytes) -> None:
    (source,) = pages_of(data)
    read_raster(decode(source), worker.use_engine(*models()))
    worker.spare()


def together(photo: Path) -> list[float]:
    """Seconds by the clock for a paper of eight pages, with one worker process and with two."""
    taken = []
    for workers in (1, 2):
        with multiprocessing.get_context("spawn").Pool(workers, worker.warm, models()) as pool:
            pages = [photo.read_bytes()] * PAGES
            pool.map(_page, pages[:workers], chunksize=1)
            began = time.perf_counter()
            pool.map(_page, pages, chunksize=1)
            taken.append(time.perf_counter() - began)
    return taken


def main() -> None:
    """Print what reading costs, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, help="the folder of cases whose pages are read, besides the sample")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--write", type=Path, help="the document whose part about costs is written again")
    args = parser.parse_args()
    cases = [args.cases / kind / "page-1.jpg" for kind in KINDS] if args.cases else []
    spent, peak, held = paper(SAMPLE)
    one, two = together(SAMPLE)
    told = (
        f"A paper of {PAGES} pages like the sample: {spent:.1f} CPU s in one worker, whose memory peaks at {peak} MB and is"
        f" {held} MB after it. By the clock {one:.1f} s with one worker, {two:.1f} s with two: {one / two:.2f} times as fast."
    )
    shown = [*beside([SAMPLE, *cases], args.rounds), "", told]
    print("\n".join(shown))
    if args.write:
        args.write.write_text(replaced(args.write.read_text(encoding="utf8"), "costs", shown), encoding="utf8")


if __name__ == "__main__":
    main()
