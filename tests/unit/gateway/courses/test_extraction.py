"""Points of a course text by the local rules: headings, definitions, and what each builds on."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.taxonomy import Taxonomy, taxonomy
from services.gateway.courses.core.extract import extract
from services.gateway.courses.core.found import stands_in
from services.gateway.courses.core.lines import lines_of
from services.gateway.courses.core.own import as_wanted, own_points
from services.gateway.courses.core.proposal import Draft, draft, quoted
from services.gateway.courses.core.reply import masked
from tests.unit.gateway.courses.texts import CHINESE, ENGLISH

MATHS = taxonomy("math")


def drafted(text: str, known: Taxonomy = MATHS, most: int = 300) -> Draft:
    return draft(extract(lines_of(text), [point.name for point in known.points]), known, most)


def links(made: Draft) -> dict[str, list[tuple[str, str]]]:
    return {point.name: [(link.name, link.basis) for link in point.requires] for point in made.points}


def test_headings_and_defined_terms_are_points_and_exercises_are_none() -> None:
    names = [point.name for point in drafted(CHINESE).points]
    assert names == [
        "一元一次方程", "等式的性质", "等式", "方程的概念", "方程", "解一元一次方程", "移项", "合并同类项", "去括号与去分母", "实际问题",
    ]  # fmt: skip


def test_a_point_builds_on_what_the_text_says_what_its_passage_names_and_what_stands_before_it() -> None:
    found = links(drafted(CHINESE))
    assert ("等式的性质", "stated") in found["解一元一次方程"]
    assert ("等式", "mentioned") in found["方程"]
    assert found["去括号与去分母"] == [("合并同类项", "order")]
    assert found["等式的性质"] == []


def test_a_name_of_the_taxonomy_is_that_point_and_others_are_the_schools_own() -> None:
    points = {point.name: point for point in drafted(CHINESE).points}
    chapter, own = points["一元一次方程"], points["移项"]
    assert (chapter.code, chapter.known, chapter.parent) == ("math.07", True, "math.topic.方程与方程组")
    assert (own.code, own.known, own.parent) == ("given.移项", False, "given.解一元一次方程")
    assert points["等式的性质"].parent == "math.07"


def test_english_text_without_markup_has_its_points_too() -> None:
    found = links(drafted(ENGLISH))
    assert {"Linear functions", "Ratios and rates", "ratio", "unit rate", "Slope", "Slope-intercept form"} == set(found)
    assert ("Ratios and rates", "stated") in found["Slope"]
    assert ("unit rate", "stated") in found["Slope"]
    assert found["Slope-intercept form"] == [("Slope", "mentioned")]


@pytest.mark.parametrize("text", [CHINESE, ENGLISH])
def test_every_quote_stands_in_the_text_at_its_line(text: str) -> None:
    made = drafted(text)
    assert all(stands_in(quote, text) for quote in quoted(made.points))
    rows = text.splitlines()
    assert all(stands_in(point.name, rows[point.line - 1]) for point in made.points)


def test_a_link_that_would_close_a_circle_with_the_taxonomy_is_left_out_and_counted() -> None:
    first = next(p for p in MATHS.points if p.requires and p.parent)
    before = next(p for p in MATHS.points if p.code == first.requires[0])
    made = drafted(f"## {first.name}\n见后。\n\n## {before.name}\n前置知识：{first.name}\n")
    assert (links(made)[before.name], made.left_out) == ([], 1)


def test_points_beyond_the_most_are_counted_and_nothing_in_nothing_out() -> None:
    made = drafted(CHINESE, most=4)
    assert (len(made.points), made.more) == (4, 6)
    assert drafted("今天天气很好，我们去公园。\n") == Draft(())
    assert drafted("") == Draft(())


def test_what_a_syllabus_lists_under_a_heading_are_points_and_its_aims_are_none() -> None:
    text = "## 函数初步\n- 变量与常量\n- 函数的图象（2课时）\n- $y=kx+b$\n- 会画图象，能说出它的性质。\n## 教学目标\n- 数形结合\n"
    made = drafted(text)
    assert [point.name for point in made.points] == ["函数初步", "变量与常量", "函数的图象"]
    assert [point.parent for point in made.points] == [None, "given.函数初步", "given.函数初步"]
    assert links(made)["函数的图象"] == [("变量与常量", "order")]


def test_code_in_fences_and_hidden_characters_bring_no_points() -> None:
    made = drafted("## 循环结构\n```\n# 注释不是标题\n```\n\u200b## 数\u202e组\n")
    assert [point.name for point in made.points] == ["循环结构", "数组"]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="#=-.1一二第章节（）()*方程等式叫做是指 ab\n，。：", max_size=400))
def test_whatever_the_text_its_proposal_joins_the_taxonomy_without_a_circle(text: str) -> None:
    made = drafted(text)
    assert all(stands_in(quote, text) for quote in quoted(made.points))
    points = own_points(MATHS, (), as_wanted(made.points))  # refuses circles and unknown points
    Taxonomy.model_validate(MATHS.with_own(points).model_dump())


@pytest.mark.parametrize("piece", ["a", "1.", "叫做", "**ab** ", "a@", "（", "3-3", "先学习", "## 甲\n甲乙。\n"])
def test_no_text_takes_the_square_of_its_length(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    began = time.process_time()
    drafted(text)
    masked(text)
    assert time.process_time() - began < 10, "a tenth of a second, or minutes"
