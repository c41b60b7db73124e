"""Bold letters look scribbled over; what is read of them with and without that ink decides, and is never sure."""

import numpy as np
import pytest

from services.ocr.core.asked import EITHER, LOOKALIKES, SEVERAL, SINGLE, unstruck
from services.ocr.core.contents import content_of
from services.ocr.core.places import Place
from services.ocr.core.said import Judged, Text

WANTED = (*SINGLE, *SEVERAL, *LOOKALIKES)
LETTER_AND_SCRIBBLE = Place("bracket", (20.0, 10.0, 140.0, 60.0), 40.0)


def judged(text: str, sure: float) -> Judged:
    return Judged(Text(text, sure, (), ()), {w: sure if w == text else 0.0 for w in WANTED})


def read(text: str, sure: float) -> dict[str, object]:
    return {"text": text, "confidence": sure, "candidates": {text: sure}}


def test_letters_of_which_one_looked_struck_are_read_whole_and_not_surely():
    found = unstruck(read("C", 0.99), judged("C", 0.99), judged("AC", 0.999))
    assert found == {"text": "AC", "confidence": EITHER, "candidates": {"C": EITHER, "AC": EITHER}}


def test_a_letter_that_was_cut_to_pieces_is_read_whole():
    found = unstruck(read("1", 0.8), judged("1", 0.6), judged("B", 0.998))
    assert found == {"text": "B", "confidence": EITHER, "candidates": {"B": EITHER}}


def test_a_sure_letter_beside_a_scribble_stays_the_answer():
    found = unstruck(read("D", 0.99), judged("D", 0.99), judged("B", 0.999))
    assert found is not None
    assert (found["text"], found["confidence"]) == ("D", EITHER)


@pytest.mark.parametrize("whole", [judged("AD", 0.9), judged("12", 0.999), judged("√", 0.999), judged("D", 0.999)])
def test_ink_that_is_no_sure_letters_or_says_the_same_changes_nothing(whole):
    assert unstruck(read("D", 0.99), judged("D", 0.99), whole) is None


def test_ink_left_out_as_scribbled_over_is_kept_beside_the_rest():
    ink = np.zeros((80, 160), np.uint8)
    ink[20:50, 30:60] = 255
    ink[20:50, 100:104] = ink[20:24, 100:130] = ink[46:50, 100:130] = 255
    content = content_of(LETTER_AND_SCRIBBLE, ink)
    assert content.struck
    assert content.whole is not None
    assert content.whole.sum() > content.mask.sum() > 0
