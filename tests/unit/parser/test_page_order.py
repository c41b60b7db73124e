"""Pages uploaded in another order than they are printed in."""

import itertools

import pytest

from contracts.artefacts import Reading
from services.parser.core import parse
from services.parser.core.page_order import order_of
from tests.unit.parser.readings import column, line, reading, submission

FOOT = 1650
QUESTIONS = {1: (1, 2, 3), 2: (4, 5), 3: (6, 7, 8)}


def printed(number: int, footer: str) -> list:
    stems = [f"{n}. 小明有{n}个苹果和一些梨，一共多少个水果？（ A ）" for n in QUESTIONS[number]]
    return [*column(stems), *([line(footer, 500, FOOT)] if footer else [])]


def uploaded(order: tuple[int, ...], footer: str = "第{n}页 共3页") -> Reading:
    return reading(*(printed(n, footer.format(n=n)) for n in order))


ORDERS = list(itertools.permutations((1, 2, 3)))


@pytest.mark.parametrize(
    "footer", ["第{n}页 共3页", "数学试卷 第{n}页（共3页）", "Page {n} of 3", "{n} / 3", "- {n} -", ""]
)
@pytest.mark.parametrize("order", ORDERS)
def test_pages_are_put_into_the_order_of_their_numbers_or_of_their_questions(
    order: tuple[int, ...], footer: str
) -> None:
    found = order_of(uploaded(order, footer))
    assert [order[page - 1] for page in found.pages] == [1, 2, 3]
    assert found.missing == ()


@pytest.mark.parametrize("order", ORDERS)
def test_questions_come_in_printed_order_and_keep_the_pages_they_were_uploaded_on(order: tuple[int, ...]) -> None:
    paper = parse(submission(), uploaded(order))
    assert [q.number for q in paper.questions] == [str(n) for n in range(1, 9)]
    for question in paper.questions:
        page = question.regions[0].page
        assert int(question.number) in QUESTIONS[order[page - 1]]
    assert paper.page_order == (() if order == (1, 2, 3) else order_of(uploaded(order)).pages)


def test_a_page_that_was_not_uploaded_is_named() -> None:
    assert order_of(uploaded((3, 1))).missing == (2,)
    assert parse(submission(), uploaded((1, 2))).missing_pages == (3,)
    assert order_of(uploaded((1, 3), "- {n} -")).missing == (2,)
    assert order_of(uploaded((2, 3), "- {n} -")).missing == (), "without a total, page 1 may be a cover"


def test_two_pages_of_one_number_are_two_things_and_stay_as_they_were_uploaded() -> None:
    found = order_of(reading(printed(2, "第1页 共2页"), [*printed(1, "")[:1], line("第1页 共2页", 500, FOOT)]))
    assert (found.pages, found.missing) == ((1, 2), ())


def test_overlapping_or_gappy_question_numbers_tell_no_order() -> None:
    overlapping = reading(printed(2, ""), column(["4. 解方程并写出过程。", "5. 求下列图形的面积。"]))
    assert order_of(overlapping).pages == (1, 2)
    gappy = reading(
        column(["18. 求下列图形的面积。", "19. 解方程并写出过程。"]), column(["1. 计算下列各题。", "2. 求x的值。"])
    )
    assert order_of(gappy).pages == (1, 2)


def test_a_number_at_the_foot_that_a_pupil_wrote_is_no_page_number() -> None:
    pages = uploaded((2, 1), "")
    written = [
        page.model_copy(update={"lines": (*page.lines, line("- 3 -", 500, FOOT, script="handwritten"))})
        for page in pages.pages
    ]
    assert order_of(pages.model_copy(update={"pages": tuple(written)})).missing == ()
