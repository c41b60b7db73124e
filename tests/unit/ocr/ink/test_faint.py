"""Borders of tables that shade and blur left hardly darker than the paper."""

import cv2
import numpy as np
import pytest

from services.ocr.core.faint import with_faint_borders
from services.ocr.core.flat import Leaf
from services.ocr.core.rules import find_rules, is_level
from services.ocr.core.tables import find_tables

WALLS, LEVELS = range(200, 741, 90), (300, 360, 420)
FAINT, CLEAR, PEN = (205, 205, 205), (60, 60, 60), (40, 40, 40)


def table(page, *, clear: int, level: tuple[int, int, int] = CLEAR) -> None:
    """A table of two rows and six columns whose first `clear` walls are so, the others faint."""
    for y in LEVELS:
        cv2.line(page, (WALLS[0], y), (WALLS[-1], y), level, 2)
    for index, x in enumerate(WALLS):
        cv2.line(page, (x, LEVELS[0]), (x, LEVELS[-1]), CLEAR if index < clear else FAINT, 2)


def cells(page) -> list[tuple[int, int]]:
    leaf = Leaf(page)
    return [(c.row, c.column) for c in find_tables(with_faint_borders(find_rules(leaf), leaf), leaf.size)]


@pytest.mark.parametrize("noise", [0, 3])
@pytest.mark.parametrize("clear", [2, 5, 7])
def test_the_cells_of_a_table_whose_walls_are_faint_are_found(page, clear, noise):
    table(page, clear=clear)
    grain = np.random.default_rng(1).normal(0, noise, page.shape)
    noisy = np.clip(page + grain, 0, 255).astype(np.uint8)
    assert cells(noisy) == [(row, column) for row in range(2) for column in range(6)]


def test_a_border_that_writing_broke_is_one_again(page):
    table(page, clear=7)
    for x in range(225, 740, 25):  # tails of letters through the lower border
        cv2.line(page, (x, 404), (x - 2, 440), PEN, 4)
    leaf = Leaf(page)
    seen = find_rules(leaf)
    assert not [r for r in seen if is_level(r) and r.start[0] < 210 and r.start[1] > 410 and r.end[0] > 730]
    lowest = [r for r in with_faint_borders(seen, leaf) if is_level(r) and abs(r.start[1] - 420) < 8]
    assert len(lowest) == 1
    assert lowest[0].start[0] == pytest.approx(200, abs=8)
    assert lowest[0].end[0] == pytest.approx(740, abs=8)


def test_a_stroke_of_a_pen_between_two_borders_divides_no_cell(page):
    table(page, clear=7)
    points = np.array([[240, 302], [246, 320], [248, 340], [246, 358]])
    cv2.polylines(page, [points], isClosed=False, color=PEN, thickness=3)
    assert cells(page) == [(row, column) for row in range(2) for column in range(6)]


def test_faint_lines_that_no_table_needs_stay_unseen(page):
    table(page, clear=7)
    cv2.line(page, (240, 900), (600, 900), FAINT, 2)  # alone
    cv2.line(page, (330, 310), (330, 345), FAINT, 2)  # from one border into a cell
    leaf = Leaf(page)
    rules = find_rules(leaf)
    assert with_faint_borders(rules, leaf) == rules


def test_a_page_without_a_table_keeps_its_rules(page):
    cv2.line(page, (240, 900), (600, 900), CLEAR, 2)
    cv2.line(page, (240, 300), (240, 500), FAINT, 2)
    leaf = Leaf(page)
    rules = find_rules(leaf)
    assert len(rules) == 1
    assert with_faint_borders(rules, leaf) == rules
