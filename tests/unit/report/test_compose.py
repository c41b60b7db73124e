"""What the result document keeps of the artefacts."""

from made_exam import EXAM_ID, answer_of, exam_of, question_of

from contracts.artefacts import Submission
from contracts.artefacts.paper import Header
from contracts.artefacts.submission import AnswerKey, KeyItem
from contracts.result import Result
from services.report.core import compose


def test_questions_meet_the_answer_of_the_same_path_not_the_same_number():
    exam = exam_of(
        [question_of("1", ("一", "1")), question_of("1", ("二", "1"))],
        [
            answer_of("1", ("二", "1"), student_answer="second"),
            answer_of("1", ("一", "1"), student_answer="first"),
        ],
    )
    result = compose(EXAM_ID, *exam.parts())
    assert [q.student_answer for q in result.questions] == ["first", "second"]


def test_a_question_without_an_answer_is_ungraded_and_unread():
    result = compose(EXAM_ID, *exam_of([question_of("1", max_score=5.0)], []).parts())
    question = result.questions[0]
    assert (question.verdict, question.score, question.student_answer, question.max_score) == (
        "ungraded",
        None,
        None,
        5.0,
    )


def test_an_answer_without_a_question_is_kept_with_the_type_of_the_key():
    exam = exam_of([], [answer_of("4", student_answer="B", verdict="correct", score=2.0)])
    key = AnswerKey(questions=(KeyItem(number="4", type="single_choice"),))
    submission = Submission(subject="math", grade=7, files=(), answer_key=key)
    result = compose(EXAM_ID, submission, *exam.parts()[1:])
    assert [(q.number, q.type, q.student_answer) for q in result.questions] == [("4", "single_choice", "B")]


def test_two_questions_misread_as_one_path_keep_an_answer_each():
    exam = exam_of(
        [question_of("3"), question_of("3")],
        [answer_of("3", student_answer="a"), answer_of("3", student_answer="b")],
    )
    assert [q.student_answer for q in compose(EXAM_ID, *exam.parts()).questions] == ["a", "b"]


def test_the_uploads_title_wins_over_the_printed_one():
    printed = Header(title="期中")
    assert compose(EXAM_ID, *exam_of([], [], header=printed).parts()).title == "期中"
    assert compose(EXAM_ID, *exam_of([], [], header=printed, title="月考").parts()).title == "月考"


def test_links_carry_the_exam_but_no_tenant(made):
    report = compose(EXAM_ID, *made().parts()).report
    assert report.html == f"/api/v1/exams/{EXAM_ID}/report.html"
    assert report.pdf == f"/api/v1/exams/{EXAM_ID}/report.pdf"


def test_the_document_survives_json_under_its_public_names(made):
    result = compose(EXAM_ID, *made().parts(), versions={"parser": "7"}, cpu_seconds=1.5)
    text = result.model_dump_json(by_alias=True)
    assert '"schema":"redink.result.v1"' in text
    assert '"class":"七（3）班"' in text
    assert Result.model_validate_json(text) == result
    assert result.versions["parser"] == "7"
    assert result.cost.cpu_seconds == 1.5
