"""Which entry of a key belongs to which question, where numbers start over in each section and a question was not found."""

import pytest

from contracts.artefacts.submission import AnswerKey
from services.analyzer.core.keys import match_key
from tests.unit.analyzer.analyzer_build import key, question

ENTRIES = [(s, n) for s in "一二" for n in "123"]
KEY = AnswerKey(questions=tuple(key(number, section + number) for section, number in ENTRIES))


@pytest.mark.parametrize("lost", [None, *ENTRIES])
def test_a_lost_question_leaves_the_others_their_entries(lost):
    found = [question("fill_blank", n, path=(s, n)) for s, n in ENTRIES if (s, n) != lost]
    matched = match_key(found, KEY)
    assert {path: item.answer for path, item in matched.items()} == {q.path: "".join(q.path) for q in found}


def test_entries_in_another_order_than_the_paper_still_belong_to_their_numbers():
    found = [question("fill_blank", n) for n in ("1", "2", "3")]
    entries = AnswerKey(questions=tuple(key(n, n) for n in ("3", "2", "1", "4")))
    assert {p[0]: i.answer for p, i in match_key(found, entries).items()} == {"1": "1", "2": "2", "3": "3"}
