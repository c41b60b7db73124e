"""A photo of more than one answer card."""

import pytest

from contracts.artefacts import Bubble, Page, Reading
from services.parser.core import parse
from services.parser.core.several_cards import first_cards
from tests.unit.parser.readings import bubbles, submission


def card(first: int, x: float, y: float, filled: int, unnumbered: tuple[int, ...] = ()) -> list[Bubble]:
    """Ten items in two blocks, a row of both at a time."""
    made = []
    for row in range(5):
        for block in range(2):
            number = 1 + row + 5 * block
            own = bubbles(number, first + 2 * row + block, x + 270 * block, y + 46 * row, filled=filled)
            made += [b.model_copy(update={"number": None}) for b in own] if number in unnumbered else own
    return made


def photo(*found: Bubble) -> Reading:
    return Reading(pages=(Page(page=1, width=2400, height=2400, bubbles=tuple(found)),), engine="by hand")


@pytest.mark.parametrize("place", [(120, 900), (900, 100)], ids=["below", "beside"])
def test_the_first_card_counts_alone_and_the_other_is_told_of(place: tuple[int, int]) -> None:
    both = photo(*card(0, 120, 100, filled=1, unnumbered=(9,)), *card(50, *place, filled=2, unnumbered=(4,)))
    paper = parse(submission(), both)
    assert [question.number for question in paper.questions] == [str(n) for n in range(1, 11)]
    assert {question.bubbles[0].group for question in paper.questions} == set(range(10))
    assert paper.other_cards == 1


def test_four_cards_are_four() -> None:
    four = [
        b for n, place in enumerate([(120, 100), (900, 100), (120, 900), (900, 900)]) for b in card(20 * n, *place, 1)
    ]
    assert first_cards(photo(*four))[1] == 3


def test_one_card_with_a_number_that_was_misread_as_another_is_one() -> None:
    misread = [b.model_copy(update={"number": "1"}) if b.number == "7" else b for b in card(0, 120, 100, filled=1)]
    assert first_cards(photo(*misread)) == (photo(*misread), 0)


def test_an_item_without_a_number_follows_the_one_above_it() -> None:
    paper = parse(submission(), photo(*card(0, 120, 100, filled=0, unnumbered=(3, 9))))
    assert {q.number: q.bubbles[0].group for q in paper.questions if q.number in "39"} == {"3": 4, "9": 7}
