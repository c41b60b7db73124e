"""Pages of the PDF: none holds a few stranded lines, however many questions there are (7 and 21 had them once)."""

import io
from dataclasses import replace

import pypdfium2
import pytest
from made_exam import EXAM_ID
from pylopdf_fonts_zh_cn import sans_path

from contracts.artefacts.diagnosis import Suggestion
from services.report.core import compose, render

FONTS = (sans_path().parent,)
FOOTER = 60  # points at the foot of a page that are the footer's


def pages_of(exam, jpeg):
    result = compose(EXAM_ID, *exam.parts())
    pdf = render(result, exam.paper, exam.diagnosis, {1: jpeg}, FONTS)[1]
    return [_Page(page) for page in pypdfium2.PdfDocument(io.BytesIO(pdf))]


class _Page:
    def __init__(self, page):
        text = page.get_textpage()
        boxes = [text.get_charbox(i) for i in range(text.count_chars())]
        self.text = "".join(text.get_text_range().split())
        body = [bottom for left, bottom, right, top in boxes if bottom > FOOTER and right > left]
        self.filled = 1 - min(body, default=page.get_height()) / page.get_height()


@pytest.mark.parametrize("count", [2, 7, 13, 21, 26])
def test_no_page_holds_a_few_lines_alone(made, page_jpeg, count):
    pages = pages_of(made(count), page_jpeg)
    assert all(page.filled > 0.29 for page in pages), [round(page.filled, 2) for page in pages]
    assert pages[-1].text.find("说明") >= 0


def test_a_first_page_with_much_to_say_runs_on_without_an_empty_second_page(made, page_jpeg):
    exam = made(12)
    long = "第1题" + "把每一步的依据写在旁边，再代回原题检验。" * 14
    advice = tuple(Suggestion(text=long, evidence=("1",)) for _ in range(3))
    pages = pages_of(replace(exam, diagnosis=exam.diagnosis.model_copy(update={"suggestions": advice})), page_jpeg)
    assert all(page.filled > 0.29 for page in pages)
    assert not pages[1].text.startswith("逐题结果")


def test_further_advice_stands_on_the_first_page_where_there_is_room_and_never_twice(made, page_jpeg):
    exam = made(6)
    for length in (1, 40):
        advice = tuple(
            Suggestion(text=f"第{n}题" + "重做一遍，写明依据。" * length, evidence=(str(n),)) for n in range(1, 7)
        )
        pages = pages_of(replace(exam, diagnosis=exam.diagnosis.model_copy(update={"suggestions": advice})), page_jpeg)
        assert sum(page.text.count("其他建议") for page in pages) == 1
        assert ("其他建议" in pages[0].text) == (length == 1)
