"""Choice questions whose numbers can't be read: under ticks, rings and letters written beside them."""

import pytest

from contracts.artefacts import KeyItem
from services.parser.core import parse
from tests.unit.parser.readings import column, line, reading, submission

PAPER = [
    "一、选择题：本大题共4小题，每小题3分，共12分",
    "1. 下列各数中最小的是",
    "A. 0    B. -3    C. 2    D. 1",
    "2. 计算 2+3 的结果是",
    "A. 4    B. 5",
    "C. 6    D. 7",
    "3. 下列物质中",
    "属于纯净物的是",
    "A. 空气",
    "B. 水",
    "C. 石油",
    "D. 牛奶",
    "4. 下列变化中属于化学变化的是",
    "A. 水沸腾    B. 铁生锈    C. 冰融化    D. 糖溶解",
    "二、填空题（共8分）",
    "5. 若 x=2，则 x+1=____。",
    "6. 圆的周长与直径之比是____。",
]


def numbers(texts: list[str], items: list[KeyItem] | None = None) -> list[str]:
    return [q.number for q in parse(submission(items=items), reading(column(texts))).questions]


def without(*lost: str) -> list[str]:
    """The paper without these numbers."""
    return [t.partition(". ")[2] if t.partition(". ")[0] in lost else t for t in PAPER]


@pytest.mark.parametrize("lost", [("1",), ("2",), ("4",), ("1", "2"), ("2", "3"), ("1", "2", "3", "4")])
def test_a_stem_between_options_has_the_number_that_is_missing(lost: tuple[str, ...]) -> None:
    assert numbers(without(*lost)) == ["1", "2", "3", "4", "5", "6"]


def test_the_implied_question_has_its_own_text_options_and_region() -> None:
    first, second, third, *_ = parse(submission(), reading(column(without("2")))).questions
    assert second.text == "计算 2+3 的结果是"
    assert second.options == {"A": "4", "B": "5", "C": "6", "D": "7"}
    assert first.regions[0].box[3] == second.regions[0].box[1]
    assert second.regions[0].box[3] == third.regions[0].box[1]


def test_an_answer_written_over_the_number_is_the_implied_questions() -> None:
    lines = column(without("2"))
    lines[3] = line("计算 2+3 的结果是", 140, lines[3].box[0][1])
    letter = line("B", 80, lines[3].box[0][1], script="handwritten")
    second = parse(submission(), reading([*lines, letter])).questions[1]
    assert [(ref.page, ref.index) for ref in second.lines] == [(1, len(lines))]


def test_an_option_that_runs_on_begins_no_question() -> None:
    texts = [*PAPER[:3], "千克每立方米", *PAPER[3:]]
    lines = column(texts)
    for at in (2, 3):
        lines[at] = line(texts[at], 110, lines[at].box[0][1])
    assert [q.number for q in parse(submission(), reading(lines)).questions] == ["1", "2", "3", "4", "5", "6"]


def test_the_headings_second_row_begins_no_question() -> None:
    texts = [PAPER[0], "每小题只有一个选项符合题意，把答案填在题前的横线上", *without("1")[1:]]
    first = parse(submission(), reading(column(texts))).questions[0]
    assert (first.number, first.text) == ("1", "下列各数中最小的是")


def test_text_behind_the_last_options_begins_no_question() -> None:
    texts = [*PAPER[:14], "本试卷到此结束，请检查姓名"]
    assert numbers(texts) == ["1", "2", "3", "4"]


def test_numbers_do_not_start_over_with_the_steps_of_a_question() -> None:
    steps = ["7. 请回答以下问题：", "1. 它的物理性质是____", "2. 它的化学性质是____", "3. 它的用途是____"]
    assert numbers([*without("3", "4"), *steps, "8. 解方程 3x=6。"]) == [str(n) for n in range(1, 9)]


def test_hostile_pages_of_unnumbered_stems_are_read_in_time() -> None:
    texts = ["一、选择题", *(["下列正确的是", "A. 甲    B. 乙    C. 丙    D. 丁"] * 400)]
    assert len(numbers(texts)) == 1


def test_a_letter_written_before_the_number_is_that_questions() -> None:
    lines = column(PAPER)
    first, second = (line("B", 50, lines[at].box[0][1], script="handwritten") for at in (1, 3))
    questions = parse(submission(), reading([*lines, first, second])).questions
    assert [[ref.index for ref in q.lines] for q in questions[:3]] == [[len(lines)], [len(lines) + 1], []]


def test_a_lone_stroke_in_a_composition_is_no_number() -> None:
    lines = column(["五、作文（40分）", "一次难忘的劳动"])
    stroke = line("1", 120, lines[-1].box[0][1] + 40, script="handwritten")
    assert [q.number for q in parse(submission("chinese"), reading([*lines, stroke])).questions] == ["五"]


def test_a_tables_decimals_are_no_numbers_of_questions() -> None:
    assert numbers([*PAPER, "7. 看表回答：", "9.3", "11.3"]) == [str(n) for n in range(1, 8)]


def test_a_stem_set_in_below_short_options_begins_a_question() -> None:
    texts = without("2")
    lines = column(texts)
    lines[2] = line(texts[2], 110, lines[2].box[0][1])
    lines[3] = line("平面的方程是下列哪一个", 104, lines[3].box[0][1])  # its letter and number are hidden
    long = line("字" * 40, 80, lines[-1].box[0][1] + 40)
    second = parse(submission(), reading([*lines, long])).questions[1]
    assert (second.number, second.text) == ("2", "平面的方程是下列哪一个")
