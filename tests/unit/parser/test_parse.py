"""The structure of papers, drawn by hand."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.artefacts import KeyItem, Line, Paper, Reading, Rule, Spot
from contracts.errors import ErrorCode, Permanent
from services.parser.core import parse
from services.parser.core.options import split_options
from tests.unit.parser.readings import HEIGHT, WIDTH, bubbles, cell, column, frame, line, reading, submission

PAPER = [
    "一、选择题（每小题3分，共6分）",
    "1. 下列各数中最小的是（ B ）",
    "A. 0    B. -3    C. 2    D. 1",
    "2. 计算 2+3 的结果是（ ）",
    "A. 4    B. 5    C. 6    D. 7",
    "二、填空题（每空4分，共8分）",
    "3. 若 x=2，则 x+1=____。",
    "4. 圆的周长与直径之比是____。",
    "三、解答题（共10分）",
    "5.（10分）解方程 3x=6。",
]


def numbers(paper: Paper) -> list[str]:
    return [q.number for q in paper.questions]


def test_sections_give_their_questions_number_type_and_score() -> None:
    paper = parse(submission(), reading(column(PAPER)))
    assert [q.path for q in paper.questions] == [("一", "1"), ("一", "2"), ("二", "3"), ("二", "4"), ("三", "5")]
    assert [q.type for q in paper.questions] == ["single_choice"] * 2 + ["fill_blank"] * 2 + ["calculation"]
    assert [q.max_score for q in paper.questions] == [3, 3, 4, 4, 10]
    assert paper.total_score == 24


def test_options_in_one_row_or_stacked_are_the_same() -> None:
    inline = parse(submission(), reading(column(PAPER))).questions[0]
    stacked = parse(submission(), reading(column([*PAPER[:2], "A. 0", "B. -3", "C. 2", "D. 1", *PAPER[3:]]))).questions[
        0
    ]
    assert inline.options == stacked.options == {"A": "0", "B": "-3", "C": "2", "D": "1"}
    assert inline.text == stacked.text == "下列各数中最小的是（ B ）"


def test_regions_tile_the_column_from_number_to_number() -> None:
    first, second = parse(submission(), reading(column(PAPER))).questions[:2]
    assert first.regions[0].box[3] == second.regions[0].box[1]
    assert second.regions[0].box[3] < 300 + 5 * 40 + 5  # the next heading is not the question's


def test_a_missed_number_does_not_shift_the_rest() -> None:
    texts = [t.replace("4. 圆", "圆") for t in PAPER]
    questions = parse(submission(), reading(column(texts))).questions
    assert [(q.number, q.missing) for q in questions if q.number != "4"] == [(n, False) for n in ("1", "2", "3", "5")]


def test_a_number_inside_the_text_begins_no_question() -> None:
    texts = [*PAPER[:4], "3 千米的路程", "7. 5 是小数", *PAPER[4:]]
    assert numbers(parse(submission(), reading(column(texts)))) == ["1", "2", "3", "4", "5"]


def test_a_misread_number_between_its_neighbours_is_mended() -> None:
    texts = ["61. to see", "62. are", "03. meaning", "64. higher"]
    assert numbers(parse(submission("english"), reading(column(texts)))) == ["61", "62", "63", "64"]


def test_numbers_start_again_only_after_a_heading() -> None:
    texts = ["一、选择题", "1. 甲（ ）", "2. 乙（ ）", "1. 丙", "二、判断题", "1. 丁（ ）", "2. 戊（ ）"]
    paper = parse(submission(), reading(column(texts)))
    assert [q.path for q in paper.questions] == [("一", "1"), ("一", "2"), ("二", "1"), ("二", "2")]


def test_instructions_are_no_questions() -> None:
    texts = ["注意事项：", "1. 答题前请填写姓名。", "2. 用黑色签字笔作答。", *PAPER]
    assert numbers(parse(submission(), reading(column(texts)))) == ["1", "2", "3", "4", "5"]


def test_a_bracket_before_the_number_may_be_soiled() -> None:
    texts = ["( C ) 1. A. six B. ten", "A)2. A. cat B. dog", "(AD 3. A. hot B. cold", "()4.A. red B. blue"]
    assert numbers(parse(submission("english"), reading(column(texts)))) == ["1", "2", "3", "4"]


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [f"{n}. 下列说法中正确的一项是哪一个呢请选出来（ ）" for n in range(1, 11)]
    right = [f"{n}. 下列说法中正确的一项是哪一个呢请选出来（ ）" for n in range(11, 21)]
    lines = column(left, x=60, step=120) + column(right, x=660, step=120)
    paper = parse(submission(), reading(lines))
    assert numbers(paper) == [str(n) for n in range(1, 21)]
    assert paper.questions[0].regions[0].box[2] < 660 <= paper.questions[-1].regions[0].box[0] + 1


def test_an_option_whose_point_was_not_read_is_found_between_its_neighbours() -> None:
    stem, options = split_options(["下列属于哪类技术？", "A、语音识别B字符识别", "C、图像识别", "D、维生素B的检测"])
    assert stem == "下列属于哪类技术？"
    assert options == {"A": "语音识别", "B": "字符识别", "C": "图像识别", "D": "维生素B的检测"}


def test_options_with_a_middle_dot_are_options_and_products_are_none() -> None:
    _, options = split_options(["下列推理正确的是", "A·单质", "B·中和反应", "C·离子", "D·化合物"])
    assert options == {"A": "单质", "B": "中和反应", "C": "离子", "D": "化合物"}
    assert split_options(["求 A·B 与 B·C 的值"])[1] == {}


def test_options_in_two_columns_are_no_columns_of_text() -> None:
    lines: list[Line] = []
    for n in range(1, 11):
        y = 100 + n * 140
        lines += [line(f"{n}. A. student", 100, y), line("B. teacher", 650, y)]
        lines += [line("C. doctor", 150, y + 60), line("D. worker", 650, y + 60)]
    paper = parse(submission("english"), reading(lines))
    assert numbers(paper) == [str(n) for n in range(1, 11)]
    assert all(set(q.options) == set("ABCD") for q in paper.questions)


def test_a_question_runs_on_into_the_next_page() -> None:
    last = [*PAPER, "第1页 共2页"]
    second = ["解：x=2", "6. 求证：两直线平行。"]
    paper = parse(submission(), reading(column(last), column(second, y=100)))
    fifth = next(q for q in paper.questions if q.number == "5")
    assert [r.page for r in fifth.regions] == [1, 2]


def test_blanks_that_share_a_row_are_questions_of_their_own() -> None:
    lines = [
        line("61 an", 80, 300),
        line("62 was limited", 300, 300),
        line("63 missed", 600, 300),
        line("64 us", 900, 300),
    ]
    paper = parse(submission("english"), reading(lines))
    assert numbers(paper) == ["61", "62", "63", "64"]
    boxes = [q.regions[0].box for q in paper.questions]
    assert all(a[2] <= b[0] + 1 for a, b in pairwise(boxes))


def test_bubbles_become_choice_questions_by_their_number() -> None:
    marks = [b for n in range(1, 6) for b in bubbles(n, n - 1, 100, 200 + 40 * n, n % 4)]
    head = [line("答题卡", 500, 50), line("选择题（1-3为单选题；4-5为多选题）", 80, 180)]
    paper = parse(submission(), reading(head, bubbles=tuple(marks)))
    assert paper.kind == "answer_card"
    assert [(q.number, q.bubbles[0].group) for q in paper.questions] == [(str(n), n - 1) for n in range(1, 6)]


def test_letters_under_numbers_belong_to_those_numbers() -> None:
    cells = [cell(t, 0, c, 100 + 80 * c, 300) for c, t in enumerate(["题号", "1", "2", "", "4"])]
    cells += [cell(t, 1, c, 100 + 80 * c, 340) for c, t in enumerate(["答案", "B", "A", "C", "D"])]
    paper = parse(submission(), reading([line("一、选择题", 80, 200)], spots=tuple(cells)))
    assert [(q.path, q.spots[0].index) for q in paper.questions] == [(("一", str(n)), 5 + n) for n in range(1, 5)]


def test_a_frame_is_the_whole_room_of_its_question() -> None:
    lines = [line("17.（10分）", 120, 320), line("解：x=3", 160, 380, script="handwritten")]
    question = parse(submission(), reading(lines, rules=frame(100, 300, 1100, 1500))).questions[0]
    assert question.regions[0].box == (100, 300, 1100, 1500)
    assert [ref.index for ref in question.lines] == [1]


def test_a_stroke_of_the_answer_is_no_wall_of_its_frame() -> None:
    stroke = Rule(start=(700, 310), end=(698, 370))
    lines = [line("17. (10分)", 120, 320), line("a = 2", 140, 400, script="handwritten")]
    question = parse(submission(), reading(lines, rules=(*frame(100, 300, 1100, 1500), stroke))).questions[0]
    assert question.regions[0].box == (100, 300, 1100, 1500)


def test_a_cell_is_no_room_and_hides_the_frame_around_it() -> None:
    cell, sheet = frame(100, 300, 500, 380), frame(60, 280, 1100, 1500)
    question = parse(submission(), reading([line("13. 12", 120, 320)], rules=(*cell, *sheet))).questions[0]
    assert question.regions[0].box[3] < 500


def test_the_key_anchors_numbers_and_adds_what_was_not_found() -> None:
    items = [
        KeyItem(number=str(n), path=("一", str(n)), type="single_choice", answer="A", max_score=5) for n in (1, 2, 7)
    ]
    paper = parse(submission(items=items), reading(column(PAPER[:5])))
    assert [(q.number, bool(q.regions), q.max_score) for q in paper.questions] == [
        ("1", True, 5),
        ("2", True, 5),
        ("7", False, 5),
    ]


def test_parts_of_a_worked_question_are_entries_under_a_composite() -> None:
    texts = ["三、解答题", "17.（8分）某商店卖货。", "(1) 求进价；", "(2) 求利润。"]
    paper = parse(submission(), reading(column(texts)))
    assert (paper.questions[0].number, paper.questions[0].type) == ("17", "composite")
    assert [(q.number, q.path, q.max_score) for q in paper.questions[1:]] == [
        ("17(1)", ("三", "17", "(1)"), 4),
        ("17(2)", ("三", "17", "(2)"), 4),
    ]


def test_a_heading_that_asks_for_a_composition_is_the_question() -> None:
    texts = ["五、作文（40分）", "家乡的小河", "我的家乡有一条弯弯的小河。"]
    paper = parse(submission("chinese"), reading(column(texts)))
    assert [(q.number, q.type, q.path) for q in paper.questions] == [("五", "essay", ("五",))]
    assert paper.questions[0].regions[0].box[3] > 380


@pytest.mark.parametrize(
    ("heading", "below", "listed"),
    [
        ("四、写作", [], False),
        ("四、写作", ["However"], False),
        ("四、写作（25分）", [], True),
        ("四、写作", ["以“家乡”为题写一篇短文，不少于100词。"], True),
        ("四、写作", ["Dear Li,", "How are you?"], True),
    ],
)
def test_a_heading_that_nothing_is_asked_or_written_under_is_no_composition(
    heading: str, below: list[str], listed: bool
) -> None:
    texts = ["三、填空题", "1. I ____ (be) at home.", "2. He ____ (go) home.", heading, *below]
    assert ("四" in [q.number for q in parse(submission("english"), reading(column(texts))).questions]) == listed


def test_a_composition_of_the_key_or_the_only_question_is_kept_without_a_task() -> None:
    texts = ["三、填空题", "1. I ____ (be) at home.", "四、写作"]
    items = [KeyItem(number="1", answer="am"), KeyItem(number="四", answer=None)]
    asked = parse(submission("english", items), reading(column(texts))).questions
    assert [(q.number, q.missing) for q in asked] == [("1", False), ("四", False)]
    assert [q.number for q in parse(submission("english"), reading(column(texts[2:]))).questions] == ["四"]


def test_the_head_gives_title_name_class_and_number() -> None:
    head = [
        line("云杉中学七年级数学期中检测", 350, 60, em=32),
        line("班级：", 80, 150),
        line("七（3）班", 160, 150, script="handwritten"),
        line("姓名：林知夏", 400, 150),
        line("学号：250317", 700, 150),
    ]
    header = parse(submission(), reading(head + column(PAPER))).header
    assert header.title == "云杉中学七年级数学期中检测"
    assert (header.name, header.class_, header.number) == ("林知夏", "七（3）班", "250317")


def test_a_number_below_its_label_is_put_together_from_its_pieces() -> None:
    head = [line("姓名：林知夏", 80, 150), line("学号：", 700, 150)]
    pieces = [line("2025", 80, 185), line("513", 80, 185), line("2", 80, 185)]
    x = 80.0
    for index, piece in enumerate(pieces):
        width = piece.box[1][0] - piece.box[0][0]
        box = ((x, piece.box[0][1]), (x + width, piece.box[1][1]), (x + width, piece.box[2][1]), (x, piece.box[3][1]))
        pieces[index] = piece.model_copy(update={"box": box})
        x += width
    assert parse(submission(), reading(head + pieces + column(PAPER))).header.number == "20255132"


def test_the_word_no_in_a_sentence_labels_no_number() -> None:
    head = [line("Copy the sentences", 350, 60, em=32), line("no harm to go slow;", 80, 150)]
    assert parse(submission("english"), reading(head + column(PAPER))).header.number is None


def test_a_class_whose_label_and_grade_were_misread_is_still_told() -> None:
    head = [line("姓名：林知夏", 80, 150), line("班圾：B（3）班", 400, 150), line("学号：250317", 700, 150)]
    header = parse(submission(), reading(head + column(PAPER))).header
    assert (header.name, header.class_, header.number) == ("林知夏", "8（3）班", "250317")


def test_a_label_read_together_with_the_name_before_it_is_no_part_of_the_name() -> None:
    whole = [line("Class: 7(2)  Name: Ivy LinNo.: 070215", 80, 150)]
    cut = [
        line("Class: 7(2)  Name:", 80, 150),
        line("Ivy Li", 310, 150, script="handwritten"),
        line("nNo.: 070215", 390, 150),
    ]
    for head in (whole, cut):
        header = parse(submission("english"), reading(head + column(PAPER))).header
        assert (header.name, header.class_, header.number) == ("Ivy Lin", "7(2)", "070215")


def test_a_page_without_numbers_is_one_question() -> None:
    paper = parse(submission("chinese"), reading(column(["春天来了。", "花开了。"])))
    assert len(paper.questions) == 1
    assert paper.questions[0].regions


def test_an_empty_page_without_key_is_a_permanent_failure() -> None:
    with pytest.raises(Permanent) as caught:
        parse(submission(), reading([]))
    assert caught.value.code is ErrorCode.NO_QUESTION_FOUND


TEXT = st.text(st.sampled_from("0123456789一二三、.．（）()ABCD_＿分题答 x+=√①②:：Part姓名"), max_size=30)
PLACED = st.builds(
    line,
    TEXT,
    st.floats(0, WIDTH - 50),
    st.floats(0, HEIGHT - 50),
    script=st.sampled_from(["printed", "handwritten"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(PLACED, max_size=25), min_size=1, max_size=2), st.booleans())
def test_any_lines_give_a_paper_whose_paths_are_unique_and_regions_lie_in_order(
    pages: list[list[Line]], keyed: bool
) -> None:
    items = [KeyItem(number=str(n), answer="A") for n in range(1, 4)] if keyed else None
    made: Reading = reading(*pages)
    if not any(pages) and not keyed:
        with pytest.raises(Permanent):
            parse(submission(), made)
        return
    paper = parse(submission(items=items), made)
    paths = [q.path for q in paper.questions]
    assert len(paths) == len(set(paths))
    assert all(r.box[0] <= r.box[2] and r.box[1] <= r.box[3] for q in paper.questions for r in q.regions)
    assert parse(submission(items=items), made) == paper


def test_last_options_under_rings_are_no_column() -> None:
    lines: list[Line] = []
    for n in range(1, 9):
        y = 100 + n * 160
        lines += [line(f"{n}. 下列说法正确的是（ ）", 60, y), line("A. 0.1", 100, y + 60), line("B. 0.2", 350, y + 60)]
        lines += [line("C. 0.3", 600, y + 60), line("D. 0.45以上皆可能" if n == 1 else "2+3以上皆可能", 850, y + 60)]
    paper = parse(submission(), reading(lines))
    assert all(q.regions[0].box[2] > 850 for q in paper.questions)


def test_writing_at_the_right_is_no_column() -> None:
    lines = column([f"{n}. 把正确的答案写在右边的横线上" for n in range(1, 9)], step=80)
    lines += [line(str(50 + n), 1000, 300 + 80 * n, script="handwritten") for n in range(8)]
    paper = parse(submission(), reading(lines))
    assert numbers(paper) == [str(n) for n in range(1, 9)]
    assert all(q.lines for q in paper.questions)


def test_white_below_handwriting_too_low_to_write_in_belongs_to_no_question_but_room_for_an_answer_does() -> None:
    lines = [
        line("1. 抄写句子。", 80, 300),
        line("我会写字", 120, 340, script="handwritten"),
        line("2. 抄写词语。", 80, 395),
        line("大家好", 120, 435, script="handwritten"),
        line("3. 默写古诗。", 80, 600),
    ]
    first, second, _ = parse(submission("chinese"), reading(lines)).questions
    assert 370 <= first.regions[0].box[3] < 380
    assert 590 < second.regions[0].box[3] <= 600


def test_numbers_that_count_up_in_a_question_do_not_hide_the_number_before_them() -> None:
    texts = [*PAPER[:3], "2、将1、2、3、4…29、30从左往右排成一个数（ ）", *PAPER[4:]]
    assert numbers(parse(submission(), reading(column(texts)))) == ["1", "2", "3", "4", "5"]


def test_a_speck_before_a_number_does_not_hide_it() -> None:
    texts = [t.replace("2. 计算", "·2.计算") for t in PAPER]
    assert numbers(parse(submission(), reading(column(texts)))) == ["1", "2", "3", "4", "5"]


def test_a_letter_in_another_questions_place_is_no_writing_of_this_one() -> None:
    printed = column(
        ["一、选择题", "1.下列说法正确的是", "A、甲 B、乙 C、丙 D、丁", "2.下列说法错误的是", "A、子 B、丑 C、寅 D、卯"]
    )
    letter = line("B", 52, 398, script="handwritten")  # a bold one, which begins above its number's row
    place = Spot(kind="rule", box=(50, 404, 78, 450), ink=0.2, text="B", confidence=0.99)
    first, second = parse(submission(), reading([*printed[:3], letter, *printed[3:]], spots=(place,))).questions
    assert first.lines == ()
    assert [ref.index for ref in second.spots] == [0]
