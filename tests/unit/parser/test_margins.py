"""What short lines and wrapped heads still say about a page."""

from contracts.artefacts import KeyItem
from services.parser.core import parse
from tests.unit.parser.readings import HEIGHT, WIDTH, column, line, reading, submission


def test_a_number_that_wrapped_below_its_label_is_still_the_pupils() -> None:
    head = [line("姓名：王小明", 80, 120), line("班级：7（5）班", 420, 120), line("学号：", 900, 120)]
    wrapped = [line("20258059", 500, 152, script="handwritten")]
    questions = column(["一、选择题", "1. 下列各数中最小的是（ B ）", "A. 0    B. -3    C. 2    D. 1"])
    paper = parse(submission(), reading([*head, *wrapped, *questions]))
    assert paper.header.number == "20258059"


def test_a_name_or_class_that_wrapped_below_its_label_is_still_the_pupils() -> None:
    head = [line("班级：7(5)班", 120, 120), line("姓名：", 480, 120)]
    wrapped = [line("王小明", 80, 158, script="handwritten"), line("学号：20258059", 300, 158)]
    header = parse(submission(), reading([*head, *wrapped, *column(["1. 下列各数中最小的是（ B ）"])])).header
    assert (header.name, header.class_, header.number) == ("王小明", "7(5)班", "20258059")
    head = [line("姓名：王小明", 120, 120), line("班级：", 480, 120)]
    wrapped = [line("7(5)班", 80, 158, script="handwritten"), line("学号：20258059", 300, 158)]
    header = parse(submission(), reading([*head, *wrapped, *column(["1. 下列各数中最小的是（ B ）"])])).header
    assert (header.name, header.class_, header.number) == ("王小明", "7(5)班", "20258059")


def test_words_printed_below_the_head_are_no_name() -> None:
    head = [line("班级：7(5)班", 120, 120), line("姓名：", 480, 120), line("注意事项", 80, 158)]
    assert parse(submission(), reading([*head, *column(["1. 下列各数中最小的是（ B ）"])])).header.name is None


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


def test_the_warning_along_the_binding_edge_and_the_foot_widen_no_column() -> None:
    seal = [line(c, 20, 300 + 120 * i) for i, c in enumerate("密封线内不要答题")]
    foot = line("数学试卷 第1页，共2页", 600, 1600)
    stems = column([f"{i}. " + "字" * 30 for i in (1, 2)], x=120)
    paper = parse(submission(), reading([*stems, *seal, foot]))
    assert [q.regions[0].box[0] for q in paper.questions] == [120, 120]


def test_a_composition_that_nothing_follows_has_the_page_down_to_its_margin() -> None:
    written = [line("我的家乡有一条小河", 80, 200 + 50 * i, script="handwritten") for i in range(4)]
    paper = parse(submission(), reading([line("五、作文（50分）", 80, 100), *written]))
    assert paper.questions[0].regions[0].box[3] == HEIGHT - 100


def test_numbers_in_a_table_are_no_questions_when_the_key_has_each_number_once() -> None:
    table = ["1. 12", "2. 14"]
    rows = ["一、选择题", "1. 下列说法正确的是", "二、解答题", "2. 记录如下表，求平均值", *table, "3. 解方程"]
    items = [KeyItem(number=str(n), answer="A") for n in (1, 2, 3)]
    paper = parse(submission(items=items), reading(column(rows)))
    assert [q.path for q in paper.questions] == [("一", "1"), ("二", "2"), ("二", "3")]


def test_writing_that_reaches_above_its_row_takes_no_room_of_the_question_above() -> None:
    lines = column(["1. 若 x=1，则 x+1=", "2. 若 x=2，则 x+1=", "3. 若 x=3，则 x+1="])
    raised = line("5", 400, lines[1].box[0][1] - 20, script="handwritten")
    tall = raised.model_copy(update={"box": ((400, 318), (430, 318), (430, 366), (400, 366))})
    first, second, _ = parse(submission(), reading([*lines, tall])).questions
    assert first.regions[0].box[3] == second.regions[0].box[1]
    assert lines[1].box[0][1] - 15 < second.regions[0].box[1] <= lines[1].box[0][1]
    assert [ref.index for ref in second.lines] == [3]


def test_questions_whose_print_is_close_share_the_room_between_them() -> None:
    first, second, _ = parse(submission(), reading(column([f"{n}. 若 x={n}，则 x+1=" for n in (1, 2, 3)]))).questions
    assert first.regions[0].box[3] == second.regions[0].box[1] == 335  # rows of 30 pixels, 10 apart, the first at 300


def test_a_scrap_far_left_of_a_column_does_not_widen_it() -> None:
    lines = column([f"{n}. 下列各数中最小的数是哪一个" for n in (1, 2, 3)], x=200)
    regions = [q.regions[0].box for q in parse(submission(), reading([line("4", 13, 20), *lines])).questions]
    assert [box[0] for box in regions] == [200, 200, 200]
