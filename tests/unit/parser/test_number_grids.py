"""The number that a pupil fills in on an answer card, digit by digit."""

import pytest

from contracts.artefacts import Bubble, Page, Reading
from services.parser.core import parse
from services.parser.core.number_grids import grids_of
from tests.unit.parser.readings import bubbles, submission

NUMBER = "20231457"


def bubble(group: int, index: int, x: float, y: float, *, filled: bool, number: str | None = None) -> Bubble:
    return Bubble(
        box=(x, y, x + 30, y + 18), fill=0.9 if filled else 0.05, group=group, index=index, label="A", number=number
    )


def upright(number: str, *, first: int = 0, numbered: bool = False) -> list[Bubble]:
    """Ten rows of as many bubbles as there are digits; "-" is not filled in."""
    return [
        bubble(
            first + value, at, 700 + 46 * at, 205 + 30 * value,
            filled=digit == str(value), number=str(value + 1) if numbered else None,
        )
        for value in range(10)
        for at, digit in enumerate(number)
    ]  # fmt: skip


def lying(number: str) -> list[Bubble]:
    """A row of ten for each digit, which the reader of items has numbered."""
    return [
        bubble(at, value, 660 + 44 * value, 205 + 30 * at, filled=digit == str(value), number=str(at + 3))
        for at, digit in enumerate(number)
        for value in range(10)
    ]


def items(first: int) -> list[Bubble]:
    """Ten items in two blocks beside each other, a row of both at a time."""
    return [
        one
        for row in range(5)
        for block in range(2)
        for one in bubbles(
            1 + row + 5 * block, first + 2 * row + block, 120 + 270 * block, 610 + 46 * row, filled=row % 4
        )
    ]


def page(*found: Bubble) -> Page:
    return Page(page=1, width=1240, height=1754, bubbles=tuple(found))


@pytest.mark.parametrize("grid", [upright(NUMBER), lying(NUMBER)], ids=["upright", "lying"])
def test_the_number_is_read_and_its_bubbles_are_no_items(grid: list[Bubble]) -> None:
    card = page(*grid, *items(first=20))
    paper = parse(submission(), Reading(pages=(card,), engine="by hand"))
    assert paper.header.number == NUMBER
    assert [question.number for question in paper.questions] == [str(n) for n in range(1, 11)]


@pytest.mark.parametrize("number", ["2023145-", "--------"])
def test_a_digit_that_is_not_told_leaves_the_number_open(number: str) -> None:
    assert [grid.number for grid in grids_of(page(*upright(number)))] == [None]


def test_a_digit_that_is_filled_in_twice_leaves_the_number_open() -> None:
    twice = [
        one.model_copy(update={"fill": 0.9}) if (one.group, one.index) == (9, 0) else one for one in upright(NUMBER)
    ]
    assert [grid.number for grid in grids_of(page(*twice))] == [None]


def test_ten_numbered_items_with_six_options_and_any_with_four_are_no_grid() -> None:
    assert grids_of(page(*upright("201203", numbered=True))) == []
    assert grids_of(page(*upright("2012"))) == []
    assert grids_of(page(*items(first=0))) == []


@pytest.mark.parametrize("rows", [upright(NUMBER), lying(NUMBER), items(first=1)])
def test_a_bubble_without_width_stops_no_paper(rows: list[Bubble]) -> None:
    flat = [one.model_copy(update={"box": (*one.box[:2], one.box[0], one.box[3])}) for one in rows]
    assert len(grids_of(page(*flat))) == len(grids_of(page(*rows)))
