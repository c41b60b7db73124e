"""The report in both forms: safe, self-contained, the same every time, and complete."""

import base64
import hashlib
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import pypdfium2
import pytest
from made_exam import EXAM_ID, answer_of, exam_of, question_of
from pylopdf_fonts_zh_cn import sans_path

from contracts.artefacts.paper import Header, KnowledgePoint, Region, Section
from services.diagnostic.core import diagnose
from services.report.core import compose, pages_needed, render, view_of
from services.report.core.crops import crops_of

FONTS = (sans_path().parent,)
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{7*7}} #panic() `a` \\evil{a} $x^2$"


def rendered(exam, pages=None, locale="zh-CN"):
    result = compose(EXAM_ID, *exam.parts())
    return render(result, exam.paper, exam.diagnosis, pages or {}, FONTS, locale=locale)


def hostile_exam():
    question = question_of(
        HOSTILE,
        ("一", HOSTILE),
        type="essay",
        text=HOSTILE,
        regions=(Region(page=1, box=(0, 0, 1200, 400)),),
        knowledge_points=(KnowledgePoint(code="k", name=HOSTILE, confidence=1),),
    )
    answer = answer_of(
        HOSTILE, ("一", HOSTILE), student_answer=HOSTILE, correct_answer=HOSTILE, verdict="wrong", score=0.0,
        max_score=5.0, error_cause=HOSTILE, feedback=HOSTILE, needs_review=True,
    )  # fmt: skip
    header = Header(name=HOSTILE, class_=HOSTILE, number=HOSTILE)
    exam = exam_of([question], [answer], title=HOSTILE, header=header, sections=(Section(number="一", title=HOSTILE),))
    diagnosis = diagnose(exam.submission, exam.paper, exam.analysis)
    return type(exam)(*exam.parts()[:4], diagnosis)


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def pdf_text(pdf):
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def test_student_text_never_becomes_markup(page_jpeg):
    page = rendered(hostile_exam(), {1: page_jpeg})[0].decode()
    tags = Tags(page).found
    assert not [tag for tag, _ in tags if tag in {"script", "iframe", "object", "link", "form", "a", "base"}]
    assert not [name for _, attrs in tags for name in attrs if name.startswith("on")]
    assert all(attrs["src"].startswith("data:image/jpeg;base64,") for tag, attrs in tags if tag == "img")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{7*7}}" in page


def test_the_page_forbids_scripts_and_requests(made):
    page = rendered(made())[0].decode()
    policy = next(a["content"] for t, a in Tags(page).found if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "img-src data:" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?://|url\(|@import|\sstyle=", page)


def test_the_policy_allows_the_pages_own_style_and_no_other(made):
    page = rendered(made())[0].decode()
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in page.replace("&#39;", "'")


def test_student_text_never_becomes_typst_markup(page_jpeg):
    pdf = rendered(hostile_exam(), {1: page_jpeg})[1]
    assert "#panic()" in pdf_text(pdf)


def test_the_pdf_is_the_same_byte_for_byte(made, page_jpeg):
    first = rendered(made(), {1: page_jpeg})
    assert first == rendered(made(), {1: page_jpeg})


def test_both_forms_say_score_student_verdicts_and_advice(made):
    html, pdf = rendered(made())
    plain = re.sub(r"<[^>]+>", "", html.decode())
    for text in (plain, pdf_text(pdf).replace("\u200b", "")):
        squeezed = "".join(text.split())
        for word in (
            "云杉中学七年级数学上册阶段检测",
            "林知夏",
            "满分42",
            "未作答",
            "待复核",
            "先做这两件事",
            "错题本",
            "同类项",
        ):
            assert word in squeezed


def test_every_verdict_has_a_sign_of_its_own_shape(made):
    page = rendered(made())[0].decode()
    shapes = dict(re.findall(r'<svg class="sign (\w+)"[^>]*>(.*?)</svg>', page, re.DOTALL))
    assert set(shapes) >= {"correct", "wrong", "partial", "blank", "ungraded"}
    assert len(set(shapes.values())) == len(shapes)


@pytest.mark.parametrize("count", [0, 1, 60])
def test_any_number_of_questions_makes_a_report(made, count):
    exam = made(count) if count else exam_of([], [])
    html, pdf = rendered(exam)
    assert html.decode().rstrip().endswith("</html>")
    assert len(pypdfium2.PdfDocument(pdf)) == {0: 1, 1: 2}.get(count, len(pypdfium2.PdfDocument(pdf)))


def test_pages_of_the_pdf_are_numbered(made):
    document = pypdfium2.PdfDocument(rendered(made(60))[1])
    texts = ["".join(page.get_textpage().get_text_range().split()) for page in document]
    assert len(texts) > 2
    for number, text in enumerate(texts, 1):
        assert f"第{number}页/共{len(texts)}页" in text


def test_the_tables_head_repeats_on_every_page_of_it(made):
    document = pypdfium2.PdfDocument(rendered(made(60))[1])
    texts = ["".join(page.get_textpage().get_text_range().split()) for page in document]
    rows = [text for text in texts if "题号题型作答" in text]
    assert len(rows) > 1


def test_null_fields_leave_no_none_behind():
    exam = exam_of([question_of("1")], [answer_of("1")])
    html, pdf = rendered(exam)
    assert "None" not in html.decode()
    assert "none" not in pdf_text(pdf).lower()


def test_very_long_answers_stay_on_the_page(made):
    exam = made(8, long="x" * 3000)
    document = pypdfium2.PdfDocument(rendered(exam)[1])
    for page in document:
        text = page.get_textpage()
        for index in range(text.count_rects()):
            left, _, right, _ = text.get_rect(index)
            assert left >= 0
            assert right <= page.get_width()


def test_control_characters_and_direction_overrides_are_dropped():
    exam = exam_of([question_of("1")], [answer_of("1", student_answer="a\x00b\u202ec", verdict="wrong")])
    assert "abc" in rendered(exam)[0].decode()


def test_signs_of_exam_papers_have_glyphs():
    signs = "√×∠△⊥∥≌∽≤≥≠±°²³½①②③αβθπ∞∈∪∩∅∵∴→÷·℃"
    exam = exam_of([question_of("1")], [answer_of("1", student_answer=signs, verdict="wrong")])
    pdf = rendered(exam)[1]
    shown = {ord("²"): "2", ord("³"): "3", ord("√"): "✓"}  # real exponents; a radical without radicand is a tick
    assert set(signs.translate(shown)) <= set(pdf_text(pdf))


def test_crops_show_lost_and_doubtful_questions_only_and_are_bounded(made, page_jpeg):
    exam = made(60)
    result = compose(EXAM_ID, *exam.parts())
    crops = crops_of({1: page_jpeg}, result.questions, 5)
    assert len(crops) == 5
    assert all(result.questions[i].verdict != "correct" or result.questions[i].needs_review for i in crops)
    assert all(crop.width <= 960 and crop.height <= 900 for cut in crops.values() for crop in cut)
    assert all(crop.jpeg.startswith(b"\xff\xd8") for cut in crops.values() for crop in cut)


def test_lost_points_come_before_doubts_when_crops_are_few(made, page_jpeg):
    result = compose(EXAM_ID, *made(16).parts())
    lost = {i for i, q in enumerate(result.questions) if q.verdict in {"wrong", "partial", "blank"}}
    assert set(crops_of({1: page_jpeg}, result.questions, len(lost))) == lost


def test_regions_outside_the_page_make_no_crop(page_jpeg):
    region = Region(page=1, box=(5000, 5000, 5200, 5100))
    exam = exam_of([question_of("1", regions=(region,))], [answer_of("1", verdict="wrong")])
    assert crops_of({1: page_jpeg}, compose(EXAM_ID, *exam.parts()).questions, 5) == {}


def test_a_missing_page_costs_its_crops_and_nothing_else(made):
    exam = made()
    assert pages_needed(compose(EXAM_ID, *exam.parts())) == (1,)
    assert b"<img" not in rendered(exam, {})[0]


def test_a_picture_that_is_none_is_an_error(made):
    with pytest.raises(OSError, match="cannot identify"):
        crops_of({1: io.BytesIO(b"no picture").getvalue()}, compose(EXAM_ID, *made().parts()).questions, 5)


def test_parents_stand_aside_for_their_parts():
    exam = exam_of(
        [question_of("17", type="composite"), question_of("17(1)", ("17", "(1)")), question_of("17(2)", ("17", "(2)"))],
        [answer_of("17(1)", ("17", "(1)"), verdict="wrong", score=0.0, max_score=2.0)],
    )
    page = rendered(exam)[0].decode()
    assert '<th role="rowheader" class="no" scope="row">17(1)</th>' in page
    assert '<th role="rowheader" class="no" scope="row">17</th>' not in page


def summary_of(exam):
    result = compose(EXAM_ID, *exam.parts())
    return view_of(result, exam.paper, exam.diagnosis, {})


def test_questions_that_nobody_judged_are_not_counted_as_lost():
    exam = exam_of(
        [question_of("1"), question_of("2")],
        [
            answer_of("1", verdict="correct", score=3.0, max_score=3.0),
            answer_of("2", verdict="ungraded", max_score=5.0),
        ],
    )
    exam = replace(exam, analysis=exam.analysis.model_copy(update={"max": 8.0}))
    score = summary_of(exam)["score"]
    assert (score["big"], score["small"], score["share"]) == ("3", "已判 3 分", 1.0)


def test_without_points_the_ring_counts_questions():
    exam = exam_of(
        [question_of("1"), question_of("2"), question_of("3")],
        [answer_of("1", verdict="correct"), answer_of("2", verdict="wrong"), answer_of("3")],
    )
    exam = replace(exam, analysis=exam.analysis.model_copy(update={"earned": None, "max": None}))
    view = summary_of(exam)
    assert (view["score"]["big"], view["score"]["small"], view["score"]["share"]) == ("1/2", "题答对", 0.5)
    assert view["sections"][0]["text"] == "1 / 2 题"


def test_questions_read_out_of_order_stand_in_order():
    exam = exam_of([question_of(n) for n in ("5", "2", "10")], [answer_of(n) for n in ("5", "2", "10")])
    assert [row["number"] for row in summary_of(exam)["table"][0]["rows"]] == ["2", "5", "10"]


def test_a_sections_name_leaves_out_its_scoring_rule():
    sections = (Section(number="一", title="一、选择题：本大题共 6 小题，共 18 分"),)
    exam = exam_of([question_of("1", ("一", "1"))], [], sections=sections)
    assert summary_of(exam)["sections"][0]["name"] == [{"t": "一、选择题"}]


def test_a_group_heading_never_ends_a_page(made):
    document = pypdfium2.PdfDocument(rendered(made(60))[1])
    names = ("一、选择题", "二、判断题", "三、填空题", "四、解答题")
    for page in document:
        lines = [line for line in page.get_textpage().get_text_range().splitlines() if line.strip()]
        assert lines[-2].strip() not in names  # the last line is the footer


@pytest.mark.parametrize(
    "text",
    [
        "😀𠮷ﷺ नमस्ते",
        "\u200b",
        r"$\frac{}{}$",
        r"$\vec{}$",
        r"\begin{cases}\end{cases}",
        "x=()",
        "一" * 3000,
        "x=1+" * 99,
    ],
)
def test_no_text_keeps_a_report_from_being_made(text):
    question = question_of("1", text=text)
    answer = answer_of("1", student_answer=text, correct_answer=text, verdict="wrong", feedback=text, error_cause=text)
    html, pdf = rendered(exam_of([question], [answer], title=text, header=Header(name=text)))
    assert html.rstrip().endswith(b"</html>")
    assert pdf.startswith(b"%PDF")
