"""Which questions of a result wait for a teacher."""

from contracts.result import Result, ResultDiagnosis, ResultQuestion, ResultReport, ResultScore
from services.gateway.review.items import open_items


def question(number: int, *, missing: bool, decided: bool = False) -> ResultQuestion:
    answer = None if missing else "B"
    return ResultQuestion(
        number=str(number),
        path=(str(number),),
        type="single_choice",
        text="",
        missing=missing,
        student_answer=answer,
        needs_review=not decided,
    )


def waiting(*missing: bool, decided: int = 0) -> list[tuple[str, str]]:
    result = Result(
        exam_id="exam",
        subject="math",
        grade=7,
        score=ResultScore(earned=None, max=None, graded=0, needs_review=len(missing)),
        questions=tuple(question(n, missing=lost, decided=n <= decided) for n, lost in enumerate(missing, 1)),
        diagnosis=ResultDiagnosis(engine="none"),
        report=ResultReport(html="", pdf=""),
    )
    return [(item.path[0], item.reason) for item in open_items("exam", result)]


def test_a_question_that_was_not_found_waits_with_the_reason() -> None:
    assert waiting(True, False, True) == [("1", "missing"), ("2", "no_verdict"), ("3", "missing")]


def test_the_questions_of_a_page_that_lacks_are_one_item() -> None:
    assert waiting(False, *[True] * 30, False) == [("1", "no_verdict"), ("2", "missing"), ("32", "no_verdict")]


def test_a_few_that_were_not_found_are_each_asked_about() -> None:
    assert waiting(*[True] * 4) == [(str(n), "missing") for n in range(1, 5)]


def test_when_the_first_of_a_lacking_page_is_decided_the_next_one_asks() -> None:
    assert waiting(*[True] * 6, decided=1) == [("2", "missing")]
