"""What short lines and wrapped heads still say about a page."""

from services.parser.core import parse
from tests.unit.parser.readings import WIDTH, column, line, reading, submission


def test_a_number_that_wrapped_below_its_label_is_still_the_pupils() -> None:
    head = [line("姓名：王小明", 80, 120), line("班级：7（5）班", 420, 120), line("学号：", 900, 120)]
    wrapped = [line("20258059", 500, 152, script="handwritten")]
    questions = column(["一、选择题", "1. 下列各数中最小的是（ B ）", "A. 0    B. -3    C. 2    D. 1"])
    paper = parse(submission(), reading([*head, *wrapped, *questions]))
    assert paper.header.number == "20258059"


def test_words_below_the_head_are_no_number() -> None:
    head = [line("姓名：王小明", 80, 120), line("学号：", 900, 120), line("满分100分", 500, 152)]
    paper = parse(submission(), reading([*head, *column(["1. 下列各数中最小的是（ B ）"])]))
    assert paper.header.number is None


def test_a_lone_column_of_ragged_lines_keeps_equal_margins() -> None:
    texts = ["1. " + "字" * n for n in (8, 27, 12, 19)]
    lines = [line(f"{i}{t[1:]}", 80, 300 + 60 * i) for i, t in enumerate(texts, 1)]
    (region,) = parse(submission(), reading(lines)).questions[0].regions
    assert abs(region.box[2] - (WIDTH - 80)) < 2


def test_a_lone_narrow_column_is_left_as_it_is() -> None:
    lines = [line(f"{i}. " + "字" * 15, 80, 300 + 60 * i) for i in range(1, 5)]
    (region,) = parse(submission(), reading(lines)).questions[0].regions
    assert region.box[2] < WIDTH / 2
