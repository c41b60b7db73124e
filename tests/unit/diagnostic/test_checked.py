"""No sentence stands without a question of the paper behind it, in either language."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.artefacts.diagnosis import Cause, Suggestion
from services.diagnostic.core import diagnose
from services.diagnostic.core.checked import supported, supported_advice, supported_causes
from services.diagnostic.core.words import CHINESE, ENGLISH
from tests.unit.diagnostic.test_diagnose import SUBMISSION, exam, papers

both = st.sampled_from([CHINESE, ENGLISH])
labels = st.lists(
    st.integers(1, 40).map(str) | st.sampled_from(["17(1)", "17(2)", "一·1", "3a"]), min_size=1, unique=True
)
plain = st.text(alphabet="加油再练一题 keep going.,（）", max_size=30)


@settings(deadline=None, max_examples=200)
@given(both, labels, plain, plain)
def test_what_is_cited_is_found_again(words, cited, before, after):
    assert set(words.numbers_in(f"{before} {words.cite(cited)} {after}")) == set(cited)


@settings(deadline=None, max_examples=200)
@given(both, labels, labels, plain)
def test_a_sentence_stands_only_on_questions_of_the_paper(words, paper, cited, text):
    assert supported(f"{text} {words.cite(cited)} {text}", paper, words) == (set(cited) <= set(paper))
    assert not supported(text, paper, words)


@settings(deadline=None, max_examples=80)
@given(papers)
def test_an_english_diagnosis_cites_this_paper_too_and_holds_no_chinese_but_names(rows):
    numbered = [(str(i + 1), v, p, {"needs_review": review}) for i, (v, p, review) in enumerate(rows)]
    found = diagnose(SUBMISSION.model_copy(update={"locale": "en-GB"}), *exam(*numbered))
    known = {number for number, *_ in numbered}
    texts = [*found.weak_points, *found.strengths, *(each.text for each in found.suggestions)]
    for text in (found.summary, *texts):
        assert ENGLISH.numbers_in(text), text
        assert set(ENGLISH.numbers_in(text)) <= known, text
        assert not re.search("[一-鿿]", re.sub("同类项|一元一次方程|数轴", "", text)), text


def test_an_answer_that_looks_like_a_citation_cites_nothing():
    assert CHINESE.numbers_in("第3题作答“第9题”") == ["3"]


def test_advice_without_or_with_foreign_evidence_is_dropped():
    made = (
        Suggestion(text="第1题再练。", evidence=()),
        Suggestion(text="第1题再练。", evidence=("9",)),
        Suggestion(text="多练。", evidence=("1",)),
        Suggestion(text="第1题再练。", evidence=("1",)),
    )
    assert supported_advice(made, {"1"}, {"1"}, CHINESE) == made[-1:]


def test_a_cause_that_quotes_what_nobody_wrote_is_dropped():
    made = (
        Cause(number="1", kind="careless", text="符号出错", quotes=("-3", "3")),
        Cause(number="1", kind="careless", text="符号出错", quotes=("-4", "3")),
        Cause(number="1", kind="careless", text="符号出错"),
        Cause(number="2", kind="blank", text="未作答"),
    )
    assert supported_causes(made, {"1": "\n-3\n3"}) == made[:1]
