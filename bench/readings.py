"""Reads exam cases with the ocr core alone and keeps the readings, for work on the later stages.

python -m bench.readings --cases DIR [--only substr] [--jobs 2] [--out .cache/readings] [--force]
"""

import argparse
import functools
import hashlib
import json
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from contracts.artefacts.reading import Reading
from contracts.events import BlobRef
from services.ocr.core import engine as engines
from services.ocr.core.page import read_page
from services.ocr.core.sources import pages_of

MEDIA = {".pdf": "application/pdf", ".zip": "application/zip", ".png": "image/png"}


def read_case(folder: Path, out: Path) -> tuple[str, int, float, float]:
    """Reads one case; returns its name, pages, wall seconds and CPU seconds."""
    engine = engines.load()
    begun, spent = time.perf_counter(), time.process_time()
    files = json.loads((folder / "request.json").read_text())["files"]
    sources = [
        source
        for name in files
        for source in pages_of((folder / name).read_bytes(), MEDIA.get(Path(name).suffix, "image/jpeg"))
    ]
    target = out / folder.parent.name
    target.mkdir(parents=True, exist_ok=True)
    pages = []
    for number, source in enumerate(sources, 1):
        page, data = read_page(source, engine, number)
        name = f"{folder.name}-{number}.jpg"
        (target / name).write_bytes(data)
        ref = BlobRef(path=f"{folder.parent.name}/{name}", sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        pages.append(page.model_copy(update={"image": ref}))
    cpu = time.process_time() - spent
    reading = Reading(pages=tuple(pages), engine=engine.version, cpu_seconds=cpu)
    (target / f"{folder.name}.json").write_text(reading.model_dump_json())
    return f"{folder.parent.name}/{folder.name}", len(pages), time.perf_counter() - begun, cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(".cache/readings"))
    parser.add_argument("--force", action="store_true")
    options = parser.parse_args()
    folders = [path.parent for path in sorted(options.cases.glob("*/*/request.json"))]
    wanted = [
        folder
        for folder in folders
        if options.only in f"{folder.parent.name}/{folder.name}"
        and (options.force or not (options.out / folder.parent.name / f"{folder.name}.json").exists())
    ]
    pages, cpu = 0, 0.0
    with ProcessPoolExecutor(options.jobs) as pool:
        for name, count, wall, used in pool.map(functools.partial(read_case, out=options.out), wanted):
            pages, cpu = pages + count, cpu + used
            print(f"{name}: {count} pages, {wall / count:.2f} s/page wall, {used / count:.2f} s/page CPU", flush=True)
    if pages:
        print(f"{pages} pages, {cpu / pages:.2f} CPU s/page")


if __name__ == "__main__":
    main()
