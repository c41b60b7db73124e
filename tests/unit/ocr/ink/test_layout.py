import cv2
import pytest

from contracts.artefacts.reading import Rule
from services.ocr.core.layout import find_columns, find_figures
from tests.unit.ocr.ink.conftest import HEIGHT, WIDTH, line, write


def paragraph(x, width, rows, y=300):
    step = 24.0
    return [
        line("字" * int(width / step), [x + step * i for i in range(int(width / step))], y + 45 * r)
        for r in range(rows)
    ]


def test_full_width_text_is_one_column():
    assert len(find_columns(paragraph(100, 1000, 20), [], (WIDTH, HEIGHT))) == 1


def test_two_columns_below_a_heading_are_split_between_them():
    lines = [*paragraph(200, 800, 1, y=150), *paragraph(80, 480, 20), *paragraph(640, 480, 20)]
    left, right = find_columns(lines, [], (WIDTH, HEIGHT))
    assert left[2] <= right[0]
    assert 540 < left[2] < 640


def test_three_columns_are_found():
    lines = [row for x in (60, 440, 820) for row in paragraph(x, 320, 20)]
    assert len(find_columns(lines, [], (WIDTH, HEIGHT))) == 3


def test_a_middle_rule_separates_columns_that_almost_touch():
    lines = [*paragraph(80, 515, 20), *paragraph(612, 500, 20)]
    middle = Rule(start=(600, 200), end=(600, 1300))
    assert len(find_columns(lines, [middle], (WIDTH, HEIGHT))) == 2


def test_options_in_two_rows_are_no_columns():
    stems = paragraph(100, 1000, 8)
    options = [row for y in (320, 410, 500) for x in (100, 640) for row in paragraph(x, 150, 1, y=y)]
    assert len(find_columns([*stems, *options], [], (WIDTH, HEIGHT))) == 1


def test_an_empty_page_is_one_column():
    assert find_columns([], [], (WIDTH, HEIGHT)) == [(0.0, 0.0, float(WIDTH), float(HEIGHT))]


def test_a_drawing_is_a_figure_and_text_is_none(page):
    text = paragraph(100, 900, 3)
    write(page, "Some text above the figure", 100, 310)
    cv2.circle(page, (500, 800), 120, (30, 30, 30), 3)
    cv2.line(page, (400, 740), (600, 860), (30, 30, 30), 3)
    (figure,) = find_figures(page, text, [])
    assert figure == pytest.approx((380, 680, 620, 920), abs=12)
