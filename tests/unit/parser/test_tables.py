"""Answers written in a ruled table under the numbers of their questions."""

from contracts.artefacts import Question, Reading, Spot
from services.parser.core import parse
from tests.unit.parser.readings import cell, column, line, reading, submission

STEMS = [f"{n}. 下列说法正确的是第几项" for n in range(1, 7)]


def made(*spots: Spot, letters: dict[float, str]) -> Reading:
    """Six choices below a table whose answers stand at y = 350; `letters` by their x."""
    written = [line(text, x, 350, script="handwritten") for x, text in letters.items()]
    return reading([line("一、选择题", 80, 250), *written, *column(STEMS, y=420, step=60)], spots=spots)


def heads(*numbers: int) -> list[Spot]:
    return [cell("题号", 0, 0, 80, 300), *(cell(str(n), 0, n, 80 + 84 * n, 300) for n in numbers)]


def written(read: Reading, question: Question) -> list[str]:
    return [read.pages[0].lines[ref.index].text for ref in question.lines]


def test_writing_under_a_number_whose_cell_was_not_found_is_that_questions() -> None:
    read = made(*heads(1, 2, 3), cell("答案", 1, 0, 80, 345), cell("A", 1, 2, 248, 345), letters={190: "B", 360: "C"})
    questions = {q.number: q for q in parse(submission(), read).questions}
    assert [written(read, questions[n]) for n in "123"] == [["B"], [], ["C"]]
    assert questions["2"].spots


def test_a_table_that_was_cut_off_goes_on_at_its_right_where_something_is_written() -> None:
    answers = [cell("A", 1, n, 80 + 84 * n, 345) for n in (1, 2, 3)]
    read = made(*heads(1, 2, 3), *answers, letters={80 + 84 * 4 + 30: "D", 80 + 84 * 6 + 30: "B"})
    questions = {q.number: q for q in parse(submission(), read).questions}
    assert [written(read, questions[n]) for n in "456"] == [["D"], [], ["B"]]


def test_a_table_never_goes_on_to_questions_that_do_not_exist() -> None:
    answers = [cell("A", 1, n, 80 + 84 * n, 345) for n in range(1, 7)]
    read = made(*heads(*range(1, 7)), *answers, letters={80 + 84 * 7 + 30: "D"})
    assert [q.number for q in parse(submission(), read).questions] == [str(n) for n in range(1, 7)]


def test_a_table_of_one_item_is_known_by_its_head() -> None:
    read = made(*heads(1), cell("答案", 1, 0, 80, 345), cell("", 1, 1, 164, 345), letters={})
    assert parse(submission(), read).questions[0].spots
