"""Lines printed under the room before a question's number."""

import cv2
import numpy as np
import pytest

from services.ocr.core.footings import footings
from services.ocr.core.places import Place
from tests.unit.ocr.ink.conftest import write

EM = 24.0
LINE = slice(308, 311)
ROOM = Place("beside", (100.0, 276.0, 142.0, 312.0), EM)


def ink_of(page: np.ndarray) -> np.ndarray:
    return np.where(page[:, :, 0] < 150, 255, 0).astype(np.uint8)


def lettered(page: np.ndarray, letter: str, bold: int = 4) -> np.ndarray:
    cv2.putText(page, letter, (110, 306), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (30, 30, 30), bold, cv2.LINE_AA)
    return ink_of(page)


@pytest.mark.parametrize("letter", ["A", "B", "C", "D", "E"])
def test_the_line_goes_and_the_bold_letter_that_stands_on_it_stays(page, letter: str) -> None:
    alone = lettered(page, letter)
    ink = alone.copy()
    ink[LINE, 97:145] = 255
    left = ink & ~footings([ROOM], ink)
    assert (left & alone == alone).mean() > 0.999
    assert not left[LINE, 97:108].any()
    assert not left[LINE, 136:145].any()
    assert np.count_nonzero(left & ~alone) < 0.5 * np.count_nonzero(ink & ~alone)


def test_a_line_that_slants_goes_as_well(page) -> None:
    ink = ink_of(page)
    cv2.line(ink, (97, 310), (144, 306), 255, 2)
    assert not (ink & ~footings([ROOM], ink)).any()


@pytest.mark.parametrize("letter", ["B", "D", "E", "L", "Z"])
def test_the_foot_of_a_letter_is_no_line(page, letter: str) -> None:
    write(page, letter, 110, 306, 0.9)
    assert not footings([ROOM], ink_of(page)).any()


def test_only_rooms_before_numbers_are_looked_at(page) -> None:
    ink = ink_of(page)
    ink[LINE, 97:145] = 255
    assert footings([ROOM], ink).any()
    assert not footings([ROOM._replace(kind="bracket"), ROOM._replace(kind="rule")], ink).any()
    assert not footings([ROOM], np.zeros_like(ink)).any()
