"""A practice paper printed, filled in by hand and sent back whole: read and graded by its answer sheet. Real OCR."""

import io
import re
from dataclasses import replace

import numpy as np
import pypdfium2
from PIL import ImageDraw

from contracts.artefacts import AnswerKey, Page, Reading, Submission
from scripts.make_sample import Sheet
from services.analyzer.core import analyze
from services.analyzer.knowledge import english
from services.diagnostic.core import diagnose
from services.gateway.practice.bank import starter
from services.gateway.practice.core.choose import Wish, choose
from services.gateway.practice.core.item import Item
from services.gateway.practice.core.paper import About, Practice, arrange, template_of
from services.gateway.practice.core.plan import needs_of, shares
from services.gateway.practice.core.points import points_of
from services.gateway.practice.core.replies import SolvedReply, SolvingReply, WritingReply
from services.gateway.practice.core.view import paper_view
from services.gateway.practice.core.written import Order, candidates, solved
from services.gateway.press import render_pdf
from services.gateway.templates.document import answer_key
from services.ocr.core import engine as engines
from services.ocr.core.page import read_page
from services.ocr.core.sources import pages_of
from services.parser.core import parse
from services.report.core import compose

MATH = points_of("math")
WIDTH = 1654  # A4 at 200 dpi
PEN = 44


def practice() -> Practice:
    wish = Wish(target=0.65, seed=0, grade=9, language="zh")
    needs = needs_of(["math.07", "math.09", "math.21"], "weak", {}, MATH, before=None)
    about = About(title="九年级数学专项练习", subject="math", grade=9, language="zh", student_id=None, exam_ids=[],
                  level="standard", target=0.65, seed=0)  # fmt: skip
    first, *others = choose(list(starter().values()), shares(needs, 7), MATH, wish)
    return arrange(about, [replace(first, items=(*first.items, written())), *others], MATH)


def written() -> Item:
    """An item that a model wrote, and that passed its checks."""
    reply = WritingReply.model_validate({"items": [{
        "type": "fill_blank", "stem": "方程 $5x-3=2x+9$ 的解是 $x=$____.", "answer": ["4"], "wrong": ["-4", "2"],
        "solution": "移项得 $3x=12$，$x=4$。",
    }]})  # fmt: skip
    kept, _ = candidates(reply, Order("math.07", "math", 9, "zh", 0.65, ("fill_blank",), 1), "a-model", set())
    (item,), _ = solved(kept, SolvingReply(answers=[SolvedReply(number=1, answer="x=4")]))
    return item


def filled(pdf: bytes, key: AnswerKey, written: dict[str, str]) -> list[bytes]:
    """All pages as JPEG, with handwriting at the places that the answer sheet has for each number."""
    pages, sheet = [], False
    for number, page in enumerate(pypdfium2.PdfDocument(pdf)):
        hand, scale = Sheet(np.random.default_rng(number)), WIDTH / page.get_width()
        hand.image = page.render(scale=scale).to_pil().convert("RGB")
        hand.draw = ImageDraw.Draw(hand.image)
        sheet = sheet or "答题纸" in page.get_textpage().get_text_range().splitlines()
        if sheet:
            _write(hand, _texts(page, scale), key, written)
        data = io.BytesIO()
        hand.image.save(data, "JPEG", quality=90)
        pages.append(data.getvalue())
    return pages


def _texts(page: pypdfium2.PdfPage, scale: float) -> list[tuple[str, float, float]]:
    """Every piece of text with the left end and the middle of its line, in pixels."""
    text, found = page.get_textpage(), []
    for i in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(i)
        middle = (page.get_height() - (top + bottom) / 2) * scale
        found.append((text.get_text_bounded(left, bottom, right, top).strip(), left * scale, middle))
    return found


def _write(hand: Sheet, texts: list[tuple[str, float, float]], key: AnswerKey, written: dict[str, str]) -> None:
    for item in key.questions:
        for text, x, y in texts:
            if re.fullmatch(rf"{item.number}\..*", text) and x < WIDTH / 5:
                below = item.type in ("calculation", "short_answer")
                hand.write((x + 60, y + 60) if below else (x + 90, y - 8), written[item.number], PEN)
            elif text == item.number and item.type.endswith(("choice", "false")) and x > 180:  # a column of its table
                hand.write((x + 8, y + 68), written[item.number], PEN, centred=True)


async def test_a_whole_paper_sent_back_is_read_and_graded_by_the_places_of_its_sheet() -> None:
    pdf = await render_pdf("practice/templates/practice.typ", paper_view(practice(), "prc_1"), 120)
    key = answer_key(template_of(practice(), "prc_1", MATH))
    written = {
        q.number: "".join(q.answer or "") if isinstance(q.answer, tuple) else str(q.answer) for q in key.questions
    }
    slip = next(q.number for q in key.questions if q.type == "fill_blank")
    written[slip] = "17"
    engine = engines.load()
    read: list[Page] = []
    for number, jpeg in enumerate(filled(pdf, key, written), 1):
        read.append(read_page(next(iter(pages_of(jpeg, "image/jpeg"))), engine, number)[0])
    reading, submission = (
        Reading(pages=tuple(read), engine="test"),
        Submission(subject="math", grade=9, files=(), answer_key=key),
    )
    paper = parse(submission, reading)
    analysis = analyze(submission, reading, paper, english())
    answers = {a.number: a for a in analysis.answers}
    assert [q.number for q in paper.questions] == [q.number for q in key.questions]
    assert all(ref.page > 1 for q in paper.questions for ref in (*q.lines, *q.spots)), "answered on the sheet"
    assert all({r.page for r in q.regions} >= {1, 2} for q in paper.questions), "question and place are shown"
    assert answers[slip].verdict == "wrong"
    (by_model,) = [q for q in key.questions if q.origin == "model"]
    assert answers[by_model.number].verdict == "correct", answers[by_model.number]
    told = compose("1", submission, reading, paper, analysis, diagnose(submission, paper, analysis))
    assert [q.number for q in told.questions if q.origin == "model"] == [by_model.number]
    right = [n for n in written if n != slip and answers[n].verdict == "correct"]
    assert len(right) >= len(written) - 2, {n: (written[n], answers[n].student_answer) for n in written}
