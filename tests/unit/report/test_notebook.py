"""The first page, the notebook of mistakes and what a teacher is asked to look at; in both languages."""

import re
import string
from dataclasses import fields, replace

import pypdfium2
import pytest
from made_exam import EXAM_ID, answer_of, exam_of, picture, question_of
from pylopdf_fonts_zh_cn import sans_path

from contracts.artefacts import AnswerKey, KeyItem
from contracts.artefacts.analysis import CriterionScore
from contracts.artefacts.diagnosis import Cause, Diagnosis, Suggestion
from contracts.artefacts.paper import KnowledgePoint, Region
from services.report.core import compose, render, view_of
from services.report.core.crops import crops_of
from services.report.core.words import EN, ZH, words_of

FONTS = (sans_path().parent,)


def seen(exam, words=ZH, pages=None):
    result = compose(EXAM_ID, *exam.parts())
    return view_of(result, exam.paper, exam.diagnosis, crops_of(pages or {}, result.questions, 24), words)


def told(list_):
    return "".join(node.get("alt") or node["t"] for node in list_)


def point(name, confidence=0.8, code=None):
    return KnowledgePoint(code=code or name, name=name, confidence=confidence)


def lost(number, points, *names, score=0.0, **fields):
    question = question_of(number, knowledge_points=tuple(point(name, 0.9 - i / 10) for i, name in enumerate(names)))
    return question, answer_of(number, verdict="wrong", score=score, max_score=points, student_answer="1", **fields)


def exam_with(*pairs, **fields):
    return exam_of([q for q, _ in pairs], [a for _, a in pairs], **fields)


def test_the_notebook_groups_by_the_surest_point_and_begins_with_the_costliest():
    exam = exam_with(lost("1", 2.0, "数轴"), lost("2", 5.0, "方程", "数轴"), lost("3", 4.0, "数轴"), lost("4", 9.0))
    groups = [(told(g["name"]), g["about"], [e["number"] for e in g["entries"]]) for g in seen(exam)["notebook"]]
    assert groups == [
        ("数轴", "失 6 分", ["1", "3"]),
        ("方程", "失 5 分", ["2"]),
        ("未识别知识点的填空题", "失 9 分", ["4"]),
    ]


def in_section(section, number, **fields):
    answer = {"verdict": "wrong", "score": 0.0, "max_score": 3.0, "student_answer": "-3", "correct_answer": "3"}
    return question_of(number, (section, number)), answer_of(number, (section, number), **answer | fields)


def test_sections_that_number_alike_keep_their_causes_and_their_names_apart():
    cause = Cause(number="1", path=("二", "1"), kind="careless", text="符号出错", quotes=("-3",))
    diagnosis = Diagnosis(causes=(cause,))
    exam = exam_with(in_section("一", "1"), in_section("二", "1"), in_section("二", "2"), diagnosis=diagnosis)
    entries = {e["label"]: told(e["cause"]) for group in seen(exam)["notebook"] for e in group["entries"]}
    assert entries == {"第一·1题": "", "第二·1题": "符号出错", "第2题": ""}


@pytest.mark.parametrize(("words", "cited"), [(ZH, "第一·1–3、二·1–3题"), (EN, "questions 一·1–3, 二·1–3")])
def test_notes_name_the_section_of_a_question_whose_number_stands_in_two(words, cited):
    exam = exam_with(*(in_section(section, str(n), graded_by="key") for section in "一二" for n in (1, 2, 3)))
    assert any(cited in note for note in seen(exam, words)["notes"])


@pytest.mark.parametrize("key", ["T", "正确"])
def test_a_judgement_and_its_key_are_shown_by_the_same_signs(key):
    answer = answer_of("1", verdict="wrong", score=0.0, max_score=3.0, student_answer="×", correct_answer=key)
    view = seen(exam_with((question_of("1", type="true_false"), answer)))
    shown = [view["table"][0]["rows"][0], view["notebook"][0]["entries"][0]]
    assert [(told(each["answer"]), told(each["correct"])) for each in shown] == [("×", "✓")] * 2


def test_right_answers_are_not_in_the_notebook_and_doubtful_ones_are_for_the_teacher():
    right = question_of("1"), answer_of("1", verdict="correct", score=3.0, max_score=3.0, needs_review=True)
    sure = question_of("2"), answer_of("2", verdict="correct", score=3.0, max_score=3.0)
    view = seen(exam_with(right, sure))
    assert view["notebook"] == []
    assert [entry["number"] for entry in view["review"]] == ["1"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "作答没有读出"),
        ({"student_answer": "3", "answer_confidence": 0.62, "verdict": "wrong"}, "作答识别的把握只有 62%"),
        ({"student_answer": "3", "answer_confidence": 0.99}, "没有可用的标准答案或批改痕迹"),
        ({"student_answer": "3", "answer_confidence": 0.99, "correct_answer": "4"}, "这类作答需要老师评阅"),
        (
            {"student_answer": "3", "answer_confidence": 0.99, "verdict": "wrong", "correct_answer": "4"},
            "判分的依据不够充分或彼此不一致",
        ),
    ],
)
def test_a_question_for_review_says_why(fields, why):
    view = seen(exam_with((question_of("1"), answer_of("1", needs_review=True, **fields))))
    entries = view["review"] + [e for g in view["notebook"] for e in g["entries"]]
    assert [entry["why"] for entry in entries] == [why]


def test_the_first_page_has_three_things_to_do_and_the_rest_comes_later(made):
    exam = made()
    advice = tuple(Suggestion(text=f"第{n}题重做一遍。", evidence=(str(n),)) for n in range(1, 6))
    exam = replace(exam, diagnosis=exam.diagnosis.model_copy(update={"suggestions": advice}))
    view = seen(exam)
    assert [told(item) for item in view["todo"]] == [s.text for s in advice[:3]]
    assert [told(item) for item in view["more"]] == [s.text for s in advice[3:]]
    assert view["todo_title"] == "先做这三件事"


def test_the_first_page_of_the_pdf_is_the_summary_alone(made, page_jpeg):
    exam = made(40)
    result = compose(EXAM_ID, *exam.parts())
    document = pypdfium2.PdfDocument(render(result, exam.paper, exam.diagnosis, {1: page_jpeg}, FONTS)[1])
    first, second = ("".join(document[i].get_textpage().get_text_range().split()) for i in (0, 1))
    assert all(word in first for word in ("先做这两件事", "掌握度", "优势", "各部分得分"))
    assert "逐题结果" not in first
    assert second.startswith("逐题结果")


def test_a_rubrics_points_and_quotes_are_shown():
    criteria = (
        CriterionScore(criterion="移项正确", points=2, max_points=2, evidence=("2x=14",)),
        CriterionScore(criterion="检验", points=0, max_points=1, reason="没有代回原方程"),
    )
    question, answer = lost("1", 3.0, "方程", score=2.0, criteria=criteria, graded_by="llm")
    entry = seen(exam_with((question, answer)))["notebook"][0]["entries"][0]
    assert [(told(c["name"]), c["points"], told(c["because"])) for c in entry["criteria"]] == [
        ("移项正确", "2/2", "“2x=14”"),
        ("检验", "0/1", "没有代回原方程"),
    ]
    assert entry["graded_by"] == "大模型评阅"


def test_a_question_that_a_model_wrote_is_marked_in_its_entry_and_in_the_notes():
    question, answer = lost("1", 3.0, "方程")
    exam = exam_with((question, answer), (question_of("2"), answer_of("2", verdict="correct")))
    key = AnswerKey(questions=(KeyItem(number="1", answer="4", origin="model"), KeyItem(number="2", answer="5")))
    submission, *others = exam.parts()
    result = compose(EXAM_ID, submission.model_copy(update={"answer_key": key}), *others)
    assert [q.origin for q in result.questions] == ["model", None]
    view = view_of(result, exam.paper, exam.diagnosis, {})
    assert view["notebook"][0]["entries"][0]["origin"] == "由模型编写"
    assert "模型编写：第1题由语言模型命题，答案经检验程序和另一次独立解答核对。" in view["notes"]
    html, pdf = render(result, exam.paper, exam.diagnosis, {}, FONTS)
    assert "由模型编写" in html.decode()
    assert pdf.startswith(b"%PDF")


def test_an_english_report_calls_points_by_their_english_names():
    question, answer = lost("1", 3.0, "一元一次方程")
    asked = (point("一元一次方程", code="math.07"),)
    exam = exam_with((question.model_copy(update={"knowledge_points": asked}), answer))
    result = compose(EXAM_ID, *exam.parts())
    english = view_of(result, exam.paper, exam.diagnosis, {}, words_of("en"))
    assert told(english["notebook"][0]["name"]) == "Linear equations in one unknown"
    assert "linear" in told(english["table"][0]["rows"][0]["points"])
    assert told(seen(exam)["notebook"][0]["name"]) == "一元一次方程"


def test_a_picture_is_described_and_without_one_the_question_is_printed():
    question = question_of("1", text="若 x^2=4，则 x=____", regions=(Region(page=1, box=(60, 60, 1100, 260)),))
    exam = exam_with((question, answer_of("1", verdict="wrong", score=0.0, max_score=3.0)))
    with_picture = seen(exam, pages={1: picture()})["notebook"][0]["entries"][0]
    assert with_picture["alt"] == "第1题原卷截图：若 x^2=4，则 x=____"
    assert with_picture["stem"] == []
    assert told(seen(exam)["notebook"][0]["entries"][0]["stem"]) == "若 x^2=4，则 x=____"


@pytest.mark.parametrize(("locale", "words"), [("en", EN), ("en-GB", EN), ("EN_us", EN), ("zh-CN", ZH), ("fr", ZH)])
def test_the_submissions_locale_chooses_the_language(locale, words):
    assert words_of(locale) is words


def test_both_languages_have_the_same_words_with_the_same_places():
    for name in (f.name for f in fields(ZH)):
        ours, theirs = getattr(ZH, name), getattr(EN, name)
        if isinstance(ours, dict):
            assert ours.keys() == theirs.keys(), name
        elif isinstance(ours, tuple):
            assert len(ours) == len(theirs)

    def places(text):
        return {field for _, field, _, _ in string.Formatter().parse(text) if field}

    for key, text in (ZH.label | ZH.say).items():
        assert places(text) == places((EN.label | EN.say)[key]), key


def test_an_english_report_is_english_and_marks_what_is_not(made, page_jpeg):
    exam = made()
    result = compose(EXAM_ID, *exam.parts())
    html, pdf = render(result, exam.paper, exam.diagnosis, {1: page_jpeg}, FONTS, locale="en")
    page = re.sub(r"<style>.*?</style>", "", html.decode(), flags=re.DOTALL)
    assert '<html lang="en">' in page
    outside = re.sub(r'<span lang="zh-CN">[^<]*</span>|<title>.*?</title>|alt="[^"]*"', "", page)
    assert not re.search(r"[\u4e00-\u9fff]", outside)
    document = pypdfium2.PdfDocument(pdf)
    assert "Page 1 of" in document[0].get_textpage().get_text_range()


def test_the_pdf_is_tagged_for_screen_readers(made, page_jpeg):
    exam = made()
    pdf = render(compose(EXAM_ID, *exam.parts()), exam.paper, exam.diagnosis, {1: page_jpeg}, FONTS)[1]
    document = pypdfium2.PdfDocument(pdf)
    assert pypdfium2.raw.FPDFCatalog_IsTagged(document)
    assert b"pdfuaid:part" in pdf


def test_long_english_names_of_points_take_two_lines_beside_a_flag_not_four():
    names = "chemical equations", "calculating from equations"
    question = question_of("1", type="multiple_choice", knowledge_points=tuple(point(name) for name in names))
    answer = answer_of("1", verdict="wrong", score=0.0, max_score=3.0, student_answer="AB", needs_review=True)
    exam = exam_with((question, answer))
    _, pdf = render(compose(EXAM_ID, *exam.parts()), exam.paper, exam.diagnosis, {}, FONTS, locale="en")
    with pypdfium2.PdfDocument(pdf) as document:
        lines = [line for page in document for line in page.get_textpage().get_text_range().splitlines()]
    assert any("chemical equations," in line for line in lines)
    assert any("calculating from equations" in line for line in lines)
