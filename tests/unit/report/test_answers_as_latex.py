r"""Answers as LaTeX: what is set is what was written, and says the same to the checker. (All of it was set by KaTeX once.)"""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_exam import EXAM_ID, answer_of, exam_of, question_of
from pylopdf_fonts_zh_cn import sans_path

from contracts.equality.compare import compare
from contracts.equality.latex import plain_latex
from contracts.notation.answers import answer_latex
from contracts.notation.inline import STYLES
from contracts.notation.parts import blanks_of
from services.report.core import compose
from services.report.core.html import render_html
from services.report.core.pdf import render_pdf
from services.report.core.view import view_of

PAIRS = Path(__file__).parents[1] / "analyzer" / "pairs.jsonl"


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("3/4", r"\frac{3}{4}"),
        ("1 1/2", r"1\frac{1}{2}"),
        ("2又2/3米", r"2\frac{2}{3}\text{米}"),
        ("2√3/3", r"\frac{2\sqrt{3}}{3}"),
        ("(√6+1)/2", r"\frac{\sqrt{6}+1}{2}"),
        ("x^(n+1)", "x^{n+1}"),
        ("√[3](8)", r"\sqrt[3]{8}"),
        ("³√9/2", r"\frac{\sqrt[3]{9}}{2}"),
        ("√|x+1|", r"\sqrt{|x+1|}"),
        ("x=1/2或x=-3", r"x=\frac{1}{2}\text{或}x=-3"),
        ("x=1/2 or x=3", r"x=\frac{1}{2}\text{ or }x=3"),
        ("x₁=(-1+√5)/2", r"x_{1}=\frac{-1+\sqrt{5}}{2}"),
        ("cos60°=1/2", r"\cos60^{\circ}=\frac{1}{2}"),
        ("1/2≤x<3/4", r"\frac{1}{2}\le x<\frac{3}{4}"),
        ("2.6×10³kg/m³", r"2.6\times10^{3}\mathrm{kg}/m^{3}"),
        ("(1/2,3/4)", r"\left(\frac{1}{2},\frac{3}{4}\right)"),
        ("{x+y=3\nx-y=1", r"\begin{cases}x+y=3\\x-y=1\end{cases}"),
        ("{x=1,y=2}", r"\begin{cases}x=1\\y=2\end{cases}"),
        ("2x+1=3\nx=1/2", r"\begin{array}{l}2x+1=3\\x=\frac{1}{2}\end{array}"),
        ("3/4|√3|", r"\frac{3}{4}|\sqrt{3}|"),
        (r"$\frac12$", r"\frac{1}{2}"),
        (r"x=\dfrac12", r"x=\frac{1}{2}"),
        (r"\(\sqrt3\)", r"\sqrt{3}"),
        (r"解得$x=\sqrt3$或 $x^2$", r"\text{解得}x=\sqrt{3}\text{或}x^{2}"),
        (r"\left\{\begin{array}{l}x=1\\y=2\end{array}\right.", r"\begin{cases}x=1\\y=2\end{cases}"),
        (r"\text{当}x>0\text{时}，y=\frac12", r"\text{当}x>0\text{时，}y=\frac{1}{2}"),
    ],
)
def test_structure_that_is_written_in_plain_signs_or_tex_is_latex(text: str, latex: str) -> None:
    assert answer_latex(text) == latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        (r"\overset{\to}{AB}", r"\overrightarrow{AB}"),
        (r"\overset{\rightarrow}{AB}", r"\overrightarrow{AB}"),
        (r"\overset\to{a}=\overrightarrow{AB}", r"\vec{a}=\overrightarrow{AB}"),
        (r"\overset{\frown}{AB}", r"\widehat{AB}"),
    ],
)
def test_a_vector_has_an_arrow_over_all_its_letters_and_an_arc_stays_an_arc(text: str, latex: str) -> None:
    assert answer_latex(text) == latex


@pytest.mark.parametrize(
    "text",
    ["", None, "B", "ACD", "√", "√|×|√", "x=3", "60°", "m/s", "20m/s", "50%", "No solution", "千米/时", "2019/5/1"],
)
def test_an_answer_that_its_text_says_wholly_has_no_latex(text: str | None) -> None:
    assert answer_latex(text) is None


@pytest.mark.parametrize("text", ["1/2x", "a/b/c", "AB/CD", "sin x/2", "∠A/2", "1/2%"])
def test_what_can_be_meant_in_two_ways_is_not_decided(text: str) -> None:
    assert answer_latex(text) is None


def test_a_chemical_formula_stands_upright_with_its_indices() -> None:
    assert answer_latex("2H2O+CO2", "chemistry") == r"2\mathrm{H}_{2}\mathrm{O}+\mathrm{CO}_{2}"
    assert answer_latex("Fe³⁺", "chemistry") == r"\mathrm{Fe}^{3+}"


def test_other_subjects_have_latex_only_of_what_is_marked() -> None:
    assert answer_latex("3/4", "words") is None
    assert answer_latex("and/or", "words") is None
    assert answer_latex(r"比例为$\frac{9}{16}$", "words") == r"\text{比例为}\frac{9}{16}"


def test_every_answer_and_key_of_the_checkers_pairs_says_the_same_as_latex() -> None:
    seen = 0
    for line in PAIRS.read_text("utf-8").splitlines():
        pair = json.loads(line)
        for text in (pair["key"], pair["answer"]):
            latex = answer_latex(text, STYLES.get(pair["subject"], "words"))
            if latex is None or "CaCl+" in text:  # a wrong reaction is compared letter by letter
                continue
            seen += 1
            assert compare(plain_latex(latex), text).right, (text, latex)
    assert seen > 300


NUMBERS = st.integers(1, 99).map(str)
NAMES = st.sampled_from(["x", "y", "a", "π", "x_1"])
EXPRESSIONS = st.recursive(
    NUMBERS | NAMES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "×"]), inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]})/({pair[1]})"),
        inner.map(lambda one: f"√({one})"),
        inner.map(lambda one: f"√[3]({one})"),
        st.tuples(NAMES, st.sampled_from(["2", "3", "n+1", "-1"])).map(lambda pair: f"{pair[0]}^({pair[1]})"),
        inner.map(lambda one: f"-({one})"),
        st.tuples(NUMBERS, NUMBERS).map("/".join),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS)
def test_a_generated_expression_says_the_same_as_latex(text: str) -> None:
    latex = answer_latex(text)
    if latex is not None:
        assert compare(plain_latex(latex), text).right


@settings(max_examples=150, deadline=None)
@given(
    st.text("\\{}^_$ab1 √中/|()[]=-+<>&²'°≠\n\u0301", max_size=40), st.sampled_from(["algebra", "chemistry", "words"])
)
def test_any_text_gives_latex_with_paired_braces_and_no_two_scripts_in_one_place(text: str, style: str) -> None:
    latex = answer_latex(text, style) or ""
    bare = re.sub(r"\\[^a-z]", "", latex)  # \\ \{ \}
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"\^\{[^{}]*\}\^", latex)


def test_the_result_has_latex_of_the_answer_and_of_the_key_in_its_subject() -> None:
    exam = exam_of([question_of("1")], [answer_of("1", student_answer="2√3/3", correct_answer="B")])
    question = compose(EXAM_ID, *exam.parts()).questions[0]
    assert (question.student_answer_latex, question.correct_answer_latex) == (r"\frac{2\sqrt{3}}{3}", None)


@pytest.mark.parametrize(
    ("line", "blanks"),
    [
        ("3|4", ["3", "4"]),
        ("-3|5|-2", ["-3", "5", "-2"]),
        ("|5", ["", "5"]),
        ("√|×|√", ["√", "×", "√"]),
        ("|x|=3", ["|x|=3"]),
        ("2+|x-1|", ["2+|x-1|"]),
        ("|a|-|b|", ["|a|-|b|"]),
        ("{x|x>1}|(1,2)", ["{x|x>1}", "(1,2)"]),
        (r"\{x|x>1\}", [r"\{x|x>1\}"]),
        (r"$\left|x\right|$|$\frac12$", [r"$\left|x\right|$", r"$\frac12$"]),
        (r"\left|x\right|=3", [r"\left|x\right|=3"]),
        ("(1|2", ["(1", "2"]),
    ],
)
def test_bars_part_blanks_but_not_formulas(line: str, blanks: list[str]) -> None:
    assert blanks_of(line) == blanks


TYPED = {
    r"$\frac12$": "[(1)/(2)]",
    r"\dfrac{1}{2}": "[(1)/(2)]",
    r"$\sqrt3$": "[√(3)]",
    "x^2": "[x^2]",
    "x=1 1/2": "[x=1 (1)/(2)]",
    "\\begin{cases}\nx=1\\\\\ny=2\n\\end{cases}": "[{x=1; y=2}]",
    r"\left\{\begin{array}{l}x+y=3\\x-y=1\end{array}\right.": "[{x+y=3; x-y=1}]",
    r"$\left|x\right|=3$": "[|x|=3]",
    r"\{x|x>1\}": "[{x|x>1}]",
    r"$\frac12$|$\sqrt3$": "[(1)/(2)]；[√(3)]",
    r"\(\frac{3}{4}\)": "[(3)/(4)]",
    "$$x^2$$": "[x^2]",
}


def test_keys_that_teachers_type_in_tex_are_set_in_both_reports() -> None:
    keys = [answer_of(str(at), student_answer="0", correct_answer=key) for at, key in enumerate(TYPED)]
    exam = exam_of([question_of(str(at)) for at in range(len(TYPED))], keys)
    parts = exam.parts()
    view = view_of(compose(EXAM_ID, *parts), parts[2], parts[4], {})
    rows = [row for table in view["table"] for row in table["rows"]]
    shown = ["".join(f"[{node['alt']}]" if "m" in node else node["t"] for node in row["correct"]) for row in rows]
    assert dict(zip(TYPED, shown, strict=True)) == TYPED
    html = render_html(view).decode()
    assert not re.search(r"\\(?:d?frac|sqrt|begin|left|\()|\$", html.partition("<body")[2])
    assert html.count("<mfrac>") >= 5
    assert render_pdf(view, (sans_path().parent,)).startswith(b"%PDF")
