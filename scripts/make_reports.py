"""Puts three invented papers through the stages' cores and keeps pictures of their reports in `docs`.

    python -m scripts.make_reports [NAME…]

`maths` is the sample of `make demo`; `english` and `marked` are drawn by `sample_papers`.
"""

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image
from pylopdf_fonts_zh_cn import sans_path

from contracts.artefacts import Paper, Reading, Submission
from contracts.events import BlobRef
from scripts.make_sample import SAMPLES
from scripts.sample_papers import ENGLISH, MARKED, picture, request
from services.analyzer.core import analyze, corrected
from services.analyzer.knowledge import english
from services.diagnostic.core import diagnose
from services.ocr.core import engine as engines
from services.ocr.core.page import read_page
from services.ocr.core.sources import pages_of
from services.parser.core import parse
from services.parser.core.given import with_given
from services.parser.core.tagging import tag, with_points, words_of
from services.parser.stage import load_rules
from services.report.core import compose, render
from services.report.core.pdf import warm_up

DOCS = Path(__file__).resolve().parent.parent / "docs"
EXAM_ID = "018f3c1e-7d52-7c3a-9f61-2b8f0d9f4a11"
WIDTH = 760  # pixels of one page in the pictures
GAP = 16


def paper_of(name: str) -> tuple[bytes, dict[str, Any]]:
    """The photo and the form of an upload."""
    if name == "maths":
        form = json.loads((SAMPLES / "request.json").read_text(encoding="utf-8"))
        return (SAMPLES / "paper.jpg").read_bytes(), {k: v for k, v in form.items() if k != "files"}
    paper = {"english": ENGLISH, "marked": MARKED}[name]
    return picture(paper, 20261122), request(paper)


def report_of(photo: bytes, form: dict[str, Any]) -> tuple[bytes, bytes, float]:
    """HTML, PDF and the CPU seconds that both took, by the same functions as the stages."""
    submission = Submission.model_validate({**form, "files": ()})
    source = next(iter(pages_of(photo, "image/jpeg")))
    page, jpeg = read_page(source, engines.load(), 1)
    ref = BlobRef(path="page-1.jpg", sha256=hashlib.sha256(jpeg).hexdigest(), size=len(jpeg))
    reading = Reading(pages=(page.model_copy(update={"image": ref}),), engine="sample")
    paper = _tagged(parse(submission, reading), submission)
    analysis = corrected(analyze(submission, reading, paper, english()), paper, submission)
    diagnosis = diagnose(submission, paper, analysis)
    result = compose(EXAM_ID, submission, reading, paper, analysis, diagnosis)
    fonts = (sans_path().parent,)
    warm_up(fonts)
    begun = time.process_time()
    html, pdf = render(result, paper, diagnosis, {1: jpeg}, fonts, locale=submission.locale)
    return html, pdf, time.process_time() - begun


def _tagged(paper: Paper, submission: Submission) -> Paper:
    rules = load_rules()
    found = [tag(rules, submission.subject, words_of(question)) for question in paper.questions]
    known = rules.by_subject.get(submission.subject, ())
    return with_points(paper, with_given(submission.answer_key, paper.questions, found, known))


def pages_side_by_side(pdf: bytes) -> Image.Image:
    """All pages of a PDF on one picture, three in a row at most."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.render(scale=WIDTH / page.get_width()).to_pil() for page in document]
    height = pages[0].height
    across = 2 if len(pages) in (2, 4) else 3
    rows = -(-len(pages) // across)
    sheet = Image.new("RGB", ((WIDTH + GAP) * across + GAP, (height + GAP) * rows + GAP), (226, 224, 218))
    for index, page in enumerate(pages):
        sheet.paste(page, (GAP + index % across * (WIDTH + GAP), GAP + index // across * (height + GAP)))
    return sheet


def _save(picture: Image.Image, path: Path) -> None:
    picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)


def main(names: list[str]) -> None:
    """Write the pictures."""
    folder = DOCS / "reports"
    folder.mkdir(exist_ok=True)
    for name in names or ["maths", "english", "marked"]:
        html, pdf, spent = report_of(*paper_of(name))
        _save(pages_side_by_side(pdf), folder / f"{name}.png")
        if name == "maths":
            first = pypdfium2.PdfDocument(pdf)[0]
            _save(first.render(scale=1000 / first.get_width()).to_pil(), DOCS / "report.png")
        print(f"{name}: HTML {len(html) // 1024} KiB, PDF {len(pdf) // 1024} KiB, {spent:.2f} CPU-s")


if __name__ == "__main__":
    main(sys.argv[1:])
