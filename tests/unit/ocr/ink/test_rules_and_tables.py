import cv2
import numpy as np
import pytest

from services.ocr.core.flat import Leaf
from services.ocr.core.rules import find_rules, is_level, length_of
from services.ocr.core.tables import find_tables
from tests.unit.ocr.ink.conftest import HEIGHT, WIDTH, write


def grid(page, rows, columns, x=200, y=300, width=90, height=60):
    for r in range(rows + 1):
        cv2.line(page, (x, y + r * height), (x + columns * width, y + r * height), (20, 20, 20), 2)
    for c in range(columns + 1):
        cv2.line(page, (x + c * width, y), (x + c * width, y + rows * height), (20, 20, 20), 2)


def test_an_underscore_is_found_with_its_ends(page):
    cv2.line(page, (300, 400), (480, 400), (20, 20, 20), 2)
    (rule,) = find_rules(Leaf(page))
    assert is_level(rule)
    assert rule.start == pytest.approx((300, 400), abs=4)
    assert rule.end == pytest.approx((480, 400), abs=4)


def test_the_foot_of_a_character_beside_a_blank_is_no_part_of_it(page):
    cv2.line(page, (280, 395), (296, 395), (20, 20, 20), 2)
    cv2.line(page, (300, 400), (480, 400), (20, 20, 20), 2)
    (rule,) = find_rules(Leaf(page))
    assert rule.start[0] == pytest.approx(300, abs=4)
    assert rule.start[1] == pytest.approx(rule.end[1], abs=1)


def test_a_slightly_sloping_rule_stays_one_rule(page):
    cv2.line(page, (200, 400), (1000, 424), (20, 20, 20), 2)
    (rule,) = find_rules(Leaf(page))
    assert length_of(rule) == pytest.approx(800, abs=12)


def test_a_rule_in_a_shadow_is_found(page):
    cv2.line(page, (300, 400), (600, 400), (20, 20, 20), 2)
    shade = np.linspace(1.0, 0.35, WIDTH)[None, :, None]
    assert len(find_rules(Leaf((page * shade).astype(np.uint8)))) == 1


def test_text_has_no_rules(page):
    for row in range(10):
        write(page, "The quick brown fox jumps over it", 100, 200 + 60 * row)
    assert find_rules(Leaf(page)) == []


def test_a_filled_block_has_no_rules(page):
    cv2.rectangle(page, (300, 300), (500, 400), (20, 20, 20), -1)
    assert find_rules(Leaf(page)) == []


def test_cells_get_row_and_column(page):
    grid(page, 2, 6)
    cells = find_tables(find_rules(Leaf(page)), (WIDTH, HEIGHT))
    assert [(c.row, c.column) for c in cells] == [(r, c) for r in range(2) for c in range(6)]
    assert {c.table for c in cells} == {0}


def test_two_tables_are_numbered_from_the_top(page):
    grid(page, 2, 4, y=800)
    grid(page, 2, 5, y=300)
    cells = find_tables(find_rules(Leaf(page)), (WIDTH, HEIGHT))
    assert [sum(c.table == t for c in cells) for t in (0, 1)] == [10, 8]


def test_a_frame_around_an_answer_area_is_no_table(page):
    cv2.rectangle(page, (100, 200), (1100, 1400), (20, 20, 20), 2)
    assert find_tables(find_rules(Leaf(page)), (WIDTH, HEIGHT)) == []


def test_a_letters_straight_stem_in_a_cell_divides_it_not(page):
    grid(page, 2, 6)
    cv2.line(page, (330, 367), (330, 412), (30, 30, 30), 3)  # nearly as high as its row
    cells = find_tables(find_rules(Leaf(page)), (WIDTH, HEIGHT))
    assert [(c.row, c.column) for c in cells] == [(r, c) for r in range(2) for c in range(6)]


@pytest.mark.parametrize("foot", [(345, 373), (303, 345), (350, 380)])
def test_a_rule_that_writing_nearly_touches_is_found(page, foot):
    page[400:402, 300:400] = 20
    page[395:399, foot[0] : foot[1]] = 30  # the level foot of a character, a row above it
    level = [rule for rule in find_rules(Leaf(page)) if is_level(rule)]
    assert [rule for rule in level if length_of(rule) > 45 and abs(rule.start[1] - 400.5) < 1]
