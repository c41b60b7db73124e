"""The class report in Chinese and in English: the same report, in one language throughout."""

import re
from string import Formatter
from typing import get_args

import pytest

from contracts import names
from services.gateway.classreport.core.document import Unsaid
from services.gateway.classreport.core.texts import TEXTS
from services.gateway.classreport.core.view import view_of
from services.gateway.classreport.core.words import Words
from services.gateway.classreport.html import render_html
from tests.unit.gateway.classreport.made_class import made
from tests.unit.gateway.classreport.test_class_statistics import report_of

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_say_the_same_things() -> None:
    assert {key: places(text) for key, text in TEXTS["zh"].items()} == {
        key: places(text) for key, text in TEXTS["en"].items()
    }
    for table in (names.SUBJECTS, names.TYPES):
        assert set(table["zh"]) == set(table["en"])  # type: ignore[index]
    assert len(names.GRADES["zh"]) == len(names.GRADES["en"]) == 12


def test_everything_a_report_withholds_has_words() -> None:
    for field, prefix in (("what", "what."), ("why", "why.")):
        for value in get_args(Unsaid.model_fields[field].annotation):
            assert f"{prefix}{value}" in TEXTS["en"]


@pytest.mark.parametrize("students", [3, 40])
def test_an_english_report_has_no_chinese_word(students: int) -> None:
    report = report_of(made(1, students=students, wrong_key=4), disclosure="score")
    page = render_html(view_of(report, Words("en"))).decode()
    quoted = [report.name, report.title, *report.classes, *(point.name for point in report.knowledge_points)]
    for text in sorted(filter(None, quoted), key=len, reverse=True):  # what teachers called things stays as it is
        page = page.replace(text, "")
    assert CHINESE.findall(page) == []
    assert '<html lang="en">' in page
    assert "Question by question" in page


def test_a_chinese_report_has_its_figures_in_the_same_places() -> None:
    report = report_of(made(1, students=40), disclosure="score")
    pages = {language: render_html(view_of(report, Words(language))).decode() for language in ("zh", "en")}  # type: ignore[arg-type]
    rows = {language: re.findall(r'<td class="n">([-−0-9.%]+)', page) for language, page in pages.items()}
    assert rows["zh"] == rows["en"]
    assert len(rows["zh"]) > 50
