"""How points went over the last exams: drawn where an earlier exam is known, and told in words to who can't see it."""

import io
from datetime import date

import pypdfium2
from made_exam import EXAM_ID, made_exam
from pylopdf_fonts_zh_cn import sans_path

from contracts.artefacts.diagnosis import Background, PastMastery
from services.report.core import compose, render
from services.report.core.trend import trend_of
from services.report.core.words import EN, ZH


def sat_before(*shares):
    """An exam whose first point was asked before, with these masteries, month by month."""
    exam = made_exam()
    code = exam.diagnosis.mastery[0].code
    past = tuple(
        PastMastery(
            code=code, on=date(2026, month, 10), mastery=share, low=share - 0.1, high=share + 0.1, sufficient=month > 1
        )
        for month, share in enumerate(shares, 1)
    )
    submission = exam.submission.model_copy(update={"background": Background(trend=past)})
    _, *others = exam.parts()
    return exam, compose(EXAM_ID, submission, *others)


def test_a_chart_has_a_dot_per_exam_the_present_one_last_and_says_them_in_words():
    exam, result = sat_before(0.2, 0.45)
    (chart,) = trend_of(result, EN)
    now = exam.diagnosis.mastery[0]
    assert [dot["x"] for dot in chart["dots"]] == [0.0, 0.5, 1.0]
    assert [dot["mean"] for dot in chart["dots"]] == [0.2, 0.45, now.mastery]
    assert [dot["thin"] for dot in chart["dots"]] == [True, False, not now.sufficient]
    assert chart["said"].startswith("2026-01-10 20 (10–30)")
    assert "this exam" in chart["said"]
    assert trend_of(sat_before()[1], ZH) == []


def test_the_english_name_of_a_point_begins_as_in_the_chart_of_mastery():
    _, result = sat_before(0.2)
    (first, *others) = result.diagnosis.mastery
    named = (first.model_copy(update={"name": "mass and density"}), *others)
    diagnosis = result.diagnosis.model_copy(update={"mastery": named})
    (chart,) = trend_of(result.model_copy(update={"diagnosis": diagnosis}), EN)
    assert chart["name"] == "Mass and density"


def test_both_forms_of_the_report_have_the_charts_only_when_there_was_an_exam_before():
    exam, result = sat_before(0.2, 0.45)
    html, pdf = render(result, exam.paper, exam.diagnosis, {}, (sans_path().parent,), locale="en")
    page = html.decode()
    assert 'id="h-trend"' in page
    assert 'aria-label="2026-01-10 20 (10–30)' in page
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        text = "".join(document[n].get_textpage().get_text_range() for n in range(len(document)))
    assert "Over the last exams" in text
    alone = sat_before()[1]
    plain = render(alone, exam.paper, exam.diagnosis, {}, (sans_path().parent,), locale="en")[0].decode()
    assert 'id="h-trend"' not in plain
