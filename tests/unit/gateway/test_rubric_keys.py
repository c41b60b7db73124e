"""Rubrics and facilities in answer keys and templates: taken over as they are, refused with the place and what to write."""

import json

import pytest
from pydantic import ValidationError

from services.gateway.core.answer_key import KeyErrors, parse_answer_key
from services.gateway.templates.document import Document, answer_key

RUBRIC = [{"criterion": "说明需要光照", "points": 1}, {"criterion": " 指出产生氧气 ", "points": "3"}]


def key(rubric: object, max_score: float | None = 4) -> str:
    return json.dumps({"questions": [{"number": "1", "max_score": max_score, "rubric": rubric}]})


def test_a_rubric_comes_with_the_key() -> None:
    (item,) = parse_answer_key(key(RUBRIC)).questions
    assert [(c.criterion, c.points) for c in item.rubric] == [("说明需要光照", 1.0), ("指出产生氧气", 3.0)]
    assert parse_answer_key(key(None)).questions[0].rubric == ()
    assert len(parse_answer_key(key(RUBRIC, None)).questions[0].rubric) == 2


@pytest.mark.parametrize(
    ("rubric", "at"),
    [
        ([], "rubric"),
        ("good work", "rubric"),
        ([{"criterion": "a", "points": 1}] * 41, "rubric"),
        ([{"criterion": "a", "points": 3}], "rubric"),
        ([1], "rubric/0"),
        ([{"points": 4}], "rubric/0/criterion"),
        ([{"criterion": "x" * 501, "points": 4}], "rubric/0/criterion"),
        ([{"criterion": "a"}], "rubric/0/points"),
        ([{"criterion": "a", "points": 0}], "rubric/0/points"),
        ([{"criterion": "a", "points": -4}], "rubric/0/points"),
        ([{"criterion": "a", "points": True}], "rubric/0/points"),
    ],
)
def test_a_rubric_that_cannot_be_used_is_refused_once_and_at_its_place(rubric, at) -> None:
    with pytest.raises(KeyErrors) as refused:
        parse_answer_key(key(rubric))
    assert [place for place, _ in refused.value.errors] == [f"/questions/0/{at}"]


def test_a_templates_rubric_reaches_the_stages_and_must_add_up() -> None:
    item = {
        "number": "1",
        "max_score": 4.0,
        "rubric": [{"criterion": "a", "points": 1.0}, {"criterion": "b", "points": 3.0}],
    }
    document = {"name": "t", "subject": "biology", "grade": 7, "items": [item]}
    (found,) = answer_key(Document.model_validate(document)).questions
    assert [(c.criterion, c.points) for c in found.rubric] == [("a", 1.0), ("b", 3.0)]
    with pytest.raises(ValidationError, match="add up"):
        Document.model_validate({**document, "items": [{**item, "max_score": 5.0}]})


def test_what_is_usually_earned_comes_with_the_key() -> None:
    text = '{"questions": [{"number": "1", "facility": 0.7}, {"number": "2", "facility": 1}, {"number": "3"}]}'
    assert [item.facility for item in parse_answer_key(text).questions] == [0.7, 1.0, None]


@pytest.mark.parametrize("facility", ["1.2", "-0.1", '"0.7"', "true", "[]"])
def test_a_facility_that_is_no_share_is_refused_at_its_place(facility: str) -> None:
    with pytest.raises(KeyErrors) as refused:
        parse_answer_key(f'{{"questions": [{{"number": "1", "facility": {facility}}}]}}')
    assert [at for at, _ in refused.value.errors] == ["/questions/0/facility"]
