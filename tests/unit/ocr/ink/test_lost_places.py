"""Answer places whose print is hidden, or which only look like ones."""

import cv2
import numpy as np

from contracts.artefacts.reading import Line
from services.ocr.core.brackets import brackets
from services.ocr.core.flat import Leaf
from services.ocr.core.marks import red_ink
from services.ocr.core.places import before_numbers, em_of
from services.ocr.core.rings import is_beside, rings
from services.ocr.core.spots import find_spots
from services.ocr.core.tails import tails
from tests.unit.ocr.ink.conftest import ScriptedEngine, filler, line, write

EM = 26.0


def row(text: str, x: float, y: float) -> Line:
    return line(text, [x + EM * i for i in range(len(text))], y)


def ink_of(page: np.ndarray) -> np.ndarray:
    return np.where(page[:, :, 0] < 150, 255, 0).astype(np.uint8)


def options(y: float) -> list[Line]:
    return [row("A.三个", 130, y), row("B.四个", 430, y)]


def elsewhere(*stem: Line) -> list[Line]:
    """Lines of a page that has an answer bracket in another question, and that question's place."""
    return [row("下列正确的是（  ）", 100, 1200.0), *filler(), *stem]


def test_a_letter_over_its_bracket_behind_the_stem_is_a_place(page) -> None:
    write(page, "C", 420, 312, 1.2)
    lines = elsewhere(row("这里属于负数的数量是", 130, 300.0), *options(345.0))
    places = brackets(lines, ink_of(page), EM)
    found = tails(lines, places, ink_of(page), EM)
    assert len(found) == 1
    left, top, right, bottom = found[0].box
    assert left < 420 < 445 < right < 520
    assert top < 290 < 312 < bottom


def test_a_letter_alone_on_the_row_before_the_options_is_a_place(page) -> None:
    write(page, "B", 134, 312, 1.2)
    stem = row("以下数中属于有理数的共有", 130, 255.0)
    lines = elsewhere(stem, row("V", 140, 300.0), *options(345.0))
    assert len(tails(lines, brackets(lines, ink_of(page), EM), ink_of(page), EM)) == 1


def test_specks_figures_and_other_columns_behind_a_stem_are_no_places(page) -> None:
    ink = ink_of(page)
    stem = row("这里属于负数的数量是", 130, 300.0)
    lines = elsewhere(stem, *options(345.0))
    ink[300:304, 420:424] = 255
    assert tails(lines, brackets(lines, ink, EM), ink, EM) == []
    beside = elsewhere(stem, *options(345.0), row("另一栏的文字", 430, 300.0))
    ink[290:312, 425:445] = 255
    assert tails(beside, brackets(beside, ink, EM), ink, EM) == []


def test_a_page_without_brackets_and_a_stem_with_its_own_place_get_no_other(page) -> None:
    write(page, "C", 420, 312, 1.2)
    stem, ink = row("这里属于负数的数量是", 130, 300.0), ink_of(page)
    assert tails([stem, *options(345.0)], [], ink, EM) == []
    lines = elsewhere(row("这里负数有（  ）个", 130, 300.0), *options(345.0))
    assert tails(lines, brackets(lines, ink, EM), ink, EM) == []


def test_a_cross_in_red_inside_a_bracket_does_not_hide_that_it_is_one(page) -> None:
    cross = row("X", 370, 300.0).model_copy(update={"ink": "red"})
    lines = [row("属于有理数的有几个（", 100, 300.0), cross, *options(345.0), *filler()]
    found = [p for p in brackets(lines, ink_of(page), EM) if abs(p.box[1] + p.box[3] - 600) < 20]
    assert len(found) == 1


def test_a_signed_number_in_brackets_behind_a_sign_is_no_answer(page) -> None:
    def of(before: str, inside: str, room: float = 3.0) -> int:
        xs = [100 + 20 * i for i in range(len(before))]
        xs += [xs[-1] + 30 + 20 * i for i in range(len(inside))]
        lines = [line(f"{before}{inside})", [*xs, xs[len(before) - 1] + room * EM], 300.0), *filler()]
        return len(brackets(lines, ink_of(page), EM))

    assert of("数是5-(", "-9") == 0
    assert of("数是5-(", " ") == 1
    assert of("数是5+(", "-9", 3.6) == 1
    assert of("数是多少(", "-9") == 1


def test_a_character_that_fills_its_brackets_within_a_sentence_is_print(page) -> None:
    def of(text: str, advance: float = 24.0) -> int:
        printed = line(text, [100 + advance * i for i in range(len(text))], 300.0)
        return len(brackets([printed, *filler()], ink_of(page), EM))

    assert of("水被蒸发（腾）的部分") == 0
    assert of("一（只）鸟", 29.0) == 1
    assert of("这一说法（对） ") == 1
    assert of("水被蒸发（ ）的部分") == 1


def test_a_box_read_for_a_letter_before_its_closing_bracket_is_in_the_bracket(page) -> None:
    wrapped = line("□)", [110.0, 150.0], 330.0)
    found = brackets([row("则这两个向量之积是", 100, 290.0), wrapped, *filler()], ink_of(page), EM)
    assert len(found) == 1
    assert found[0].box[0] < 100 < 120 < found[0].box[2] < 150


def test_the_end_of_its_bracket_is_no_part_of_a_letter_behind_the_stem(page) -> None:
    write(page, "C", 420, 312, 1.2)
    write(page, ")", 480, 312, 1.2)
    stem = line("这里属于负数的数量是C)", [*(130 + EM * i for i in range(10)), 432.0, 487.0], 300.0)
    lines = elsewhere(stem, *options(345.0))
    (place,) = tails(lines, [p for p in brackets(lines, ink_of(page), EM) if p.box[1] > 1000], ink_of(page), EM)
    assert 445 < place.box[2] < 487


def test_a_ring_between_characters_is_a_sign_of_the_text(page) -> None:
    cv2.ellipse(page, (204, 300), (17, 16), 0, 0, 360, (30, 30, 30), 2)
    text = [*row("点在", 152, 300.0).xs, 230.0]
    printed = line("点在O", text, 300.0)
    assert rings(ink_of(page), [printed, *filler()], EM) == []
    option = line("A.5", [204.0, 222.0, 250.0], 300.0)
    assert len(rings(ink_of(page), [option, *filler()], EM)) == 1


def test_a_ring_behind_options_of_its_row_is_one_though_what_it_is_around_was_not_read(page) -> None:
    cv2.ellipse(page, (700, 300), (20, 18), 0, 0, 360, (30, 30, 30), 2)
    (found,) = rings(ink_of(page), [row("C.三个", 130, 300.0), *filler()], EM)
    assert not is_beside(found.box, [row("C.三个", 130, 300.0), *filler()], EM)
    assert rings(ink_of(page), [row("此题三个", 130, 300.0), *filler()], EM) == []


def test_brackets_without_room_are_no_letter_behind_the_stem(page) -> None:
    write(page, "()", 412, 312, 1.2)
    stem = line("这里属于负数的数量是()", [*(130 + EM * i for i in range(10)), 420.0, 437.0], 300.0)
    lines = elsewhere(stem, *options(345.0))
    assert tails(lines, [p for p in brackets(lines, ink_of(page), EM) if p.box[1] > 1000], ink_of(page), EM) == []


def test_a_ring_far_behind_the_options_says_nothing_by_the_letter_in_it(page) -> None:
    cv2.ellipse(page, (900, 300), (22, 20), 0, 0, 360, (30, 30, 30), 2)
    write(page, "A", 891, 310)
    leaf, lines = Leaf(page), [row("A.三个", 130, 300.0), *filler()]
    found = find_spots(leaf, [], lines, red_ink(leaf), ScriptedEngine("A"))
    assert [(spot.kind, spot.text) for spot in found] == [("option", "")]


def test_rings_around_options_set_tightly_are_rings(page) -> None:
    cv2.ellipse(page, (204, 300), (20, 18), 0, 0, 360, (30, 30, 30), 2)
    tight = line("火车C.飞机", [150.0, 176.0, 204.0, 218.0, 238.0, 264.0], 300.0)
    assert len(rings(ink_of(page), [tight, *filler()], EM)) == 1


def test_a_red_mark_and_a_word_before_a_number_make_no_place() -> None:
    numbered = line("3.函数的值", [150.0, 162.0, *(184.0 + EM * i for i in range(4))], 300.0)
    red = line("√", [118.0], 300.0).model_copy(update={"ink": "red"})
    for before in (red, line("例", [118.0], 300.0)):
        assert before_numbers([before, numbered, *filler()], [], EM) == []


def test_printed_letters_at_the_end_of_a_stem_are_no_answer(page) -> None:
    write(page, "CD", 330, 312)
    stem = line("条件中能判定AB∥CD", [*(130 + EM * i for i in range(6)), 282.0, 298.0, 320.0, 342.0, 360.0], 300.0)
    lines = elsewhere(stem, *options(345.0))
    assert tails(lines, brackets(lines, ink_of(page), EM), ink_of(page), EM) == []


def test_a_letter_found_as_a_line_of_its_own_before_a_number_stands_in_its_place() -> None:
    letter = line("6", [118.0], 300.0)
    numbered = line("3.函数的值", [150.0, 162.0, *(184.0 + EM * i for i in range(4))], 300.0)
    found = before_numbers([letter, numbered, *filler()], [], em_of([letter, numbered, *filler()], EM))
    assert [p.kind for p in found] == ["beside"]
    assert found[0].box[0] < 110 < 128 < found[0].box[2]
    assert before_numbers([numbered, *filler()], [], EM) == []
