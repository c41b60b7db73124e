"""An essay in the report: every mistake marked where it stands, in both languages and forms, and nothing of it markup."""

import re
from dataclasses import replace

import pytest
from made_exam import EXAM_ID, answer_of, exam_of, question_of
from pylopdf_fonts_zh_cn import sans_path

from contracts.artefacts.analysis import CriterionScore
from contracts.artefacts.essay import Advice, EssayReview, Measures, Mistake
from services.report.core import compose, render, view_of
from services.report.core.words import words_of

FONTS = (sans_path().parent,)
TEXT = "Dear Li ,\nI go <b>home</b> #panic() 。"


def mistake(quote: str, correction: str | None, kind: str = "grammar") -> Mistake:
    at = TEXT.index(quote)
    return Mistake.model_validate(
        {"start": at, "end": at + len(quote), "quote": quote, "kind": kind, "correction": correction, "by": "llm",
         "explanation": "past & <i>tense</i>"}
    )  # fmt: skip


def exam(*, approximate: bool = False, kind: str = "essay", length: int = 5):
    mistakes = (mistake(" ,", ","), mistake("go", "went"), mistake("<b>home</b>", ""), mistake("#panic()", None))
    review = EssayReview(
        language="en",
        measures=Measures(
            unit="words", length=length, least=60, approximate=approximate, paragraphs=None if approximate else 2
        ),
        mistakes=mistakes,
        corrected="Dear Li,\nI went",
        suggestions=(Advice(text="Say more.", evidence=("I go",)),),
    )
    criteria = (
        CriterionScore(criterion="Grammar: …", points=1.5, max_points=3, evidence=("I go",), dimension="grammar"),
        CriterionScore(criterion="The school's own", points=3, max_points=12),
    )
    question = question_of("1", type="essay", text="Write a letter.", max_score=15)
    answer = answer_of(
        "1", student_answer=TEXT, verdict="partial", score=4.5, max_score=15.0, graded_by="llm", criteria=criteria,
        needs_review=True, answer_confidence=1.0, essay=review,
    )  # fmt: skip
    made = exam_of([question], [answer])
    return type(made)(made.submission, made.reading, made.paper.model_copy(update={"kind": kind}), *made.parts()[3:])


def shown(made, locale: str = "en"):
    result = compose(EXAM_ID, *made.parts())
    return view_of(result, made.paper, made.diagnosis, {}, words_of(locale))


def test_every_mistake_is_marked_where_it_stands_and_the_text_is_whole() -> None:
    (one,) = shown(exam())["essays"]
    assert "\n".join("".join(run["t"] for run in runs) for runs in one["text"]) == TEXT
    assert [(run["t"], run["n"]) for runs in one["text"] for run in runs if run["n"] is not None] == [
        (" ,", 1), ("go", 2), ("<b>home</b>", 3), ("#panic()", 4),
    ]  # fmt: skip
    assert [(m["quote"], m["better"]) for m in one["mistakes"]] == [
        ("␣,", ","), ("go", "went"), ("<b>home</b>", "leave it out"), ("#panic()", "—"),
    ]  # fmt: skip


def test_dimensions_have_names_in_the_readers_language_and_a_schools_criteria_their_own() -> None:
    names = {lang: [d["name"][0]["t"] for d in shown(exam(), lang)["essays"][0]["dimensions"]] for lang in ("zh", "en")}
    assert names == {"zh": ["语法", "The school's own"], "en": ["Grammar", "The school's own"]}


def test_rows_of_handwriting_are_no_paragraphs() -> None:
    (one,) = shown(exam(approximate=True))["essays"]
    assert len(one["text"]) == 1
    assert "about 5 words" in one["measures"]


@pytest.mark.parametrize(("count", "told"), [(1, "about 1 word"), (2, "about 2 words")])
def test_a_length_of_one_is_singular(count: int, told: str) -> None:
    (one,) = shown(exam(approximate=True, length=count))["essays"]
    assert f"{told} (" in one["measures"]


def test_an_essay_stands_in_a_part_of_its_own_and_nowhere_twice() -> None:
    alone, among = shown(exam()), shown(exam(kind="paper"))
    assert (alone["table"], alone["notebook"], alone["review"]) == ([], [], [])
    assert len(among["table"]) == 1
    assert (among["notebook"], len(among["essays"])) == ([], 1)


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_both_forms_show_it_and_none_of_it_is_markup(locale) -> None:
    made = exam()
    result = compose(EXAM_ID, *made.parts())
    html, pdf = render(result, made.paper, made.diagnosis, {}, FONTS, locale=locale)
    page = html.decode()
    assert pdf.startswith(b"%PDF")
    assert re.findall(r"<mark>(.*?)</mark>(?:<sup>(\d+)</sup>)?", page)[1] == ("go", "2")
    assert "&lt;b&gt;home&lt;/b&gt;" in page
    assert "<b>home" not in page
    assert "4.5" in page
    assert ("待复核" if locale == "zh-CN" else "To be checked") in page


def test_an_essay_without_a_score_is_said_to_wait_and_not_to_be_in_doubt() -> None:
    made = exam()
    open_still = {"verdict": "ungraded", "score": None, "graded_by": None}
    answers = tuple(answer.model_copy(update=open_still) for answer in made.analysis.answers)
    analysis = made.analysis.model_copy(update={"answers": answers})
    notes = " ".join(shown(replace(made, analysis=analysis), "en")["notes"])
    assert "left out of the points until a teacher has given a score" in notes
    assert "without certainty" not in notes
    assert "neither a key" not in notes
