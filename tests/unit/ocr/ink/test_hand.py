"""The second reader, of short handwriting, and what two readers say together."""

import cv2
import numpy as np
import pytest

from services.ocr.core.engine import hand_of
from services.ocr.core.hand import reader as readers
from services.ocr.core.hand.pictures import HEIGHT, inked
from services.ocr.core.hand.reader import HandReader
from services.ocr.core.hand.second import seconded, together
from services.ocr.core.raster import Image
from services.ocr.core.said import Judged, Text
from tests.unit.ocr.ink.conftest import ScriptedEngine

HANDS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX)
LETTERS = ("A", "B", "C", "D")


@pytest.fixture(scope="module", params=["openvino", "onnxruntime"])
def hand(request: pytest.FixtureRequest) -> HandReader:
    return readers.load(request.param)


def written(text: str, font: int = HANDS[0], paper: int = 250, ink: int = 40) -> Image:
    picture = np.full((60, 40 + 28 * len(text), 3), paper, np.uint8)
    cv2.putText(picture, text, (14, 44), font, 1.2, (ink, ink, ink), 2, cv2.LINE_AA)
    return picture


def test_letters_digits_and_signs_of_hands_it_was_not_trained_on_are_read(hand: HandReader) -> None:
    texts = ("A", "B", "D", "7", "12", "3.5", "-4", "x=3")
    crops = [written(text, font) for text in texts for font in HANDS]
    read = [judged.free.text for judged in hand.judge(crops, [()] * len(crops))]
    wrong = [(text, got) for text, got in zip(np.repeat(texts, len(HANDS)), read, strict=True) if text != got]
    assert len(wrong) <= 2, wrong


def test_faint_ink_on_grey_paper_is_read_as_dark_ink_on_white(hand: HandReader) -> None:
    crops = [written("B", ink=0, paper=255), written("B", ink=120, paper=180)]
    assert [judged.free.text for judged in hand.judge(crops, [(), ()])] == ["B", "B"]


def test_the_letter_that_stands_there_is_the_likeliest_of_those_admissible(hand: HandReader) -> None:
    crops = [written(letter, font) for letter in LETTERS for font in HANDS]
    told = [judged.candidates for judged in hand.judge(crops, [LETTERS] * len(crops))]
    likeliest = [max(shares, key=lambda letter: shares[letter]) for shares in told]
    assert likeliest == list(np.repeat(LETTERS, len(HANDS)))
    assert all(sum(shares.values()) <= 1.0001 for shares in told)


def test_nothing_is_said_of_what_is_outside_the_alphabet(hand: HandReader) -> None:
    told = hand.judge([written("B")], [("B", "①", "x")])[0].candidates
    assert set(told) == {"B", "x"}
    assert told["B"] > told["x"]


def test_empty_and_tiny_pictures_are_nothing(hand: HandReader) -> None:
    empty, tiny = np.full((40, 60, 3), 230, np.uint8), np.zeros((1, 1, 3), np.uint8)
    read = hand.judge([empty, tiny, written("8")], [(), (), ()])
    assert [judged.free.text for judged in read] == ["", "", "8"]
    assert hand.judge([], []) == []


def test_a_text_has_a_place_and_a_confidence_for_each_character(hand: HandReader) -> None:
    text = hand.judge([written("x=3")], [()])[0].free
    assert len(text.text) == len(text.xs) == len(text.confidences) == 3
    assert list(text.xs) == sorted(text.xs)
    assert all(0 <= x <= 1 for x in text.xs)


def test_ink_is_the_same_whatever_the_size_and_the_paper() -> None:
    large = inked(cv2.resize(written("D"), None, fx=3, fy=3))
    small = inked(written("D", paper=200, ink=32))
    assert large.shape == small.shape
    assert large.shape[0] == HEIGHT
    assert float(np.abs(large - small).mean()) < 0.03


def test_readers_that_agree_are_surer_and_those_that_differ_are_not_sure() -> None:
    agreed = together({"A": 0.9, "B": 0.05}, {"A": 0.9, "B": 0.05})
    assert agreed["A"] > 0.97
    apart = together({"A": 0.95, "B": 0.01}, {"A": 0.01, "B": 0.95})
    assert max(apart.values()) < 0.8
    other = together({"A": 0.95, "B": 0.01}, {"A": 0.001, "B": 0.0})  # the second saw a text that is not asked for
    assert max(other.values()) < 0.8


def test_a_text_that_the_second_reader_cannot_know_keeps_its_share() -> None:
    both = together({"①": 0.6, "A": 0.2, "B": 0.1}, {"A": 0.9, "B": 0.05})
    assert both["①"] == 0.6
    assert both["A"] > 0.35
    assert sum(both.values()) == pytest.approx(0.95, abs=0.06)


def test_only_what_has_admissible_texts_is_read_twice_and_free_readings_stay(hand: HandReader) -> None:
    crops = [written("B"), written("B")]
    first = [Judged(Text("8", 0.6, (0.5,), (0.6,)), {"B": 0.3, "D": 0.3}), Judged(Text("8", 0.6, (0.5,), (0.6,)), {})]
    told = seconded(first, crops, [("B", "D"), ()], hand)
    assert told[0].candidates["B"] > 0.8
    assert [judged.free.text for judged in told] == ["8", "8"]
    assert told[1] == first[1]


def test_an_engine_without_a_second_reader_is_believed_alone() -> None:
    engine = ScriptedEngine("B")
    first = engine.judge([written("B")], [LETTERS])
    assert hand_of(engine) is None
    assert seconded(first, [written("B")], [LETTERS], None) == first
