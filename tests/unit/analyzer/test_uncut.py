"""Answers that reading took for print, or read in two ways."""

import pytest
from analyzer_build import key, line, mark, paper, question, reading, spot, submission

from contracts.artefacts.analysis import Answer
from contracts.artefacts.paper import Question
from contracts.artefacts.reading import Line, Reading, Spot
from services.analyzer.core import analyze
from services.analyzer.core.evidence import Found
from services.analyzer.core.keyed import as_keyed, is_keyed, likelier, ranked
from services.analyzer.core.worked import conclusion

STEM = ["3.（10分）顺风骑车时感觉不到风的存在，而在无风条件下", "骑摩托车却常常感到有强风，为什么会这样？"]


def rows(texts: list[str], em: float, y: float) -> list[Line]:
    """Printed-looking lines whose characters are `em` wide."""
    step, height = 1.5 * em, em
    return [
        line(t, (100, y + i * step, 100 + em * len(t), y + i * step + height), script="printed", ink="black")
        for i, t in enumerate(texts)
    ]


def answers(r: Reading, *questions: Question, wanted: str | None = None) -> tuple[Answer, ...]:
    items = () if wanted is None else (key("1", wanted),)
    return analyze(submission(*items), r, paper(*questions)).answers


def unsure(text: str, confidence: float) -> Spot:
    return spot(text, kind="rule").model_copy(update={"confidence": confidence})


def test_an_answer_in_black_is_told_from_its_stem_by_wider_characters() -> None:
    r = reading(lines=[*rows(STEM, 20, 100), *rows(["骑车时风速与车速相同", "所以感觉不到风"], 30, 200)])
    assert answers(r, question("short_answer"))[0].student_answer == "骑车时风速与车速相同\n所以感觉不到风"


def test_a_stem_alone_is_no_answer_however_its_lines_vary_a_little() -> None:
    r = reading(lines=[*rows(STEM, 20, 100), *rows(["请用所学的知识解释"], 22, 200)])
    assert not answers(r, question("short_answer"))[0].student_answer


def test_numbers_of_parts_that_start_over_begin_the_answers() -> None:
    printed = ["18. 一只铁球的质量为78g", "(1) 铁球是空心的吗", "(2) 空心部分的体积是多少", "(2) 15cm"]
    r = reading(lines=rows(printed, 20, 100))
    parts = [question("short_answer", f"1({n})", path=("1", f"({n})")) for n in (1, 2)]
    got = answers(r, question("composite"), *parts)
    assert [a.student_answer for a in got[1:]] == ["", "15cm"]


def test_two_parts_answered_on_one_row_are_two_answers() -> None:
    r = reading(lines=[line("(1)3kg(2)5kg")])
    parts = [question("short_answer", f"1({n})", path=("1", f"({n})")) for n in (1, 2)]
    got = answers(r, question("composite", lines=[0]), *parts)
    assert [a.student_answer for a in got[1:]] == ["3kg", "5kg"]


def test_brackets_in_the_writing_that_cut_a_row_do_not_hide_its_number() -> None:
    cut = [line("(1)", (100, 100, 140, 130)), line("( b-3)kg", (140, 100, 260, 130))]
    cut += [line("(2", (100, 150, 130, 180)), line(")(", (130, 150, 150, 180)), line("5b+2)kg", (150, 150, 260, 180))]
    parts = [question("short_answer", f"1({n})", path=("1", f"({n})")) for n in (1, 2)]
    got = answers(reading(lines=cut), question("composite", lines=range(5)), *parts)
    assert [a.student_answer for a in got[1:]] == ["( b-3)kg", "( 5b+2)kg"]


def test_print_beside_an_empty_blank_is_not_taken_for_its_answer_where_every_blank_has_its_rule() -> None:
    places = [
        spot("扁形", kind="rule"),
        spot(kind="rule", at=(400, 100, 500, 130)),
        spot("爬行", kind="rule", at=(600, 100, 700, 130)),
    ]
    stray = line("动物，大", (220, 100, 390, 130), ink="black")
    got = analyze(
        submission(key("1", ("扁形", "两栖", "爬行"))),
        reading(lines=[stray], spots=places),
        paper(question("fill_blank", lines=[0], spots=[0, 1, 2])),
    ).answers[0]
    assert got.student_answer == "扁形||爬行"


def test_writing_before_a_rule_that_it_hides_is_the_blanks_content() -> None:
    text = "平均值为0.98"
    xs = (20, 40, 60, 80, 110, 130, 150, 170)
    printed = line(text, (10, 100, 185, 130), script="printed", ink="black").model_copy(update={"xs": xs})
    r = reading(lines=[printed], spots=[spot(kind="rule", at=(188, 100, 300, 130))])
    got = answers(r, question("fill_blank", spots=[0]), wanted="0.98")[0]
    assert (got.student_answer, got.verdict) == ("0.98", "correct")


def test_a_printed_number_before_an_empty_blank_for_its_unit_stays_print() -> None:
    xs = (20, 40, 60, 80, 95, 105, 115)
    printed = line("身高约为162", (10, 100, 125, 130), script="printed", ink="black").model_copy(update={"xs": xs})
    r = reading(lines=[printed], spots=[spot(kind="rule", at=(128, 100, 300, 130))])
    assert answers(r, question("fill_blank", spots=[0]), wanted="cm")[0].student_answer == ""


def test_the_key_chooses_among_what_was_read_and_never_adds_to_it() -> None:
    found = Found("文文明开化", "fill_spot:han", 0.9, views=(("文文明开化", "文明开化"),))
    assert ranked(found, key("1", "文明开化")) == Found(
        "文明开化", "fill_spot:han", 0.9, doubt=True, views=found.views, keyed=True
    )
    assert ranked(found, key("1", "殖产兴业")) == found


def test_signs_that_look_alike_are_the_keys_and_digits_never_stand_for_other_digits() -> None:
    assert as_keyed(["AL203"], "Al2O3") == "Al2O3"
    assert as_keyed(["2349"], "234g") == "234g"
    assert as_keyed(["213"], "2/3") == "2/3"
    assert as_keyed(["申磁波", "电兹波"], "电磁波") == "电磁波"
    assert as_keyed(["17"], "11") is None
    assert as_keyed(["4"], "-4") is None
    assert as_keyed(["眼晴"], "眼睛") is None


def test_a_view_of_another_length_tells_the_signs_that_it_has_between_the_keys_but_no_digits() -> None:
    assert as_keyed(["佳裕禄", "焦裕不录"], "焦裕禄") == "焦裕禄"
    assert as_keyed(["160℃", "160E"], "160°E") == "160°E"
    assert as_keyed(["焦裕不录"], "焦裕禄") is None
    assert as_keyed(["104", "1124"], "124") is None


def test_a_doubtful_sign_is_the_keys_where_the_recogniser_gave_it_a_chance_and_a_teacher_looks() -> None:
    place = spot("少子", kind="rule").model_copy(update={"seconds": ("分子", "公子")})
    asked = question("fill_blank", spots=[0])
    got = answers(reading(spots=[place]), asked, wanted="分子")[0]
    assert (got.student_answer, got.verdict, got.needs_review) == ("分子", "correct", True)
    assert answers(reading(spots=[place]), asked, wanted="原子")[0].student_answer == "少子"


@pytest.mark.parametrize(
    ("own", "inline", "answer"),
    [("s-42米", "42米", "-42米"), ("0.2", "2", "0.2"), ("14", "4", "4")],
)
def test_a_minus_or_a_decimal_point_that_only_the_place_saw_stays(own: str, inline: str, answer: str) -> None:
    through = line(inline, (110, 100, 180, 130))
    r = reading(lines=[through], spots=[unsure(own, 0.8)])
    assert answers(r, question("fill_blank", spots=[0]))[0].student_answer == answer


def test_a_written_minus_too_thin_for_its_colour_to_be_told_belongs_to_the_blue_number_after_it() -> None:
    sign, number = line("-", (100, 100, 112, 130), ink="black"), line("1/2", (112, 100, 150, 130), ink="blue")
    r = reading(lines=[sign, number], spots=[unsure("4/2", 0.3)])
    assert answers(r, question("fill_blank", spots=[0]))[0].student_answer == "-1/2"


def test_a_blank_whose_place_is_empty_is_sure_where_the_others_are_written_in_theirs() -> None:
    places = [spot(t, kind="rule", at=(100, 100 + 60 * i, 200, 130 + 60 * i)) for i, t in enumerate(("12", "7", ""))]
    asked = [question("fill_blank", str(i + 1), spots=[i]) for i in range(3)]
    got = analyze(submission(key("3", "5")), reading(spots=places), paper(*asked)).answers[2]
    assert (got.student_answer, got.verdict, got.needs_review) == ("", "blank", False)
    dirty = places[2].model_copy(update={"ink": 0.03})
    got = analyze(submission(key("3", "5")), reading(spots=[*places[:2], dirty]), paper(*asked)).answers[2]
    assert got.needs_review
    alone = analyze(
        submission(key("1", "5")), reading(spots=[spot(kind="rule")]), paper(question("fill_blank", spots=[0]))
    )
    assert alone.answers[0].needs_review


def test_the_key_confirms_blanks_beside_empty_ones_and_no_others() -> None:
    item = key("1", ("夏侯成", "方腊"))
    assert is_keyed(Found("夏侯成|", "fill_agreed:han", 0.9), item)
    assert not is_keyed(Found("夏侯成|宋江", "fill_agreed:han", 0.9), item)
    assert not is_keyed(Found("|", "fill_agreed:han", 0.9), item)


def test_an_options_own_letter_that_was_taken_for_writing_is_no_answer() -> None:
    r = reading(lines=[line("A.", ink="black")], spots=[])
    stem = question("single_choice", lines=[0], text="a1 + a10 = ( ) 7 B. 5 C. -5 D. -7")
    assert analyze(submission(key("1", "D")), r, paper(stem)).answers[0].student_answer != "A"
    bare = question("single_choice", lines=[0], text="a1 + a10 = ( )")
    assert analyze(submission(key("1", "D")), r, paper(bare)).answers[0].student_answer == "A"


def test_a_ring_that_hides_its_letter_is_around_the_one_option_that_was_not_read_and_only_the_key_confirms_it() -> None:
    ring = spot(kind="option").model_copy(update={"ink": 0.1})
    told = question("single_choice", spots=[0], options="ABC")
    for wanted, review in (("D", False), ("A", True)):
        got = analyze(submission(key("1", wanted)), reading(spots=[ring]), paper(told)).answers[0]
        assert (got.student_answer, got.needs_review) == ("D", review)
    between = question("single_choice", spots=[0], options="ABD")
    assert analyze(submission(), reading(spots=[ring]), paper(between)).answers[0].student_answer == "C"
    for options in ("AB", "ABCD"):
        asked = question("single_choice", spots=[0], options=options)
        assert analyze(submission(), reading(spots=[ring]), paper(asked)).answers[0].student_answer is None
    written = [ring, spot("B", {"B": 0.97})]
    told = question("single_choice", spots=[0, 1], options="ABC")
    assert analyze(submission(), reading(spots=written), paper(told)).answers[0].student_answer == "B"


def test_no_circled_number_is_listed_twice() -> None:
    r = reading(spots=[spot("②②⑤⑦", kind="rule")])
    assert answers(r, question("fill_blank", spots=[0]))[0].student_answer == "②⑤⑦"


def test_a_doubled_digit_or_letter_is_no_strike_out() -> None:
    for text, wanted in (("11", "1"), ("mm", "m")):
        r = reading(spots=[spot(text, kind="rule")])
        got = answers(r, question("fill_blank", spots=[0]), wanted=wanted)[0]
        assert (got.student_answer, got.verdict) == (text, "wrong")


def test_a_doubtful_letter_that_may_be_the_keys_is_taken_for_it_and_reviewed_a_clear_one_is_not() -> None:
    doubtful = Found("A", "letter_1", 0.5, views=(("A", "C"),))
    assert likelier(doubtful, key("1", "C")) == Found(
        "C", "letter_1", 0.5, doubt=True, views=doubtful.views, keyed=True
    )
    assert likelier(doubtful, key("1", "D")) == doubtful
    clear = Found("A", "letter_2", 0.9, views=(("A", "C"),))
    assert likelier(clear, key("1", "C")) == clear


def test_a_letter_that_a_teacher_crossed_is_not_taken_for_the_keys() -> None:
    places = [spot("A", {"A": 0.3, "C": 0.25})]
    r = reading(spots=places, marks=[mark("cross")])
    got = analyze(submission(key("1", "C")), r, paper(question("single_choice", spots=[0], marks=[0]))).answers[0]
    assert got.student_answer == "A"


def test_the_variable_after_a_hurried_so_is_part_of_the_conclusion() -> None:
    assert conclusion("3x=45\n所v<x =15") == "x =15"
    assert conclusion("-5+33=28\n所rB地在A地东方28千米处") == "B地在A地东方28千米处"
