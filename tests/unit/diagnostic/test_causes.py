"""Causes are named only when the answers show them, in the answers' own words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.diagnostic.core import diagnose
from services.diagnostic.core.causes import cause_of, causes_of
from services.diagnostic.core.evidence import items_of
from tests.unit.diagnostic.test_diagnose import SUBMISSION, diagnosis_of, exam


def wrong(number, answer, key, point=None, kind="fill_blank", verdict="wrong"):
    return number, verdict, point, {"type": kind, "student_answer": answer, "correct_answer": key}


@pytest.mark.parametrize(
    ("answer", "key", "kind"),
    [
        ("-3", "3", "careless"),
        ("48", "84", "careless"),
        ("1284", "1234", "careless"),
        ("1.2", "2.1", "careless"),
        ("-102", "-1010", None),
        ("120", "21", None),
        ("-1284", "1234", None),
        ("2/3", "3/2", "concept"),
        ("2/4", "1/2", "incomplete"),
        ("5厘米", "5米", "misread"),
        ("3|", "3|4", "incomplete"),
        ("4|3", "3|4", "misread"),
        ("17", "23", None),
        ("1/0", "0/1", None),
        ("3x", "3y", None),
        ("9π", "9cm", None),
        ("3g", "3kg", "misread"),
    ],
)
def test_what_a_single_answer_betrays(answer, key, kind):
    found = cause_of(items_of(*exam(wrong("1", answer, key)))[0])
    assert (found.kind if found else None) == kind


def test_a_worked_answer_with_the_right_result_lacks_steps_and_another_went_wrong_on_the_way():
    rows = [
        wrong("1", "x=2+3=5", "5", kind="calculation", verdict="partial"),
        wrong("2", "x=2+3=6", "5", kind="calculation", verdict="partial"),
    ]
    assert [cause_of(item).kind for item in items_of(*exam(*rows))] == ["incomplete", "method"]


@pytest.mark.parametrize(
    ("written", "kind"),
    [("x=15", "method"), ("x=-5", "method"), ("x=5.2", "method"), ("2+3=5", "incomplete"), ("得x=5。", "incomplete")],
)
def test_a_result_is_found_only_where_it_stands_by_itself(written, kind):
    (item,) = items_of(*exam(wrong("1", written, "5", kind="calculation", verdict="partial")))
    assert cause_of(item).kind == kind


def test_one_wrong_among_many_right_is_a_slip_and_wrong_again_and_again_is_a_gap():
    right = [(str(n), "correct", "数轴") for n in range(1, 5)]
    slip = diagnosis_of(*right, wrong("5", "甲", "乙", "数轴")).causes
    gap = diagnosis_of(*(wrong(str(n), "甲", "乙", "同类项") for n in range(1, 5))).causes
    assert [(c.number, c.kind, c.others) for c in slip] == [("5", "careless", ("1", "2", "3", "4"))]
    assert {c.kind for c in gap} == {"concept"}


@pytest.mark.parametrize("verdict", ["partial", "blank"])
def test_a_wrong_answer_is_no_slip_when_another_on_its_point_lost_points_too(verdict):
    right = [(str(n), "correct", "数轴") for n in range(1, 5)]
    lost = wrong("5", "甲|丙", "甲|乙", "数轴", verdict=verdict)
    assert "6" not in {cause.number for cause in diagnosis_of(*right, lost, wrong("6", "甲", "乙", "数轴")).causes}


@pytest.mark.parametrize(
    ("fields", "told"),
    [({"answer_confidence": 0.04}, False), ({"answer_confidence": 0.04, "reviewed_by": "teacher"}, True), ({}, True)],
)
def test_a_reading_that_nobody_trusts_has_no_cause_by_itself_or_beside_others(fields, told):
    right = [(str(n), "correct", "数轴") for n in range(1, 5)]
    alone, beside = wrong("5", "-3", "3"), wrong("6", "甲", "乙", "数轴")
    alone[3].update(fields)
    beside[3].update(fields)
    causes = diagnosis_of(*right, alone, beside).causes
    assert [cause.number for cause in causes] == (["5", "6"] if told else [])


def test_two_sections_that_number_alike_keep_their_causes_apart():
    first = ("1", "wrong", "数轴", {"path": ("一", "1"), "student_answer": "-3", "correct_answer": "3"})
    second = ("1", "wrong", "数轴", {"path": ("二", "1"), "student_answer": "2/3", "correct_answer": "3/2"})
    text = diagnosis_of(first, second).suggestions[0].text
    assert "第一·1题作答“-3”，应为“3”（符号出错）" in text
    assert "第二·1题作答“2/3”，应为“3/2”（分子分母颠倒）" in text


texts = st.text(alphabet="0123456789./-+±|ABCD米 甲乙\\$x=", max_size=30)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(texts, texts, st.sampled_from(["wrong", "partial", "blank", "correct"])), max_size=6))
def test_every_quote_of_a_cause_stands_in_the_answer_or_in_the_key(rows):
    made = [wrong(str(n), answer, key, "数轴", verdict=verdict) for n, (answer, key, verdict) in enumerate(rows)]
    by_number = {row[0]: row[3] for row in made}
    for cause in causes_of(items_of(*exam(*made))):
        said = by_number[cause.number]
        assert cause.quotes or cause.kind == "blank"
        assert all(quote in said["student_answer"] or quote in said["correct_answer"] for quote in cause.quotes)


def advice_on(*rows, locale="zh-CN", subject="math", on=None):
    found = diagnose(SUBMISSION.model_copy(update={"locale": locale, "subject": subject}), *exam(*rows))
    on = on or tuple(row[0] for row in rows)
    return next(each.text for each in found.suggestions if each.evidence == on)


def test_questions_of_several_kinds_are_practised_each_in_its_own_way():
    rows = (
        wrong("1", "B", "A", "数轴", "single_choice"),
        wrong("2", "-102", "-1010", "数轴"),
        wrong("3", "C", "A", "数轴", "single_choice"),
        ("4", "blank", "数轴", {"correct_answer": "7"}),
    )
    text = advice_on(*rows)
    assert "第1、3题重做时逐项写出排除其余选项的理由；第2题把每个空的推导过程写在题旁" in text
    assert "课本例题" not in text
    assert "for Q1, Q3 try again, and" in advice_on(*rows, locale="en")
    assert "第1题" in advice_on(rows[0])
    assert advice_on(rows[0], rows[2]).count("逐项写出") == 1


@pytest.mark.parametrize(
    ("key", "worked"),
    [("96元", True), ("不足0.1千克", True), ("1/2", True), ("1949年", False), ("光照|水", False), ("光", False)],
)
def test_a_short_answer_whose_key_is_a_number_is_worked_out_again_and_told_its_result(key, worked):
    text = advice_on(wrong("1", "97元", key, "数轴", "short_answer"))
    assert ("代回原题检验" in text, f"正确结果“{key}”" in text) == (worked, worked)


@pytest.mark.parametrize(
    ("subject", "key", "worked"),
    [
        ("math", "-1010", True),
        ("math", None, True),
        ("math", "a+b", True),
        ("physics", "惯性", False),
        ("history", "1919", False),
        ("chinese", "藤野先生", False),
    ],
)
def test_only_a_blank_that_is_worked_out_is_to_be_derived_and_put_back_into_the_question(subject, key, worked):
    text = advice_on(wrong("1", "7", key, "数轴"), subject=subject)
    assert ("推导过程" in text, "代回" in text, "不看书再填" in text) == (worked, worked, not worked)


@pytest.mark.parametrize("kind", ["fill_blank", "calculation"])
def test_only_in_mathematics_a_result_is_put_back_into_the_question(kind):
    rows = (wrong("1", "7", "0.95×10³", "数轴", kind),)
    told = {subject: advice_on(*rows, subject=subject) for subject in ("math", "physics")}
    assert ["代回" in told[subject] for subject in ("math", "physics")] == [True, False]
    assert "单位是否合理" in told["physics"]


@pytest.mark.parametrize(("subject", "example"), [("physics", True), ("chinese", False), ("history", False)])
def test_a_worked_example_helps_with_a_blank_answer_only_where_there_are_methods(subject, example):
    text = advice_on(
        ("1", "blank", "数轴", {"correct_answer": "7"}), ("2", "correct", None), subject=subject, on=("1",)
    )
    assert ("例题" in text, "已知条件" in text) == (example, example)


@pytest.mark.parametrize(
    ("answer", "key", "said"),
    [
        ("0.9|0.95×10³|74", "漂浮|0.95×10³|64", "第1题第1、3空作答“0.9；74”，应为“漂浮；64”"),
        ("1.5|", "m|72", "第1题作答“1.5；（空）”，应为“m；72”"),
        ("夏侯成|", "夏侯成|方腊", "第1题第2空未作答，应为“方腊”"),
        ("漏|夏侯成", "漏", "第1题作答“漏；夏侯成”，应为“漏”"),
    ],
)
def test_of_several_blanks_those_are_quoted_that_differ_from_the_key(answer, key, said):
    assert said in advice_on(wrong("1", answer, key, "数轴", verdict="partial"))


def test_an_answer_that_its_quote_could_not_tell_from_the_key_is_told_by_its_points():
    long = "物体在水平面上静止时受到的重力与"
    text = advice_on(wrong("1", long + "浮力", long + "支持力", "数轴"))
    assert "作答“" not in text
    assert "第1题得 0/3 分" in text


def test_the_blanks_of_a_question_cite_no_other_question():
    rows = wrong("1", "0.9|0.95|74", "1|0.95|64", "数轴"), ("2", "correct", "数轴"), ("3", "correct", "数轴")
    assert "Q1 (blanks 1, 3) was answered “0.9; 74”" in advice_on(*rows, locale="en", on=("1",))


@pytest.mark.parametrize("key", ["T", "对", "√"])
def test_a_judgement_and_its_key_are_told_by_the_same_signs(key):
    assert "第1题作答“×”，应为“√”" in advice_on(wrong("1", "×", key, "数轴", "true_false"))
