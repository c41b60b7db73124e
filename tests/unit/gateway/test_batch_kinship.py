"""What is told of papers of one batch that have something in common."""

import uuid
from typing import Any

import pytest

from services.gateway.batches.kinship import compared
from services.gateway.batches.storing import Kept
from services.gateway.core.form import parse_form
from services.gateway.core.problems import Code, Problem


def paper(number: int, *digests: str, **fields: str) -> Kept:
    form = parse_form({"subject": "math", "grade": "7", "locale": "en", **fields})
    return Kept(number, f"{number}.jpg", len(digests), uuid.uuid4(), form=form, digests=digests)


def told(*papers: Kept) -> list[list[tuple[Any, ...]]]:
    return [[(one.code, one.file, getattr(one, "paper", None)) for one in each.advice] for each in compared(papers)]


def test_a_file_that_an_earlier_paper_has_is_told_to_the_later_one_by_its_number() -> None:
    assert told(paper(1, "a", "b"), paper(2, "c"), paper(3, "d", "b"), paper(4, "b")) == [
        [], [], [("same_file", 2, 1)], [("same_file", 1, 1)],
    ]  # fmt: skip


def test_a_page_that_a_paper_has_twice_is_its_own_matter() -> None:
    assert told(paper(1, "a", "a")) == [[]]


def test_two_papers_of_one_student_are_told_unless_they_are_of_different_things() -> None:
    assert told(
        paper(1, "a", student_id="s-1"), paper(2, "b", student_id="s-1"), paper(3, "c", student_id="s-1", title="期末"),
        paper(4, "d", student_id="s-1", subject="physics"), paper(5, "e", student_id="s-2"),
    ) == [[], [("same_student", 1, 1)], [], [], []]  # fmt: skip


def test_papers_of_nobody_in_particular_are_not_compared_by_student() -> None:
    assert told(paper(1, "a"), paper(2, "b")) == [[], []]


def test_refused_papers_are_left_as_they_are() -> None:
    refused = Kept(1, "1.jpg", 1, refusal=Problem(Code.EMPTY_FILE))
    assert compared([refused, paper(2, "a")])[0] is refused
    assert told(refused, paper(2, "a")) == [[], []]


@pytest.mark.parametrize(("locale", "word"), [("en", "paper 1"), ("zh-CN", "第 1 份试卷")])
def test_it_is_said_in_the_papers_language(locale: str, word: str) -> None:
    first = paper(1, "a", student_id="s-1", locale=locale)
    told = compared([first, paper(2, "a", student_id="s-1", locale=locale)])[1].advice
    assert [each.code for each in told] == ["same_file", "same_student"]
    assert all(word in each.text.replace("Paper", "paper") for each in told)
