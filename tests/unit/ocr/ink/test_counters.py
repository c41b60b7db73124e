"""Closed rooms inside characters are no bubbles, however evenly they stand."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from pylopdf_fonts_zh_cn import sans_path

from services.ocr.core.bubbles import find_bubbles
from services.ocr.core.counters import of_words
from services.ocr.core.flat import Leaf
from tests.unit.ocr.ink.conftest import ScriptedEngine, line


def options(rows=("88 88 98 98", "808 988 808 88", "988 80 89 888")):
    """A page with rows of options in type of 36 pixels, and its lines: the rooms of B, 8, 9 and 0 are alike and stand evenly."""
    font = ImageFont.truetype(str(sans_path()), 36)
    page, lines = Image.new("RGB", (1240, 1000), "white"), []
    brush = ImageDraw.Draw(page)
    for row, numbers in enumerate(rows):
        for place, number in enumerate(numbers.split()):
            text, x, y = f"{'ABCD'[place]}. {number}", 150 + 260 * place, 330 + 220 * row
            brush.text((x, y), text, (34, 33, 36), font)
            xs = [x + font.getlength(text[:at]) + font.getlength(char) / 2 for at, char in enumerate(text)]
            lines.append(line(text, xs, y + 28, height=44))
    return np.asarray(page)[:, :, ::-1].copy(), lines


def test_the_rooms_of_options_are_no_card():
    page, lines = options()
    assert find_bubbles(Leaf(page), [], ScriptedEngine()), "nothing tells them from bubbles but that they are read"
    assert find_bubbles(Leaf(page), lines, ScriptedEngine()) == []


@pytest.mark.parametrize("text", ["A B C D", "口口口口", "1日回C", "0000", "OABO", "1 A B C D E"])
def test_what_bubbles_are_read_as_is_no_print(text):
    assert of_words([line(text, [100 + 60 * at for at in range(len(text))], 300)]) == []


def test_a_circle_before_words_is_no_print_and_the_words_are():
    text = "○A.计算下列各题"
    found = of_words([line(text, [100 + 40 * at for at in range(len(text))], 300)])
    assert [glyph.char for glyph in found] == list("A.计算下列各题")


def test_a_line_that_is_not_sure_says_nothing():
    unsure = line("A.100", [100 + 30 * at for at in range(5)], 300).model_copy(update={"confidence": 0.7})
    assert of_words([unsure]) == []
