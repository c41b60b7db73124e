"""What a class report says, what it refuses to say, and whom it tells about."""

import pytest

from services.gateway.classreport.core.sheet import Outcome, Sitting
from tests.unit.gateway.classreport.made_class import made
from tests.unit.gateway.classreport.test_class_statistics import report_of


def test_below_twenty_students_nothing_is_compared_and_the_report_says_so() -> None:
    report = report_of(made(1, students=19))
    assert {u.what for u in report.unsaid} == {"comparisons", "reliability", "intervals_of_points"}
    assert all((u.needs, u.has) == (20, 19) for u in report.unsaid)
    assert report.reliability is None
    assert all(item.point_biserial is None and item.discrimination is None for item in report.items)
    assert all(option.upper is None and option.r is None for item in report.items for option in item.options)
    assert all(point.interval is None and point.upper is None for point in report.knowledge_points)
    assert all(item.facility is not None and item.facility_interval is not None for item in report.items)
    assert not report.alarms


def test_with_twenty_it_is_all_said() -> None:
    report = report_of(made(1, students=20))
    assert report.unsaid == ()
    assert report.reliability is not None


@pytest.mark.parametrize("disclosure", ["none", "band", "score"])
def test_scores_of_students_are_told_only_as_far_as_asked(disclosure: str) -> None:
    report = report_of(made(2), disclosure=disclosure)
    assert (len(report.students) == 0) == (disclosure == "none")
    assert all((row.earned is not None) == (disclosure == "score") for row in report.students)
    assert report.distribution is not None
    assert (report.distribution.lowest is None) == (disclosure != "score")


def test_students_stand_in_the_order_of_the_batch_and_never_by_score() -> None:
    report = report_of(made(2), disclosure="score")
    assert [row.student_id for row in report.students] == [f"s-{i}" for i in range(40)]


def test_of_a_handful_of_students_no_distribution_is_told_unless_scores_are() -> None:
    assert report_of(made(1, students=4), disclosure="band").distribution is None
    assert report_of(made(1, students=4), disclosure="score").distribution is not None


def test_equal_totals_have_no_reliability() -> None:
    one = made(1, students=1, gaps=0.0)
    report = report_of(type(one)(one.sittings * 25, one.shares, one.maxima, one.answers, one.keys))
    assert [u.why for u in report.unsaid] == ["no_variation"]
    assert all(item.point_biserial is None for item in report.items)


def test_a_wrong_key_raises_the_alarm_and_is_not_taught_again() -> None:
    found = 0
    for seed in range(20):
        one = made(seed, students=60, wrong_key=4)
        report = report_of(one)
        item = report.items[4]
        if "miskey" in item.flags:
            found += 1
            assert "5" in report.alarms
            assert item.suspected_key not in {None, item.key}
            assert "5" not in [entry.number for entry in report.reteach]
    assert found >= 17


def test_right_keys_hardly_ever_raise_it() -> None:
    reports = [report_of(made(seed, students=40)) for seed in range(40)]
    false = sum(len(report.alarms) for report in reports)
    assert false <= 0.01 * sum(12 for _ in reports)


def test_what_to_teach_again_begins_with_what_is_sure() -> None:
    report = report_of(made(7, students=60))
    assert report.reteach
    sure = [entry.sure for entry in report.reteach]
    assert sure == sorted(sure, reverse=True)
    for entry in report.reteach:
        item = next(item for item in report.items if item.number == entry.number)
        assert item.facility_interval is not None
        assert entry.sure == (item.facility_interval.high < 0.6)
        assert entry.facility < 0.6


def outcome(*questions: dict[str, object]) -> Sitting:
    return Sitting(Outcome.model_validate({"exam_id": "e", "questions": questions}))


def question(number: str, **more: object) -> dict[str, object]:
    plain = {"number": number, "path": [number], "type": "fill_blank", "text": "", "verdict": "correct", "max_score": 2}
    return {**plain, "score": 2, **more}


def test_subquestions_speak_for_their_parent_and_a_misread_number_is_no_item() -> None:
    parent = question("17", type="composite", score=None, verdict="ungraded")
    part = question("17(1)", path=["17", "(1)"])
    sittings = [outcome(parent, part) for _ in range(5)] + [outcome(parent, part, question("71"))]
    made_one = made(1)
    report = report_of(type(made_one)(sittings, made_one.shares, made_one.maxima, [], []))
    assert [item.number for item in report.items] == ["17(1)"]
    assert report.coverage.stray_questions == 1


def test_a_verdict_without_points_counts_and_an_ungraded_answer_does_not() -> None:
    right = question("1", score=None, max_score=None)
    wrong = {**right, "verdict": "wrong", "student_answer": "-3"}
    open_ = {**right, "verdict": "ungraded"}
    sittings = [outcome(q) for q in (right, wrong, wrong, wrong, open_)]
    made_one = made(1)
    report = report_of(type(made_one)(sittings, made_one.shares, made_one.maxima, [], []))
    assert (report.items[0].graded, report.items[0].missing, report.items[0].facility) == (4, 1, 0.25)
    assert report.items[0].common_wrong is not None
    assert (report.items[0].common_wrong.answer, report.items[0].common_wrong.count) == ("-3", 3)


def test_numbers_that_every_section_counts_from_one_are_told_apart() -> None:
    questions = [question("1", path=["一", "1"]), question("1", path=["二", "1"]), question("2", path=["二", "2"])]
    made_one = made(1)
    report = report_of(type(made_one)([outcome(*questions)] * 5, made_one.shares, made_one.maxima, [], []))
    assert [item.number for item in report.items] == ["一 1", "二 1", "2"]
