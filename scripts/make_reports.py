"""Puts three invented papers and an essay through the stages' cores and keeps pictures of their reports in `docs`.

    python -m scripts.make_reports [NAME…]

`maths` is the sample of `make demo`; `english` (with two earlier exams) and `marked` are drawn by `sample_papers`; `essay`
is text.
"""

import hashlib
import json
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image
from pylopdf_fonts_zh_cn import sans_path

from contracts.artefacts import Analysis, Paper, Reading, Submission
from contracts.artefacts.diagnosis import Background, PastAnswers, PastMastery
from contracts.events import BlobRef
from scripts.make_sample import SAMPLES
from scripts.sample_papers import ENGLISH, MARKED, picture, request
from services.analyzer.core import analyze, corrected
from services.analyzer.essay.reviews import with_reviews
from services.analyzer.knowledge import english
from services.diagnostic.core import diagnose
from services.gateway.essays.order import EssayOrder
from services.gateway.essays.paper import paper_of as essay_paper
from services.gateway.essays.paper import reading_of as essay_reading
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
EARLIER = {
    "english": {
        "Past simple": (0.38, 0.46),
        "Prepositions of time": (0.74, 0.66),
        "Present simple": (0.58, 0.71),
    }
}
"""Share of its points that the pupil earned on a knowledge point in two earlier exams."""
EXAMS = date(2026, 9, 18), date(2026, 10, 23)
ESSAY = EssayOrder(
    title="My Weekend",
    subject="english",
    grade=8,
    locale="en",
    max_score=15,
    prompt="Write about your weekend: what you did, with whom, and how you felt. At least 60 words.",
    content=(
        "Last weekend I went to the the science museum with my classmates. It was very intresting. "
        "We saw an robot which could play chess, and my friend lost to it in only ten moves.\n"
        "After lunch we take the bus to the park. The wether was fine, so we flew kites untill five o'clock. "
        "i was tired but happy when I came home.\n"
        "I think a good weekend don't need much money. It needs friends."
    ),
)


def paper_of(name: str) -> tuple[bytes, dict[str, Any]]:
    """The photo and the form of an upload."""
    if name == "maths":
        form = json.loads((SAMPLES / "request.json").read_text(encoding="utf-8"))
        return (SAMPLES / "paper.jpg").read_bytes(), {k: v for k, v in form.items() if k != "files"}
    paper = {"english": ENGLISH, "marked": MARKED}[name]
    return picture(paper, 20261122), request(paper)


def report_of(photo: bytes, form: dict[str, Any], name: str = "") -> tuple[bytes, bytes, float]:
    """HTML, PDF and the CPU seconds that both took, by the same functions as the stages."""
    submission = Submission.model_validate({**form, "files": ()})
    source = next(iter(pages_of(photo, "image/jpeg")))
    page, jpeg = read_page(source, engines.load(), 1)
    ref = BlobRef(path="page-1.jpg", sha256=hashlib.sha256(jpeg).hexdigest(), size=len(jpeg))
    reading = Reading(pages=(page.model_copy(update={"image": ref}),), engine="sample")
    paper = _tagged(parse(submission, reading), submission)
    analysis = corrected(analyze(submission, reading, paper, english()), paper, submission)
    known = submission.model_copy(update={"background": _background(EARLIER.get(name, {}), paper)})
    return _rendered(known, reading, paper, analysis, {1: jpeg})


def essay_report() -> tuple[bytes, bytes, float]:
    """The same of the essay, without a model: its score is left to a teacher."""
    submission = ESSAY.form().submission(())
    reading, paper = essay_reading(), essay_paper(submission)
    analysis = corrected(analyze(submission, reading, paper, english()), paper, submission)
    return _rendered(submission, reading, paper, with_reviews(analysis, submission, paper, english()), {})


def _rendered(
    submission: Submission, reading: Reading, paper: Paper, analysis: Analysis, pages: dict[int, bytes]
) -> tuple[bytes, bytes, float]:
    diagnosis = diagnose(submission, paper, analysis, submission.background)
    result = compose(EXAM_ID, submission, reading, paper, analysis, diagnosis)
    fonts = (sans_path().parent,)
    warm_up(fonts)
    begun = time.process_time()
    html, pdf = render(result, paper, diagnosis, pages, fonts, locale=submission.locale)
    return html, pdf, time.process_time() - begun


def _background(earlier: Mapping[str, tuple[float, ...]], paper: Paper) -> Background:
    """What two earlier exams said of the points that this paper asks."""
    codes = {point.name: point.code for question in paper.questions for point in question.knowledge_points}
    history, trend = [], []
    for name, shares in earlier.items():
        for place, (day, share) in enumerate(zip(EXAMS, shares, strict=True)):
            ago = len(shares) - place
            history.append(PastAnswers(code=codes[name], share=share, questions=4, exams_ago=ago))
            low, high = max(0.0, share - 0.24), min(1.0, share + 0.2)
            trend.append(PastMastery(code=codes[name], on=day, mastery=share, low=low, high=high))
    return Background(history=tuple(history), trend=tuple(trend))


def _tagged(paper: Paper, submission: Submission) -> Paper:
    rules = load_rules()
    found = [
        tag(rules, submission.subject, words_of(question), question.options.values()) for question in paper.questions
    ]
    known = rules.by_subject.get(submission.subject, ())
    return with_points(paper, with_given(submission.answer_key, paper.questions, found, known))


def pages_side_by_side(pdf: bytes) -> Image.Image:
    """All pages of a PDF on one picture, three in a row at most."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.render(scale=WIDTH / page.get_width()).to_pil() for page in document]
    height = pages[0].height
    across = 2 if len(pages) == 4 else min(len(pages), 3)
    rows = -(-len(pages) // across)
    sheet = Image.new("RGB", ((WIDTH + GAP) * across + GAP, (height + GAP) * rows + GAP), (226, 224, 218))
    for index, page in enumerate(pages):
        sheet.paste(page, (GAP + index % across * (WIDTH + GAP), GAP + index // across * (height + GAP)))
    return sheet


def _save(picture: Image.Image, path: Path) -> None:
    picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)


def main(names: list[str]) -> None:
    """Write the pictures."""
    folder = DOCS / "reports"
    folder.mkdir(exist_ok=True)
    for name in names or ["maths", "english", "marked", "essay"]:
        html, pdf, spent = essay_report() if name == "essay" else report_of(*paper_of(name), name)
        _save(pages_side_by_side(pdf), folder / f"{name}.png")
        if name == "maths":
            first = pypdfium2.PdfDocument(pdf)[0]
            _save(first.render(scale=1000 / first.get_width()).to_pil(), DOCS / "report.png")
        print(f"{name}: HTML {len(html) // 1024} KiB, PDF {len(pdf) // 1024} KiB, {spent:.2f} CPU-s")


if __name__ == "__main__":
    main(sys.argv[1:])
