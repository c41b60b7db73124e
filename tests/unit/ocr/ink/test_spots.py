import cv2
import numpy as np
import pytest

from services.ocr.core.flat import Leaf
from services.ocr.core.marks import red_ink
from services.ocr.core.places import em_of
from services.ocr.core.rules import find_rules
from services.ocr.core.spots import find_spots
from tests.unit.ocr.ink.conftest import ScriptedEngine, filler, line, write


def spots(page, lines, engine, kind):
    leaf = Leaf(page)
    found = find_spots(leaf, find_rules(leaf), [*lines, *filler()], red_ink(leaf), engine)
    return [s for s in found if s.kind == kind]


def bracket(page, x=600, y=400, width=110):
    """A pair of printed brackets at the end of a stem."""
    write(page, "(", x - 6, y + 10)
    write(page, ")", x + width - 6, y + 10)
    stem = "下列说法正确的是"
    return line(stem + "()", [x - 26 * (len(stem) - i) for i in range(len(stem))] + [x, x + width], y)


def test_an_empty_bracket_has_no_ink_and_costs_no_reading(page, engine):
    (spot,) = spots(page, [bracket(page)], engine, "bracket")
    assert spot.ink == 0
    assert spot.text == ""
    assert spot.candidates == {}
    assert engine.crops == []


def test_a_letter_in_a_bracket_is_read_under_constraint(page, engine):
    stem = bracket(page)
    write(page, "B", 645, 411)
    (spot,) = spots(page, [stem], engine, "bracket")
    assert spot.ink > 0.03
    assert spot.text == "B"
    assert spot.candidates["B"] > 0.9


def test_a_teachers_tick_over_an_empty_bracket_is_no_answer(page, engine):
    stem = bracket(page)
    points = np.array([(630, 395), (650, 420), (700, 370)])
    cv2.polylines(page, [points], isClosed=False, color=(50, 40, 215), thickness=4, lineType=cv2.LINE_AA)
    (spot,) = spots(page, [stem], engine, "bracket")
    assert spot.ink == 0


def test_print_in_narrow_brackets_is_no_place(page, engine):
    numbered = line("(1)f(x)的值", [200, 212, 224, 245, 257, 269, 281, 310, 336], 400)
    assert spots(page, [numbered], engine, "bracket") == []


def test_a_scribble_beside_a_letter_is_struck_and_left_out(page, engine):
    stem = bracket(page, width=150)
    cv2.rectangle(page, (625, 385), (655, 415), (40, 40, 40), -1)
    letter = np.array([(692, 412), (704, 384), (716, 412), (710, 402), (698, 402)])
    cv2.polylines(page, [letter], isClosed=False, color=(40, 40, 40), thickness=2)
    (spot,) = spots(page, [stem], engine, "bracket")
    assert spot.struck
    assert spot.text == "B"
    assert engine.crops[0].shape[1] < 60


def test_an_empty_blank_is_a_rule_without_ink(page, engine):
    cv2.line(page, (300, 420), (480, 420), (20, 20, 20), 2)
    stem = line("答案是", [220, 246, 272], 405)
    (spot,) = spots(page, [stem], engine, "rule")
    assert spot.ink == 0


def test_writing_above_a_blank_is_read(page):
    cv2.line(page, (300, 420), (480, 420), (20, 20, 20), 2)
    write(page, "apple", 330, 412)
    (spot,) = spots(page, [line("答案是", [220, 246, 272], 405)], ScriptedEngine("apple"), "rule")
    assert spot.text == "apple"
    assert spot.ink > 0.03


def test_print_close_to_both_ends_leaves_a_blank_its_place(page, engine):
    cv2.line(page, (300, 420), (480, 420), (20, 20, 20), 2)
    write(page, "H", 278, 420)
    write(page, ".", 480, 420)
    (spot,) = spots(page, [line("答案是", [220, 246, 272], 405)], engine, "rule")
    assert spot.box[0] < 305
    assert spot.box[2] > 475


def test_the_flat_bottom_of_a_drawn_bowl_is_no_blank(page, engine):
    bowl = np.array([(240, 405), (300, 420), (480, 420), (540, 405)])
    cv2.polylines(page, [bowl], isClosed=False, color=(20, 20, 20), thickness=2)
    assert spots(page, [line("答案是", [160, 186, 212], 405)], engine, "rule") == []


def test_a_dash_between_words_is_no_blank(page, engine):
    cv2.line(page, (300, 405), (356, 405), (20, 20, 20), 2)
    beside = line("父亲朱自清", [234, 260, 286, 370, 396], 405)
    assert spots(page, [beside], engine, "rule") == []


def test_an_axis_with_bars_is_no_blank(page, engine):
    cv2.line(page, (300, 420), (480, 420), (20, 20, 20), 2)
    for x in (320, 360, 400, 440):
        cv2.line(page, (x, 340), (x, 420), (20, 20, 20), 2)
    assert spots(page, [line("答案是", [220, 246, 272], 405)], engine, "rule") == []


def test_a_letters_tail_under_the_blank_is_read_with_it(page):
    def crop(tail: bool) -> int:
        drawn = page.copy()
        cv2.line(drawn, (300, 420), (480, 420), (20, 20, 20), 2)
        cv2.ellipse(drawn, (360, 408), (8, 9), 0, 0, 360, (30, 30, 30), 2)
        if tail:
            cv2.line(drawn, (368, 400), (368, 427), (30, 30, 30), 2)
            cv2.line(drawn, (352, 428), (368, 428), (30, 30, 30), 2)
        engine = ScriptedEngine("g")
        spots(drawn, [line("答案是", [220, 246, 272], 405)], engine, "rule")
        return engine.crops[0].shape[0]

    assert crop(tail=True) >= crop(tail=False) + 6


def test_a_cross_read_as_a_letter_counts_as_a_cross(page):
    stem = bracket(page)
    write(page, "x", 645, 411)
    (spot,) = spots(page, [stem], ScriptedEngine("X"), "bracket")
    assert spot.text == "×"


def test_a_fraction_bar_is_no_blank(page, engine):
    cv2.line(page, (300, 420), (380, 420), (20, 20, 20), 2)
    write(page, "234", 305, 412)
    write(page, "567", 305, 450)
    assert spots(page, [line("答案是", [220, 246, 272], 420)], engine, "rule") == []


def test_cells_of_an_answer_table_carry_place_and_letter(page, engine):
    for r in range(3):
        cv2.line(page, (200, 300 + 50 * r), (560, 300 + 50 * r), (20, 20, 20), 2)
    for c in range(5):
        cv2.line(page, (200 + 90 * c, 300), (200 + 90 * c, 400), (20, 20, 20), 2)
        if c < 4:
            write(page, str(c + 1), 235 + 90 * c, 337)
    for c in (0, 2, 3):
        write(page, "B", 235 + 90 * c, 386)
    numbers = [line(str(c + 1), [244.0 + 90 * c], 326) for c in range(4)]
    found = {(s.row, s.column): s for s in spots(page, numbers, engine, "cell")}
    assert [found[0, c].text for c in range(4)] == ["1", "2", "3", "4"]
    assert [found[1, c].text for c in range(4)] == ["B", "", "B", "B"]
    assert found[1, 1].ink == 0


def test_a_ring_around_an_option_letter_is_found_and_other_options_are_not(page, engine):
    for letter, x in zip("ABCD", (200, 400, 600, 800), strict=True):
        write(page, letter, x - 9, 410)
    cv2.ellipse(page, (400, 400), (24, 22), 0, 0, 360, (120, 40, 20), 2, cv2.LINE_AA)
    options = [line(letter, [float(x)], 400) for letter, x in zip("ABCD", (200, 400, 600, 800), strict=True)]
    (spot,) = spots(page, options, engine, "option")
    assert spot.text == "B"
    assert spot.box[0] < 400 < spot.box[2]


def test_a_ring_whose_letter_cannot_be_told_is_kept_without_one(page, engine):
    engine.text = "p"
    write(page, "D", 391, 410)
    cv2.ellipse(page, (400, 400), (24, 22), 0, 0, 360, (120, 40, 20), 2, cv2.LINE_AA)
    (ring,) = spots(page, [line("0", [400.0], 400)], engine, "option")
    assert (ring.text, ring.candidates) == ("", {})
    assert ring.ink > 0


def test_a_ring_whose_letter_only_its_line_tells_has_it_and_is_not_sure(page, engine):
    engine.text = "p"
    write(page, "D", 391, 410)
    cv2.ellipse(page, (400, 400), (24, 22), 0, 0, 360, (120, 40, 20), 2, cv2.LINE_AA)
    (ring,) = spots(page, [line("D15", [400.0, 430.0, 442.0], 400)], engine, "option")
    assert (ring.text, ring.confidence) == ("D", 0.5)
    (ring,) = spots(page, [line("AD", [368.0, 400.0], 400)], engine, "option")
    assert ring.text == ""


def test_a_ring_that_is_read_as_another_letter_than_its_lines_and_unsurely_has_the_lines(page, engine):
    write(page, "D", 391, 410)
    cv2.ellipse(page, (400, 400), (24, 22), 0, 0, 360, (120, 40, 20), 2, cv2.LINE_AA)
    engine.text = "A"
    for sure, letter, confidence in ((0.26, "D", 0.5), (0.9, "A", 0.9)):
        engine.sure = sure
        (ring,) = spots(page, [line("D15", [400.0, 430.0, 442.0], 400)], engine, "option")
        assert (ring.text, ring.confidence) == (letter, pytest.approx(confidence, abs=0.06))


def test_a_letter_before_a_question_number_is_a_place_beside_it(page, engine):
    write(page, "B", 192, 411)
    write(page, "3. Which one", 260, 410)
    stem = line("B 3. Which", [200, 220, 268, 284, 300, 316, 332, 348, 364, 380], 400)
    (spot,) = spots(page, [stem], engine, "beside")
    assert spot.text == "B"


def clipped_table(page, columns=7):
    """An answer table of which the last upright rule is missing; returns the number row's lines and the cells' middles."""
    left, top, pitch, height = 200, 300, 80, 60
    for row in range(3):
        cv2.line(page, (left, top + height * row), (left + pitch * columns + 35, top + height * row), (20, 20, 20), 2)
    for column in range(columns + 1):
        cv2.line(page, (left + pitch * column, top), (left + pitch * column, top + 2 * height), (20, 20, 20), 2)
    middles = [left + pitch * (column + 0.5) for column in range(columns + 4)]
    heads = [line(str(column), [middles[column]], top + height / 2) for column in range(1, columns)]
    return heads, middles, top + 1.5 * height


def letters_beyond(page, heads, columns=7):
    cells = spots(page, heads, ScriptedEngine("B"), "cell")
    return [(cell.column, cell.text) for cell in cells if cell.row == 1 and (cell.column or 0) >= columns]


def test_letters_past_the_edge_of_a_clipped_table_are_answers_and_gaps_between_them_blanks(page):
    heads, middles, y = clipped_table(page)
    for column in (1, 2, 3, 4, 5, 6, 7, 9):
        write(page, "B", round(middles[column]) - 10, round(y) + 10)
    assert letters_beyond(page, heads) == [(7, "B"), (8, ""), (9, "B")]


def test_black_print_past_a_clipped_table_is_no_answer(page):
    heads, middles, y = clipped_table(page)
    for column in (1, 2, 3, 4, 5, 6):
        write(page, "B", round(middles[column]) - 10, round(y) + 10)
    option = "B.12"
    write(page, option, round(middles[8]) - 10, round(y) + 10)
    xs = [middles[8] + 20 * index for index in range(len(option))]
    assert letters_beyond(page, [*heads, line(option, xs, y)]) == []


def test_a_closed_table_ends_where_it_ends(page):
    heads, middles, y = clipped_table(page)
    cv2.line(page, (200 + 7 * 80 + 35, 300), (200 + 7 * 80 + 35, 420), (20, 20, 20), 2)
    write(page, "B", round(middles[1]) - 10, round(y) + 10)
    write(page, "B", round(middles[9]) - 10, round(y) + 10)
    assert (9, "B") not in letters_beyond(page, heads)


def test_a_hasty_minus_before_a_number_is_not_taken_for_a_speck(page, engine):
    cv2.line(page, (200, 1450), (420, 1450), (20, 20, 20), 2)
    write(page, "2", 262, 1440)
    specked = page.copy()
    specked[1410:1412, 254:256] = 20
    signed = page.copy()
    signed[1431:1433, 254:257] = 20
    crops = []
    for drawn in (page, specked, signed):
        spots(drawn, [], engine, "rule")
        crops.append(engine.crops[-1].shape[1])
    assert crops[0] == crops[1] < crops[2]


def test_a_fraction_over_a_blank_is_read_whole_though_the_blank_cuts_it(page):
    cv2.line(page, (300, 440), (560, 440), (20, 20, 20), 2)
    write(page, "3", 392, 400)
    cv2.line(page, (385, 410), (425, 410), (30, 30, 30), 3)
    write(page, "3", 392, 446)
    (spot,) = spots(page, [line("答案是", [220, 246, 272], 425)], ScriptedEngine("3"), "rule")
    assert spot.text == "3/3"


def test_a_written_stroke_that_crosses_its_blank_is_no_axis(page, engine):
    cv2.line(page, (300, 420), (480, 420), (20, 20, 20), 2)
    cv2.line(page, (380, 398), (380, 440), (30, 30, 30), 2)
    assert len(spots(page, [line("答案是", [220, 246, 272], 405)], engine, "rule")) == 1


def test_a_minus_that_a_reader_overlooks_is_kept(page):
    cv2.line(page, (300, 420), (480, 420), (20, 20, 20), 2)
    cv2.line(page, (340, 402), (356, 402), (30, 30, 30), 3)
    write(page, "6", 362, 412)
    (spot,) = spots(page, [line("答案是", [220, 246, 272], 405)], ScriptedEngine("6"), "rule")
    assert spot.text == "-6"


def test_a_letter_under_a_long_tick_counts_as_struck(page, engine):
    stem = bracket(page)
    write(page, "B", 640, 411)
    tick = np.array([(640, 400), (662, 412), (730, 350)])
    cv2.polylines(page, [tick], isClosed=False, color=(90, 90, 90), thickness=4, lineType=cv2.LINE_AA)
    (spot,) = spots(page, [stem], engine, "bracket")
    assert spot.struck


def test_doubtful_writing_is_read_in_several_views(page):
    cv2.line(page, (300, 420), (480, 420), (20, 20, 20), 2)
    write(page, "apple", 330, 412)
    reader = ScriptedEngine("apple")
    (spot,) = spots(page, [line("答案是", [220, 246, 272], 405)], reader, "rule")
    assert len(reader.crops) == 4
    assert spot.candidates == {"apple": 1.0}


def test_text_that_runs_downwards_says_nothing_of_the_size_of_type():
    column = line("装订线内请勿答题密封线外", [280.0] * 12, 420)
    assert em_of([column] * 3, 30.0) > 10
    assert em_of([column, *filler()], 30.0) == 26


def test_a_letter_keeps_its_strokes_under_a_teachers_tick(page, engine):
    stem = bracket(page)
    write(page, "B", 645, 411)
    (alone,) = spots(page, [stem], engine, "bracket")
    tick = np.full_like(page, 255)
    points = np.array([(630, 395), (650, 420), (700, 370)])
    cv2.polylines(tick, [points], isClosed=False, color=(50, 40, 215), thickness=6, lineType=cv2.LINE_AA)
    # Ink over ink lets through what both do.
    (ticked,) = spots(np.minimum(page, tick), [stem], engine, "bracket")
    assert 0.97 < ticked.ink / alone.ink < 1.05


class Doubtful(ScriptedEngine):
    """Tells of every crop what else it may say."""

    def judge(self, crops, candidates):
        return [judged._replace(seconds=("4pple", "appie")) for judged in super().judge(crops, candidates)]


def test_a_place_tells_what_its_free_reading_may_be_instead(page):
    cv2.line(page, (300, 420), (480, 420), (20, 20, 20), 2)
    write(page, "apple", 330, 412)
    stem = line("答案是", [220, 246, 272], 405)
    (spot,) = spots(page, [stem], Doubtful("apple"), "rule")
    assert spot.seconds == ("4pple", "appie")
    (level,) = spots(page, [stem], Doubtful("—12"), "rule")
    assert (level.text, level.seconds) == ("-12", ("-pple", "-ppie"))


def test_writing_on_the_row_below_makes_a_blank_beside_print_no_fractions_bar(page, engine):
    cv2.line(page, (300, 420), (420, 420), (20, 20, 20), 2)
    for x in (310, 350, 390):
        cv2.rectangle(page, (x, 427), (x + 22, 470), (30, 30, 30), -1)  # large letters, close under the rule
    assert len(spots(page, [line("答案是", [220, 246, 272], 405)], engine, "rule")) == 1


def test_a_bar_at_the_middle_of_its_line_with_ink_under_it_is_a_fractions(page, engine):
    cv2.line(page, (300, 405), (420, 405), (20, 20, 20), 2)
    for x in (310, 350, 390):
        cv2.rectangle(page, (x, 412), (x + 22, 440), (30, 30, 30), -1)
    assert spots(page, [line("答案是", [220, 246, 272], 405)], engine, "rule") == []


def test_a_letter_as_high_as_its_cell_is_read_and_the_cells_border_is_not(page, engine):
    for y in (400, 440):
        cv2.line(page, (300, y), (480, y), (20, 20, 20), 2)
    for x in (300, 390, 480):
        cv2.line(page, (x, 400), (x, 440), (20, 20, 20), 2)
    cv2.polylines(
        page, [np.array([(335, 435), (348, 405), (361, 435)])], isClosed=False, color=(30, 30, 30), thickness=3
    )
    cv2.line(page, (396, 404), (396, 436), (30, 30, 30), 2)  # a border drawn twice
    found = spots(page, [line("答案是", [220, 246, 272], 420)], engine, "cell")
    assert [spot.ink > 0 for spot in found] == [True, False]


def test_a_level_stroke_of_what_stands_on_a_blank_is_no_blank_of_its_own(page, engine):
    cv2.line(page, (300, 420), (560, 420), (20, 20, 20), 2)
    cv2.line(page, (340, 408), (395, 408), (20, 20, 20), 2)
    found = spots(page, [line("答案是", [220, 246, 272], 405)], engine, "rule")
    assert [round(spot.box[0]) for spot in found] == [300]
