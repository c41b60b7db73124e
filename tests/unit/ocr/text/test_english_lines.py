"""Doubtful lines of English: what is clear stays, what is open becomes the likelier word."""

import math

import numpy as np
import pytest

from services.ocr.core import ctc
from services.ocr.core.language.beam import BLANK, best_text
from services.ocr.core.language.english import letters
from services.ocr.core.language.english.lines import English
from services.ocr.core.language.rows import Characters, Rows
from services.ocr.core.steps import Probabilities

ALPHABET = ("", *"abcdefghijklmnopqrstuvwxyz' 0123456789.BIQ")
CLASSES = {sign: index for index, sign in enumerate(ALPHABET)}
SIGNS = {index: sign for index, sign in enumerate(ALPHABET) if sign}
READER = English(SIGNS, letters.load())


def seen(text: str, *, open_at: dict[int, dict[str, float]] | None = None) -> Rows:
    """Rows that say a text, a blank between its signs; open_at: by position, signs with their chances instead."""
    rows = []
    for place, sign in enumerate(text):
        chances = (open_at or {}).get(place, {sign: 0.998})
        rows.append(tuple((CLASSES[s] if s else BLANK, math.log(p)) for s, p in chances.items()))
        rows.append(((BLANK, math.log(0.998)),))
    return Rows(tuple(rows), 1.0)


def read(line: Rows, page: tuple[tuple[str, float], ...] = ()) -> str:
    return "".join(sign for sign, _, _ in READER.of_page(page).best([line]))


def of(text: str, *, sure: float = 0.99, unsure: float = 0.6) -> Characters:
    return [(sign, (i + 0.5) / len(text), unsure if i == 0 else sure) for i, sign in enumerate(text)]


def test_an_open_letter_becomes_the_one_that_makes_a_word() -> None:
    line = seen("go throngh it", open_at={7: {"n": 0.7, "u": 0.3}})
    assert read(line) == "go through it"


def test_a_word_that_is_none_stays_where_its_letters_are_clear() -> None:
    assert read(seen("i am verry tird today")) == "i am verry tird today"


def test_a_word_printed_on_the_page_is_likelier_there() -> None:
    line = seen("in barbudos", open_at={7: {"u": 0.5, "a": 0.4}, 3: {"b": 0.9}})
    rare = seen("the zorgat", open_at={8: {"a": 0.9, "e": 0.1}})
    assert read(line, (("barbados got its queen", 0.99),)) == "in barbados"
    assert read(rare) == "the zorgat"
    assert read(rare, (("the zorget of the zorget", 0.99),)) == "the zorget"


def test_doubtful_readings_of_a_page_lend_no_words() -> None:
    rare = seen("the zorgat", open_at={8: {"a": 0.9, "e": 0.1}})
    assert read(rare, (("the zorget of the zorget", 0.9),)) == "the zorgat"


def test_figures_are_as_the_recogniser_saw_them() -> None:
    line = seen("it was in 1966 and after", open_at={13: {"6": 0.6, "8": 0.4}})
    assert read(line) == "it was in 1966 and after"


def test_the_width_at_which_a_line_reads_as_english_is_taken() -> None:
    blurred, clear = seen("tne scnoal is nere"), seen("the school is here")
    assert "".join(sign for sign, _, _ in READER.best([blurred, clear])) == "the school is here"


def test_confidences_and_places_are_the_recognisers() -> None:
    line = seen("the old house", open_at={4: {"o": 0.3, "a": 0.6}})
    found = READER.best([line])
    text = "".join(sign for sign, _, _ in found)
    assert text == "the old house"
    assert found[4][2] == pytest.approx(0.3, abs=1e-3)
    assert [x for _, x, _ in found] == sorted(x for _, x, _ in found)
    assert found[4][1] == pytest.approx((4 + 0.25) / len("the old house"), abs=0.05)


def test_places_count_by_the_lines_share_of_the_steps() -> None:
    whole = READER.best([seen("the old house")])
    padded = READER.best([seen("the old house")._replace(share=0.5)])
    assert padded[2][1] == pytest.approx(2 * whole[2][1])


@pytest.mark.parametrize(
    "text",
    [
        "Peace can not be achieved through violence",
        "i think it was ok",
        "Barbados got its independence from Britain in 1966",
    ],
)
def test_a_line_of_words_is_doubtful_where_a_character_is(text: str) -> None:
    assert READER.doubts(of(text))
    assert not READER.doubts(of(text, unsure=0.95))


@pytest.mark.parametrize(
    "text",
    [
        "struggles",
        "was limited",
        "62. were discovered later",
        "B. hospital near the school",
        "y = ax + bc + de",
        "今天 is a good day 真好啊",
        "(2) find the value of it",
        "room 12 is here",
        "",
    ],
)
def test_short_answers_numbers_options_formulas_and_chinese_are_left_alone(text: str) -> None:
    assert not READER.doubts(of(text))


def test_common_words_are_likelier_than_misspelt_ones() -> None:
    english = letters.load()

    def chance(word: str) -> float:
        return sum(english.log_share(word[:i], (word + letters.END)[i]) for i in range(len(word) + 1))

    for right, wrong in (("through", "throngh"), ("governing", "govermny"), ("it's", "it'z"), ("when", "whem")):
        assert chance(right) > chance(wrong) + 4
    shares = [math.exp(english.log_share("th", sign)) for sign in (*letters.SIGNS, letters.END)]
    assert sum(shares) == pytest.approx(1, abs=0.02)


def test_doubled_letters_need_a_blank_between() -> None:
    rows = [((CLASSES[s], math.log(0.99)), (BLANK, math.log(0.01))) for s in "bookk"]
    assert "".join(SIGNS[index] for index in best_text(rows, SIGNS, letters.load())[1]) == "bok"


def test_spans_are_where_each_character_stands() -> None:
    shares = np.full((6, 3), 0.01, np.float32)
    for step, index in enumerate((0, 1, 1, 0, 1, 2)):
        shares[step, index] = 0.98
    assert ctc.spans(shares, (1, 1, 2)) == [(1, 3), (4, 5), (5, 6)]
    assert ctc.spans(shares, ()) == []


def test_rows_hold_what_has_a_chance() -> None:
    values = np.full((2, len(ALPHABET)), 1e-5, np.float32)
    values[0, [BLANK, CLASSES["a"]]] = 0.2, 0.8
    values[1, CLASSES["b"]] = 0.99
    rows = READER.rows(Probabilities(values), 0.5)
    assert [[index for index, _ in row] for row in rows.rows] == [[BLANK, CLASSES["a"]], [BLANK, CLASSES["b"]]]
    assert rows.share == 0.5
