"""Essays as text, the pure parts: what a client may say, and the paper that it makes."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from contracts.artefacts import Submission
from contracts.status import Status
from services.gateway.core.progress import Fact, advance, begun
from services.gateway.essays.order import EssayOrder
from services.gateway.essays.paper import AFTER, BEGINS_AT, paper_of, reading_of
from services.gateway.idempotency import fingerprint
from services.gateway.replay import _needed

ORDER = {"content": "I like my school.", "subject": "english", "grade": 8}


def submission(**more) -> Submission:
    return EssayOrder.model_validate(ORDER | more).form().submission(())


def test_an_essay_has_a_hundred_points_unless_the_client_says_otherwise() -> None:
    (question,) = paper_of(submission()).questions
    assert (question.max_score, question.number, question.path, question.text) == (100.0, "1", ("1",), "")
    assert paper_of(submission(max_score=15)).total_score == 15
    assert [point.name for point in question.knowledge_points] == ["书面表达"]
    assert reading_of().pages == ()


def test_line_ends_are_those_of_unix_and_the_rest_is_kept_as_it_is() -> None:
    task = submission(content="\r\n a\r\n\r\nb \r\n").essay
    assert task is not None
    assert task.content == " a\n\nb "


@pytest.mark.parametrize(
    "change", [{"content": "\n\t "}, {"content": "x" * 8001}, {"content": "\x01"}, {"student_id": "a\nb"}]
)
def test_what_no_essay_can_be_is_refused(change) -> None:
    with pytest.raises(ValidationError):
        EssayOrder.model_validate(ORDER | change)


def test_a_rubric_adds_up_to_the_points_of_the_whole() -> None:
    rubric = [{"criterion": "Content", "points": 10}, {"criterion": "Language", "points": 5}]
    assert EssayOrder.model_validate(ORDER | {"rubric": rubric, "max_score": 15}).form().answer_key is not None
    with pytest.raises(ValidationError, match="add up to 15, max_score is 100"):
        EssayOrder.model_validate(ORDER | {"rubric": rubric})


def test_an_essay_begins_after_the_parser_and_only_goes_on_from_there() -> None:
    position = begun(1, AFTER)
    assert (position.status, position.progress, position.stage) == (Status.PARSED, 40, "parser")
    assert advance(position, Fact(1, Status.PARSED, "parser")) == ()
    assert advance(position, Fact(1, Status.ANALYZING, BEGINS_AT))[0].progress == 50
    assert begun(3).status is Status.UPLOADED


def test_a_replay_of_an_essay_begins_where_it_began_and_that_of_a_paper_at_its_pages() -> None:
    names = ("upload", "ocr", "parser", "analyzer", "diagnostic", "report")
    essay = dict.fromkeys(names, b"{}") | {"upload": submission().model_dump_json().encode()}
    plain = essay | {"upload": submission().model_copy(update={"essay": None}).model_dump_json().encode()}
    assert _needed(None, essay) == names[:3]
    assert _needed(None, plain) == names[:1]
    assert _needed(None, {name: essay[name] for name in names[:4]}) == names[:4]
    assert _needed("diagnostic", essay) == names[:4]


def test_another_essay_is_another_request_and_none_changes_nothing_of_older_keys() -> None:
    one, other = submission(), submission(content="I like my town.")
    assert fingerprint(one, "interactive") == fingerprint(submission(), "interactive")
    assert fingerprint(one, "interactive") != fingerprint(other, "interactive")
    plain = replace(EssayOrder.model_validate(ORDER).form(), essay=None).submission(())
    assert fingerprint(plain, "interactive") != fingerprint(one, "interactive")
