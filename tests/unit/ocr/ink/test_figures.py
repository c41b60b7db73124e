import cv2
import pytest

from services.ocr.core.figures import find_figures
from services.ocr.core.flat import Leaf
from tests.unit.ocr.ink.conftest import line, write


def paragraph(x, width, rows, y=300):
    step = 24.0
    return [
        line("字" * int(width / step), [x + step * i for i in range(int(width / step))], y + 45 * r)
        for r in range(rows)
    ]


def test_a_drawing_is_a_figure_and_text_is_none(page):
    text = paragraph(100, 900, 3)
    write(page, "Some text above the figure", 100, 310)
    cv2.circle(page, (500, 800), 120, (30, 30, 30), 3)
    cv2.line(page, (400, 740), (600, 860), (30, 30, 30), 3)
    (figure,) = find_figures(Leaf(page), text, [])
    assert figure == pytest.approx((380, 680, 620, 920), abs=12)
