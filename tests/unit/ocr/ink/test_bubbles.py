import cv2
import numpy as np
import pytest

from services.ocr.core.bubbles import find_bubbles
from services.ocr.core.flat import Leaf
from services.ocr.core.numbering import Place, repaired
from services.ocr.core.said import Text
from tests.unit.ocr.ink.conftest import ScriptedEngine, line, write


def card(page, answers, shape="box", rows=5, pitch=56, numbers=True):
    """Items in blocks of `rows`, filled as `answers` say; returns the lines that a recogniser would give."""
    lines = []
    for index, answer in enumerate(answers):
        x, y = 160 + (index // rows) * 360, 300 + (index % rows) * 50
        if numbers:
            lines.append(line(str(index + 1), [x - 60 + 14 * i for i in range(len(str(index + 1)))], y))
        for place, letter in enumerate("ABCD"):
            cx = x + place * pitch
            if shape == "box":
                cv2.rectangle(page, (cx - 18, y - 12), (cx + 18, y + 12), (30, 30, 30), 2)
            else:
                cv2.circle(page, (cx, y), 17, (30, 30, 30), 2)
            write(page, letter, cx - 6, y + 6, 0.5)
            if letter in answer:
                cv2.ellipse(page, (cx, y), (19, 12), 0, 0, 360, (60, 60, 60), -1)
    return lines


def read(bubbles):
    found = {}
    for bubble in bubbles:
        found.setdefault(bubble.number, "")
        found[bubble.number] += bubble.label if bubble.fill > 0.5 else ""
    return found


@pytest.mark.parametrize("shape", ["box", "circle"])
def test_filled_bubbles_are_read_with_blanks_and_several_marks(page, shape):
    answers = ["A", "B", "", "CD", "ABD", "D", "C", "B", "A", "ABCD"]
    lines = card(page, answers, shape)
    assert read(find_bubbles(Leaf(page), lines, ScriptedEngine())) == {
        str(i): a for i, a in enumerate(answers, start=1)
    }


def test_a_card_without_any_mark_is_all_empty(page):
    lines = card(page, [""] * 10)
    bubbles = find_bubbles(Leaf(page), lines, ScriptedEngine())
    assert len(bubbles) == 40
    assert max(b.fill for b in bubbles) < 0.4


def test_one_unread_number_does_not_shift_the_others(page):
    answers = ["A", "B", "C", "D", "A", "B", "C", "D"]
    lines = card(page, answers, rows=4)
    del lines[2], lines[4]
    assert read(find_bubbles(Leaf(page), lines, ScriptedEngine())) == {
        str(i): a for i, a in enumerate(answers, start=1)
    }


def test_smear_between_neighbours_keeps_both(page):
    lines = card(page, ["BC", "A", "D", "", "B"])
    cv2.line(page, (216, 300), (272, 300), (60, 60, 60), 16)
    assert read(find_bubbles(Leaf(page), lines, ScriptedEngine()))["1"] == "BC"


def test_pale_red_outlines_are_bubbles(page):
    for row in range(6):
        for place in range(4):
            cv2.circle(page, (200 + 56 * place, 300 + 50 * row), 14, (190, 180, 235), 2)
        cv2.circle(page, (200 + 56 * (row % 4), 300 + 50 * row), 13, (40, 40, 40), -1)
    lines = [line(str(r + 1), [140.0], 300 + 50 * r) for r in range(6)]
    assert read(find_bubbles(Leaf(page), lines, ScriptedEngine())) == {
        "1": "A",
        "2": "B",
        "3": "C",
        "4": "D",
        "5": "A",
        "6": "B",
    }


def test_dark_examples_of_how_to_fill_do_not_hide_a_pale_card(page):
    for row in range(8):
        for place in range(4):
            cv2.circle(page, (500 + 56 * place, 300 + 50 * row), 14, (190, 180, 235), 2)
        cv2.circle(page, (500 + 56 * (row % 4), 300 + 50 * row), 13, (40, 40, 40), -1)
    for row in (2, 4):
        for place in range(4):
            cv2.circle(page, (100 + 56 * place, 300 + 50 * row), 14, (60, 40, 160), 2)
    lines = [line(str(r + 1), [440.0], 300 + 50 * r) for r in range(8)]
    found = read(find_bubbles(Leaf(page), lines, ScriptedEngine()))
    assert {n: found[n] for n in map(str, range(1, 9))} == dict(zip("12345678", "ABCDABCD", strict=True))


class CountingEngine(ScriptedEngine):
    """Reads a new number from every crop, the third of them wrongly."""

    def recognise(self, crops):
        numbers = [str(i + 21) if i != 2 else "71" for i, _ in enumerate(crops)]
        return [Text(n, 0.9, (0.4, 0.6), (0.9, 0.9)) for n in numbers]


def test_numbers_that_no_line_holds_are_read_one_by_one(page):
    card(page, ["A", "B", "C", "D", "A"], numbers=False)
    assert list(read(find_bubbles(Leaf(page), [], CountingEngine()))) == ["21", "22", "23", "24", "25"]


def test_text_and_tables_are_no_bubbles(page):
    text = "Book on board: do good, add a bad pod. "
    for row in range(12):
        write(page, text[5 * row % 39 :] + text[: 5 * row % 39], 100 + 7 * (row % 3), 200 + 50 * row)
    for c in range(11):
        cv2.line(page, (150 + 60 * c, 1000), (150 + 60 * c, 1080), (20, 20, 20), 2)
    for r in range(3):
        cv2.line(page, (150, 1000 + 40 * r), (750, 1000 + 40 * r), (20, 20, 20), 2)
    assert find_bubbles(Leaf(page), [], ScriptedEngine()) == []


def test_numbers_along_rows_are_completed():
    reads = [1, 2, None, 4, None, 6, 9, 8]  # 7 was misread as 9
    places = [Place(i // 4, i % 4, n) for i, n in enumerate(reads)]
    assert repaired(places) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_numbers_down_columns_are_completed():
    places = [Place(r, b, 21 + 5 * b + r if (r, b) != (3, 1) else None) for b in range(3) for r in range(5)]
    assert repaired(places) == list(range(21, 36))


def test_contradicting_numbers_stay_as_read():
    places = [Place(0, 0, 3), Place(1, 0, 17), Place(2, 0, 9)]
    assert repaired(places) == [3, 17, 9]


def test_an_o_among_the_printed_letters_is_the_c_of_its_place(page):
    lines = card(page, ["C", "A", "C", "B"])
    lines += [line("ABOD", [160 + 56 * place for place in range(4)], 300 + 50 * row) for row in range(4)]
    assert {bubble.label for bubble in find_bubbles(Leaf(page), lines, ScriptedEngine())} == set("ABCD")


def test_a_small_card_out_of_focus_is_read(page):
    for index, answer in enumerate(answers := ["C", "A", "D", "B", "AC", "D", "D", "C"]):
        x, y = 200 + (index // 2) * 160, 300 + (index % 2) * 24
        for place, letter in enumerate("ABCD"):
            left = x + 31 * place
            cv2.rectangle(page, (left - 13, y - 7), (left + 13, y + 7), (40, 40, 40), 1, cv2.LINE_AA)
            write(page, letter, left - 4, y + 4, 0.35)
            if letter in answer:
                cv2.rectangle(page, (left - 13, y - 6), (left + 13, y + 6), (50, 50, 50), -1)
    page[:] = cv2.GaussianBlur(page, (0, 0), 0.8)
    found = find_bubbles(Leaf(page), [], ScriptedEngine())
    groups = sorted({b.group for b in found})
    assert ["".join(b.label for b in found if b.group == g and b.fill > 0.5) for g in groups] == [
        answers[i] for i in (0, 2, 4, 6, 1, 3, 5, 7)
    ]


def test_a_column_whose_outlines_are_broken_belongs_to_its_items(page):
    lines = card(page, ["A", "B", "A", "C"], rows=2)
    for y in (300, 350):
        for x in (328, 688):
            cv2.line(page, (x + 12, y - 14), (x + 12, y - 10), (255, 255, 255), 5)
    assert [b.label for b in find_bubbles(Leaf(page), lines, ScriptedEngine())] == list("ABCD") * 4


def test_one_box_far_below_a_card_moves_no_column(page):
    lines = card(page, ["D", "C", "B", "D"], rows=2)
    cv2.rectangle(page, (86, 560), (122, 584), (30, 30, 30), 2)
    assert read(find_bubbles(Leaf(page), lines, ScriptedEngine())) == {"1": "D", "2": "C", "3": "B", "4": "D"}


def test_rows_bent_by_a_curled_sheet_keep_their_items(page):
    answers = ["D", "A", "BC", "B", "C", "A", "D", "B", "A", "C", "AD", "B"]
    lines = card(page, answers, rows=4)
    height, width = page.shape[:2]
    across, down = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    lift = 30 * np.exp(-((across / 700) ** 2))
    page[:] = cv2.remap(page, across, down - lift.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    lines = [moved_down(number, lift[0]) for number in lines]
    assert read(find_bubbles(Leaf(page), lines, ScriptedEngine())) == {
        str(i): a for i, a in enumerate(answers, start=1)
    }


def moved_down(line_, lift):
    by = float(lift[round(line_.xs[0])])
    return line_.model_copy(update={"box": tuple((x, y + by) for x, y in line_.box)})
