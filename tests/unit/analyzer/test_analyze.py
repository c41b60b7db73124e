"""Answers and verdicts of whole papers, from readings made by hand."""

import time
from dataclasses import replace

import pytest
from analyzer_build import bubbles, key, line, mark, paper, question, reading, spot, submission
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.artefacts.analysis import Answer
from contracts.artefacts.paper import Region
from contracts.artefacts.submission import KeyItem
from services.analyzer.core import analyze
from services.analyzer.core.analyze import confirmed
from services.analyzer.core.confidence import REVIEW_BELOW
from services.analyzer.core.evidence import Found
from services.analyzer.core.grading import Grade, grade


def only(answers: tuple[Answer, ...]) -> Answer:
    assert len(answers) == 1
    return answers[0]


def test_a_choice_in_its_bracket_is_read_and_graded() -> None:
    r = reading(spots=[spot("B", {"B": 0.97, "8": 0.02})])
    got = only(analyze(submission(key("1", "B", 3)), r, paper(question("single_choice", spots=[0]))).answers)
    assert (got.student_answer, got.verdict, got.score, got.graded_by) == ("B", "correct", 3.0, "key")


def test_the_key_never_changes_a_clear_reading() -> None:
    r = reading(spots=[spot("B", {"B": 0.95, "D": 0.04})])
    for wanted in "ABCD":
        got = only(analyze(submission(key("1", wanted)), r, paper(question("single_choice", spots=[0]))).answers)
        assert got.student_answer == "B"


def test_options_that_do_not_exist_are_not_admissible() -> None:
    r = reading(spots=[spot("E", {"E": 0.5, "B": 0.4})])
    got = only(analyze(submission(), r, paper(question("single_choice", spots=[0], options="ABCD"))).answers)
    assert got.student_answer == "B"


def test_an_empty_bracket_is_a_blank_with_no_points_not_unread() -> None:
    r = reading(spots=[spot()])
    got = only(analyze(submission(key("1", "B")), r, paper(question("single_choice", spots=[0]))).answers)
    assert (got.student_answer, got.verdict, got.score) == ("", "blank", 0.0)


def test_ink_that_cannot_be_read_is_unread_and_ungraded_never_zero_points() -> None:
    r = reading(spots=[spot("¥#")])
    got = only(analyze(submission(key("1", "B")), r, paper(question("single_choice", spots=[0]))).answers)
    assert (got.student_answer, got.verdict, got.score, got.needs_review) == (None, "ungraded", None, True)


def test_bubbles_are_judged_by_the_page_not_by_a_fixed_darkness() -> None:
    pale = bubbles([0.05, 0.36, 0.04, 0.06], 0) + bubbles([0.38, 0.05, 0.05, 0.03], 1, 140)
    pages = reading(cards=pale)
    got = analyze(
        submission(),
        pages,
        paper(question("single_choice", "1", groups=[0]), question("single_choice", "2", groups=[1])),
    )
    assert [a.student_answer for a in got.answers] == ["B", "A"]


def test_an_erased_bubble_beside_a_full_one_is_no_answer() -> None:
    cards = bubbles([0.05, 0.97, 0.62, 0.06], 0) + bubbles([0.9, 0.05, 0.05, 0.03], 1, 140)
    got = analyze(submission(), reading(cards=cards), paper(question("single_choice", groups=[0])))
    assert only(got.answers).student_answer == "B"


def test_several_bubbles_are_the_set_of_a_multiple_choice_with_partial_credit() -> None:
    cards = bubbles([0.95, 0.05, 0.93, 0.06], 0)
    questions = paper(question("multiple_choice", groups=[0]))
    got = only(analyze(submission(key("1", "ACD", 4)), reading(cards=cards), questions).answers)
    assert (got.student_answer, got.verdict, got.score) == ("AC", "partial", 2.0)
    got = only(analyze(submission(key("1", "AD", 4)), reading(cards=cards), questions).answers)
    assert (got.verdict, got.score) == ("wrong", 0.0)


def test_two_marks_on_a_single_choice_are_kept_and_sent_to_review() -> None:
    got = only(
        analyze(
            submission(key("1", "A")),
            reading(cards=bubbles([0.9, 0.92, 0.05, 0.05], 0)),
            paper(question("single_choice", groups=[0])),
        ).answers
    )
    assert (got.student_answer, got.verdict, got.needs_review) == ("AB", "wrong", True)


def test_a_judgement_is_a_tick_or_a_cross_however_it_is_written() -> None:
    r = reading(spots=[spot("T", {"T": 0.9, "1": 0.05}), spot("x", {"×": 0.7, "F": 0.2})])
    questions = paper(question("true_false", "1", spots=[0]), question("true_false", "2", spots=[1]))
    got = analyze(submission(key("1", "√"), key("2", "T")), r, questions).answers
    assert [(a.student_answer, a.verdict) for a in got] == [("√", "correct"), ("×", "wrong")]


def test_an_answer_inside_an_uncut_printed_line_is_found_in_the_stem() -> None:
    lines = [line("( A )1.下列说法正确的是", script="printed", ink="black")]
    got = only(
        analyze(
            submission(key("1", "A")), reading(lines), paper(question("single_choice", text="下列说法正确的是"))
        ).answers
    )
    assert (got.student_answer, got.verdict) == ("A", "correct")
    got = only(analyze(submission(), reading(), paper(question("single_choice", text="下列说法正确的是( C )"))).answers)
    assert got.student_answer == "C"


def test_blanks_are_joined_in_reading_order_and_share_the_points() -> None:
    spots = [
        spot("氧气", at=(400, 100, 500, 130), kind="rule"),
        spot("腿部动脉", at=(100, 100, 300, 130), kind="rule"),
        spot(at=(100, 200, 300, 230), kind="rule"),
    ]
    item = key("1", ("腿部动脉", "二氧化碳", "肺"), 9)
    got = only(analyze(submission(item), reading(spots=spots), paper(question("fill_blank", spots=[0, 1, 2]))).answers)
    assert (got.student_answer, got.verdict, got.score) == ("腿部动脉|氧气|", "partial", 3.0)


def test_exponents_read_on_the_line_are_restored_where_the_notation_says_so() -> None:
    got = only(
        analyze(
            submission(key("1", "1.2×10⁹")),
            reading(spots=[spot("1.2×109", kind="rule")]),
            paper(question("fill_blank", spots=[0])),
        ).answers
    )
    assert (got.student_answer, got.verdict) == ("1.2×10⁹", "correct")


def test_a_worked_solution_is_kept_whole_and_judged_by_its_conclusion() -> None:
    lines = [
        line("解：设总重x", (100, 100, 300, 130)),
        line("x=190+11.2", (100, 140, 300, 170)),
        line("答：201.2千克。", (100, 180, 300, 210)),
    ]
    item = key("1", "201.2千克", 8, type="calculation")
    got = only(analyze(submission(item), reading(lines), paper(question("calculation", lines=[0, 1, 2]))).answers)
    assert got.student_answer == "解：设总重x\nx=190+11.2\n答：201.2千克。"
    assert (got.verdict, got.score) == ("correct", 8.0)


def test_a_wrong_conclusion_goes_to_a_teacher_for_the_way_may_earn_points() -> None:
    item = key("1", "10", 12, type="calculation")
    got = only(analyze(submission(item), reading([line("解：9")]), paper(question("calculation", lines=[0]))).answers)
    assert (got.verdict, got.score, got.needs_review) == ("wrong", 0.0, True)


def test_a_teachers_marks_win_on_worked_answers() -> None:
    item = key("1", "10", 12, type="calculation")
    r = reading([line("解：9")], marks=[mark("half_tick"), mark("score", "-6")])
    got = only(analyze(submission(item), r, paper(question("calculation", lines=[0], marks=[0, 1]))).answers)
    assert (got.verdict, got.score, got.graded_by, got.needs_review) == ("partial", 6.0, "marks", True)


def test_marks_grade_a_paper_without_a_key() -> None:
    r = reading(spots=[spot("B", {"B": 0.97})], marks=[mark("tick")])
    got = only(analyze(submission(), r, paper(question("single_choice", spots=[0], marks=[0], max_score=3))).answers)
    assert (got.verdict, got.score, got.graded_by) == ("correct", 3.0, "marks")


def test_a_mark_against_the_key_keeps_the_keys_verdict_and_asks_for_review() -> None:
    r = reading(spots=[spot("B", {"B": 0.99})], marks=[mark("cross")])
    got = only(analyze(submission(key("1", "B")), r, paper(question("single_choice", spots=[0], marks=[0]))).answers)
    assert (got.verdict, got.graded_by, got.needs_review) == ("correct", "key", True)


def test_without_key_and_marks_nothing_is_graded_and_nothing_is_zero() -> None:
    got = analyze(
        submission(), reading(spots=[spot("B", {"B": 0.97})]), paper(question("single_choice", spots=[0], max_score=3))
    )
    assert (only(got.answers).verdict, only(got.answers).score, got.earned, got.graded) == ("ungraded", None, None, 0)


def test_essays_are_never_graded_by_a_key() -> None:
    r = reading([line("我的家乡")])
    got = only(
        analyze(submission(key("1", "我的家乡", 40, type="essay")), r, paper(question("essay", lines=[0]))).answers
    )
    assert (got.student_answer, got.verdict, got.score) == ("我的家乡", "ungraded", None)


def composite_paper() -> tuple[list[str], object]:
    texts = ["解：(1)由题意得", "6.7×5=33.5", "(2)计算体积", "(1)所以33g", "(2)41.0%"]
    parts = [question("composite", "17", lines=range(5))]
    parts += [question("fill_blank", f"17({i})", path=("17", f"({i})")) for i in (1, 2)]
    return texts, paper(*parts)


def test_sub_answers_are_the_last_passage_under_each_number() -> None:
    texts, questions = composite_paper()
    lines = [line(t, (100, 100 + 40 * i, 400, 130 + 40 * i)) for i, t in enumerate(texts)]
    got = analyze(submission(key("17", ("31.0g", "41%"), 10)), reading(lines), questions)  # type: ignore[arg-type]
    parent, one, two = got.answers
    assert (one.student_answer, two.student_answer) == ("33g", "41.0%")
    assert (one.verdict, two.verdict, one.max_score) == ("wrong", "correct", 5.0)
    assert (parent.student_answer, parent.verdict, parent.score, parent.max_score) == (None, "partial", 5.0, 10.0)
    assert (got.earned, got.max, got.graded) == (5.0, 10.0, 2)


def test_an_ungraded_part_leaves_the_parent_without_points() -> None:
    texts, questions = composite_paper()
    lines = [line(t, (100, 100 + 40 * i, 400, 130 + 40 * i)) for i, t in enumerate(texts)]
    got = analyze(submission(key("17(1)", "33g", 5), key("17", None, 10)), reading(lines), questions)  # type: ignore[arg-type]
    parent, one, two = got.answers
    assert (parent.verdict, parent.score) == ("ungraded", None)
    assert (one.verdict, two.verdict) == ("correct", "ungraded")
    assert (got.earned, got.max) == (5.0, 10.0)


def test_the_same_number_in_two_sections_gets_the_key_of_its_section_or_of_its_turn() -> None:
    r = reading(spots=[spot("A", {"A": 0.99}), spot("B", {"B": 0.99}, at=(100, 200, 200, 230))])
    items = [key("1", "A", path=("一", "1")), key("1", "B", path=("二", "1"))]
    for paths in ((("一", "1"), ("二", "1")), (("1",), ("二", "1")), (("甲", "1"), ("乙", "1"))):
        questions = paper(*(question("single_choice", "1", spots=[i], path=p) for i, p in enumerate(paths)))
        assert [a.verdict for a in analyze(submission(*items), r, questions).answers] == ["correct", "correct"]


def test_the_total_at_the_head_of_the_page_is_read() -> None:
    head = mark("score", "86").model_copy(update={"box": (700.0, 20.0, 780.0, 60.0)})
    questions = paper(question("single_choice").model_copy(update={"regions": ()}))
    assert analyze(submission(), reading(marks=[head]), questions).marked_total == 86


def test_a_teachers_red_writing_is_not_the_students_answer() -> None:
    r = reading([line("8"), line("-2", (100, 200, 200, 230), ink="red")])
    got = only(analyze(submission(), r, paper(question("fill_blank", lines=[0, 1]))).answers)
    assert got.student_answer == "8"


_TEXT = st.text(max_size=12)


@settings(deadline=None)
@given(
    texts=st.lists(_TEXT, max_size=4), spots=st.lists(st.tuples(_TEXT, st.dictionaries(st.sampled_from("ABCD√×TF1"), st.floats(0, 0.2))), max_size=4),
    kind=st.sampled_from(["single_choice", "multiple_choice", "true_false", "fill_blank", "short_answer", "calculation", "essay", "composite"]),
    answer=st.one_of(st.none(), _TEXT, st.lists(_TEXT, max_size=3).map(tuple)), maximum=st.one_of(st.none(), st.floats(0, 100)),
)  # fmt: skip
def test_any_reading_gets_an_analysis_whose_scores_are_possible(texts, spots, kind, answer, maximum) -> None:
    r = reading([line(t) for t in texts], [spot(t, c) for t, c in spots])
    questions = paper(question(kind, lines=range(len(texts)), spots=range(len(spots))))
    got = only(analyze(submission(KeyItem(number="1", answer=answer, max_score=maximum)), r, questions).answers)
    assert 0 <= got.answer_confidence <= 1
    assert got.score is None or (maximum is not None and 0 <= got.score <= maximum + 0.25)
    assert (got.verdict == "ungraded") <= (got.score is None)


@pytest.mark.parametrize(("letter", "review"), [("A", False), ("a", True)])
def test_a_small_letter_is_no_clear_view_of_a_choice(letter: str, review: bool) -> None:
    place = spot(letter, {"A": 0.73, "0": 0.22, "D": 0.03}).model_copy(update={"confidence": 0.4})
    seen = line(letter, (110, 100, 190, 130)).model_copy(update={"confidence": 0.5, "confidences": (0.5,)})
    asked = question("single_choice", spots=[0], options="ABCD")
    got = only(analyze(submission(key("1", "C")), reading([seen], [place]), paper(asked)).answers)
    assert (got.student_answer, got.verdict, got.needs_review) == ("A", "wrong", review)


def test_boxes_of_print_are_not_an_answer_card() -> None:
    noise = bubbles([0.1, 0.46, 0.3, 0.24], 0) + bubbles([0.6, 0.35, 0.5, 0.0], 1, 140)
    r = reading(spots=[spot("D", {"D": 0.98})], cards=noise)
    got = only(analyze(submission(), r, paper(question("single_choice", spots=[0], groups=[0]))).answers)
    assert got.student_answer == "D"


def test_the_line_through_a_place_completes_what_its_edges_cut() -> None:
    strip = [line("61was limited", (60, 100, 320, 130), script="printed", ink="black")]
    r = reading(strip, [spot("was līm", at=(95, 98, 240, 132), kind="rule")])
    got = only(analyze(submission(), r, paper(question("fill_blank", "61", spots=[0]))).answers)
    assert got.student_answer == "was limited"


def test_what_stands_beside_a_struck_attempt_is_the_answer_though_the_line_holds_both() -> None:
    written = [line("修 ①③④", (100, 100, 300, 130), ink="black")]
    beside = spot("①③④", at=(95, 98, 320, 132), kind="rule").model_copy(update={"confidence": 0.6, "struck": True})
    got = only(analyze(submission(), reading(written, [beside]), paper(question("fill_blank", spots=[0]))).answers)
    assert got.student_answer == "①③④"


def test_a_printed_character_at_the_edge_of_a_place_is_not_the_answer() -> None:
    stem = [line("这个数记作是", (100, 100, 280, 130), script="printed", ink="black")]
    r = reading(stem, [spot("是-4", at=(270, 98, 400, 132), kind="rule")])
    got = only(analyze(submission(key("1", "-4")), r, paper(question("fill_blank", spots=[0]))).answers)
    assert (got.student_answer, got.verdict) == ("-4", "correct")


def test_a_rule_under_running_print_is_no_blank() -> None:
    stem = [line("下列加点字的读音有误的一项是哪一个", (100, 100, 610, 130), script="printed", ink="black")]
    r = reading(
        stem, [spot("的读", at=(250, 98, 300, 132), kind="rule"), spot("项", at=(100, 198, 300, 232), kind="rule")]
    )
    got = only(analyze(submission(), r, paper(question("fill_blank", spots=[0, 1]))).answers)
    assert got.student_answer == "项"


def test_choices_that_look_blank_are_unread_when_a_teacher_ticked_one() -> None:
    r = reading(spots=[spot(), spot(at=(100, 200, 200, 230))], marks=[mark("tick"), mark("cross")])
    questions = paper(
        question("single_choice", "1", spots=[0], marks=[0], max_score=3),
        question("single_choice", "2", spots=[1], marks=[1], max_score=3),
    )
    got = analyze(submission(), r, questions).answers
    assert [(a.student_answer, a.verdict, a.score) for a in got] == [(None, "correct", 3.0), (None, "wrong", 0.0)]


@pytest.mark.parametrize(("sure", "review"), [(0.9, False), (0.6, True)])
@pytest.mark.parametrize(
    ("kind", "right", "told"),
    [("single_choice", "C", "C"), ("multiple_choice", "BC", "BC"), ("true_false", "√", "√")],
)
def test_a_ticked_choice_that_was_not_read_is_the_keys_and_a_faint_tick_goes_to_review(
    kind: str, right: str, told: str, sure: float, review: bool
) -> None:
    tick = mark("tick").model_copy(update={"confidence": sure})
    r = reading(spots=[spot("¥#")], marks=[tick])
    got = only(analyze(submission(key("1", right)), r, paper(question(kind, spots=[0], marks=[0]))).answers)
    assert (got.student_answer, got.verdict, got.graded_by, got.needs_review) == (told, "correct", "marks", review)


@pytest.mark.parametrize(
    ("sure", "tick_sure", "kind", "read"),
    [(0.7, 0.9, "tick", "C"), (0.7, 0.6, "tick", "A"), (0.999, 0.9, "tick", "A"), (0.7, 0.9, "cross", "A")],
)
def test_a_doubtful_letter_under_a_clear_tick_is_the_keys_and_a_teacher_looks(
    sure: float, tick_sure: float, kind: str, read: str
) -> None:
    tick = mark(kind).model_copy(update={"confidence": tick_sure})
    shares = {"A": sure} if sure > 0.9 else {"A": 0.45, "B": 0.4}
    place = spot("A", shares).model_copy(update={"confidence": sure, "struck": sure < 0.9})
    asked = question("single_choice", spots=[0], marks=[0])
    got = only(analyze(submission(key("1", "C")), reading(spots=[place], marks=[tick]), paper(asked)).answers)
    verdict, by = ("correct", "marks") if read == "C" else ("wrong", "key")
    assert (got.student_answer, got.verdict, got.graded_by, got.needs_review) == (read, verdict, by, True)
    assert got.score == (0.0 if verdict == "wrong" else got.max_score)


def test_a_number_beside_a_cross_is_a_loss_even_without_its_minus() -> None:
    r = reading([line("解：9")], marks=[mark("half_tick"), mark("score", "4")])
    item = key("1", "10", 12, type="calculation")
    got = only(analyze(submission(item), r, paper(question("calculation", lines=[0], marks=[0, 1]))).answers)
    assert (got.verdict, got.score) == ("partial", 8.0)


def test_a_wording_with_a_foreign_number_is_wrong_and_a_paraphrase_gets_no_verdict() -> None:
    wanted = "维修小组在相对于B地的东方，距离B地21公里处"
    cases = {
        "维修小组在相对于B地的东方，距离B地21公里处": "correct",
        "维修小组在相对于B地的东方，距离B地31公里处": "wrong",
        "小组最后停在B地以东二十一公里的地方": "ungraded",
    }
    for given_text, verdict in cases.items():
        item = key("1", wanted, 6, type="short_answer")
        got = only(
            analyze(submission(item), reading([line(given_text)]), paper(question("short_answer", lines=[0]))).answers
        )
        assert got.verdict == verdict
        assert got.needs_review == (verdict != "correct")  # the key's very words leave nothing to judge


def test_an_x_that_multiplies_nothing_is_a_variable() -> None:
    got = only(
        analyze(
            submission(key("1", "y=2x-2")), reading([line("y=2×-2")]), paper(question("fill_blank", lines=[0]))
        ).answers
    )
    assert (got.student_answer, got.verdict) == ("y=2x-2", "correct")


def test_an_analysis_of_a_long_paper_takes_well_under_a_second() -> None:
    spots = [spot("B", {"B": 0.97}, at=(100, 20 * i, 200, 20 * i + 15)) for i in range(200)]
    questions = paper(*(question("single_choice", str(i), spots=[i]) for i in range(200)))
    items = [key(str(i), "B") for i in range(200)]
    started = time.process_time()
    got = analyze(submission(*items), reading(spots=spots), questions)
    assert time.process_time() - started < 1
    assert got.earned == 800


def test_a_strip_with_unread_numbers_is_dealt_out_by_its_grid() -> None:
    words = ["known", "which", "found", "later", "the", "first"]
    places = [
        spot(w, at=(100 + 200 * (i % 3), 100 + 100 * (i // 3), 220 + 200 * (i % 3), 150 + 100 * (i // 3)), kind="rule")
        for i, w in enumerate(words)
    ]
    owned = {"61": [0, 1, 2, 3], "62": [], "63": [], "64": [], "65": [4], "66": [5]}
    questions = paper(*(question("fill_blank", n, spots=s) for n, s in owned.items()))
    got = analyze(submission(), reading(spots=places), questions).answers
    assert [a.student_answer for a in got] == words


def test_an_essay_is_all_the_writing_below_its_heading_whatever_it_was_taken_for() -> None:
    texts = [
        ("五、作文（40分）", "printed"),
        ("我的家乡有一条", "printed"),
        ("弯弯的小河", "handwritten"),
        ("第1页共1页", "printed"),
    ]
    lines = [line(t, (100, 100 + 40 * i, 400, 130 + 40 * i), script=s, ink="black") for i, (t, s) in enumerate(texts)]
    got = only(analyze(submission(), reading(lines), paper(question("essay", lines=[2]))).answers)
    assert (got.student_answer, got.verdict) == ("我的家乡有一条\n弯弯的小河", "ungraded")


def test_a_free_reading_that_the_key_confirms_needs_no_review_and_an_inferred_one_does() -> None:
    free = Found("12", "fill_spot", 0.9, ())
    right, letter = grade("12", "12", "fill_blank"), grade("B", "B", "single_choice")
    assert confirmed(free, right)
    assert not confirmed(free, grade("12", "13", "fill_blank"))
    assert not confirmed(replace(free, keyed=True), right)
    assert not confirmed(Found("B", "ticked", 0.9, keyed=True), letter)


def test_a_key_confirms_a_doubtful_letter_in_its_place_that_it_did_not_choose_but_no_doubtful_blank() -> None:
    letter, blank = grade("B", "B", "single_choice"), grade("12", "12", "fill_blank")
    assert confirmed(Found("B", "letter_0", 1.0, doubt=True), letter)
    assert not confirmed(Found("B", "letter_0", 1.0, doubt=True, keyed=True), letter)
    assert not confirmed(Found("B", "letter_0", 0.4, doubt=True), letter)
    assert not confirmed(Found("B", "stem", 1.0, doubt=True), letter)
    assert not confirmed(Found("12", "fill_spot", 1.0, doubt=True), blank)


def test_a_key_confirms_no_number_with_a_lost_or_doubled_digit() -> None:
    for read, wanted, sure in (
        ("00", "0", False),
        ("km，向东", "1km，向东", False),
        ("1/2", "0.5", True),
        ("3.0", "3", True),
    ):
        found, right = Found(read, "fill_agreed", 0.9), Grade("correct", 1.0, sure=True)
        assert confirmed(found, right, key("1", wanted)) is sure


def test_blue_writing_outside_a_questions_only_place_is_for_a_teacher_to_look_at() -> None:
    place = spot("生命", at=(100, 100, 200, 130), kind="rule").model_copy(update={"confidence": 1.0})
    for ink, review in (("blue", True), ("black", False)):
        own = line("生命", (102, 100, 190, 130)).model_copy(update={"confidence": 1.0})
        r = reading([own, line("实验", (400, 100, 480, 130), ink=ink)], [place])
        asked = question("fill_blank", lines=[0, 1], spots=[0]).model_copy(update={"blanks": 1})
        got = only(analyze(submission(), r, paper(asked)).answers)
        assert (got.student_answer, got.needs_review) == ("生命", review)


def test_an_empty_place_is_surely_blank_beside_answered_ones_unless_the_stem_has_another_gap() -> None:
    places = [spot(t, at=(500, y, 600, y + 30), kind="rule") for t, y in (("夏", 100), ("秦", 200), ("", 300))]
    stem = line("最后一个封建王朝是", (100, 300, 370, 330), script="printed", ink="black")
    for shift, sure in ((0, True), (120, False)):
        xs = (*stem.xs[:4], *(x + shift for x in stem.xs[4:]))
        r = reading([stem.model_copy(update={"xs": xs})], places)
        asked = [question("fill_blank", str(i + 1), spots=[i]) for i in range(3)]
        below = Region(page=1, box=(0, 290, 1000, 1400))
        asked[2] = asked[2].model_copy(update={"regions": (below,)})
        got = analyze(submission(), r, paper(*asked)).answers[2]
        assert (got.student_answer, got.answer_confidence > REVIEW_BELOW) == ("", sure)


def test_writing_on_a_rule_that_was_taken_for_print_is_read_from_its_line_and_looked_at() -> None:
    inked = spot(at=(180, 100, 330, 130), kind="rule").model_copy(update={"ink": 0.3})
    r = reading([line("7cm=0.07", (100, 100, 260, 130), script="printed", ink="black")], [inked])
    got = only(analyze(submission(), r, paper(question("fill_blank", spots=[0]))).answers)
    assert (got.student_answer, got.needs_review) == ("0.07", True)


def test_of_several_letters_of_a_single_choice_the_last_is_meant_and_a_teacher_looks() -> None:
    r = reading(lines=[line("DC")])
    for wanted in "CD":
        got = only(analyze(submission(key("1", wanted)), r, paper(question("single_choice", lines=[0]))).answers)
        assert (got.student_answer, got.needs_review) == ("C", True)


def test_a_clear_answer_without_a_key_asks_nobody_to_grade_it() -> None:
    r = reading(lines=[line("B")], spots=[spot("B", {"B": 0.99})])
    got = only(analyze(submission(), r, paper(question("single_choice", lines=[0], spots=[0]))).answers)
    assert (got.student_answer, got.verdict, got.score, got.needs_review) == ("B", "ungraded", None, False)


def test_on_a_marked_paper_a_question_without_mark_or_key_asks_for_review() -> None:
    below = (100, 200, 200, 230)
    spots = [spot("B", {"B": 0.99}), spot("C", {"C": 0.99}, below)]
    r = reading(lines=[line("B"), line("C", below)], spots=spots, marks=[mark("tick")])
    questions = paper(
        question("single_choice", "1", lines=[0], spots=[0], marks=[0]),
        question("single_choice", "2", lines=[1], spots=[1]),
    )
    assert [a.needs_review for a in analyze(submission(), r, questions).answers] == [False, True]


def test_chinese_that_brackets_cut_has_no_spaces_and_other_writing_keeps_them() -> None:
    texts = ("战争目的是", "争夺", "土地；", "x = 3", "元")
    lines = [line(t, (100 + 100 * i, 100, 190 + 100 * i, 130)) for i, t in enumerate(texts)]
    asked = question("short_answer", lines=range(len(texts)))
    got = only(analyze(submission(), reading(lines), paper(asked)).answers)
    assert got.student_answer == "战争目的是争夺土地； x = 3 元"
