"""What the notes at a report's end say about the pages."""

import re
from dataclasses import replace

import pytest
from made_exam import EXAM_ID

from services.report.core.compose import compose
from services.report.core.entries import why as why_of
from services.report.core.notes import notes_of
from services.report.core.words import words_of


def noted(exam, locale: str) -> str:
    result = compose(EXAM_ID, *exam.parts())
    return "\n".join(notes_of(result, exam.diagnosis, result.questions, words_of(locale)))


@pytest.mark.parametrize(("locale", "order", "missing", "cards"), [
    ("zh-CN", "依次为上传的第 2、1 页", "卷面页码为 3–5、8 的页没有上传", "另外 2 张答题卡"),
    ("en", "which is uploaded pages 2, 1", "Missing from the upload: p. 3–5, 8 of the paper", "2 more in the photo"),
])  # fmt: skip
def test_pages_out_of_order_and_pages_that_were_not_uploaded_are_told(made, locale, order, missing, cards):
    exam = made()
    assert order not in noted(exam, locale)
    paper = exam.paper.model_copy(update={"page_order": (2, 1), "missing_pages": (3, 4, 5, 8), "other_cards": 2})
    found = noted(replace(exam, paper=paper), locale)
    assert order in found
    assert missing in found
    assert cards in found


@pytest.mark.parametrize(("locale", "told", "why"), [
    ("zh-CN", "上传的页面里没有找到第1题", "上传的页面里没有找到这道题"),
    ("en", "or not to be made out there: question 1, not counted as zero", "it wasn't found on the uploaded pages"),
])  # fmt: skip
def test_a_question_that_was_not_found_on_the_pages_says_so_and_what_to_do(made, locale, told, why):
    exam = made()
    assert told not in noted(exam, locale)
    first, *others = exam.paper.questions
    lost = first.model_copy(update={"missing": True, "regions": ()})
    unread = {"student_answer": None, "verdict": "ungraded", "score": None, "needs_review": True}
    answers = [a.model_copy(update=unread) if a.path == lost.path else a for a in exam.analysis.answers]
    exam = replace(
        exam,
        paper=exam.paper.model_copy(update={"questions": (lost, *others)}),
        analysis=exam.analysis.model_copy(update={"answers": tuple(answers)}),
    )
    assert told in noted(exam, locale)
    question = compose(EXAM_ID, *exam.parts()).questions[0]
    assert question.missing
    assert why_of(question, words_of(locale)) == [why]


def test_english_notes_fit_several_questions_as_well_as_one(made):
    exam = made()
    lost = tuple(q.model_copy(update={"missing": True, "regions": ()}) for q in exam.paper.questions)
    unread = {"student_answer": None, "verdict": "ungraded", "score": None}
    answers = tuple(a.model_copy(update=unread) for a in exam.analysis.answers)
    paper = exam.paper.model_copy(update={"questions": lost, "missing_pages": (3, 4)})
    notes = noted(replace(exam, paper=paper, analysis=exam.analysis.model_copy(update={"answers": answers})), "en")
    assert "questions 1–16, not counted as zero" in notes
    assert not re.search(r"\b(?:questions|page) [0-9–, ]+ (?:is|was|wasn't)\b", notes)
