"""Formulas become sane trees and MathML; what is no formula stays as written."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.notation.inline import inline
from contracts.notation.maths import read_formula
from contracts.notation.spoken import linear
from services.report.core.mathml import mathml


def heard(text, **kind):
    """Formulas in brackets, on one line each, among the other text."""
    return "".join(f"[{node['alt']}]" if "m" in node else node["t"] for node in inline(text, **kind))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x^2+1", "[x^2+1]"),
        ("2^{10}", "[2^(10)]"),
        (r"$\frac{1}{2}$", "[(1)/(2)]"),
        (r"\frac12", "[(1)/(2)]"),
        (r"$\pm\sqrt{6}$", "[±√(6)]"),
        (r"$60^\circ$", "[60°]"),
        (r"$x_{1}\le 3$", "[x_1≤3]"),
        (r"$x_1^2$", "[x_(1)^(2)]"),
        (r"\begin{cases}x=1\\y=2\end{cases}", "[{x=1; y=2}]"),
        (r"$\sqrt[3]{8}$", "[(8)^(1/3)]"),
        ("x=1或x=2", "[x=1]或[x=2]"),
        ("3（x－2）＝ x＋8", "[3(x-2)=x+8]"),
        ("第3题（x=5，不是 x=7）", "第3题（[x=5]，不是 [x=7]）"),
        ("2√3", "[2√(3)]"),
        ("x²+x₁", "[x^2+x_1]"),
        ("-17", "[-17]"),
        ("{x|x>1}", "[{x|x>1}]"),
        ("____ 米", "____ 米"),
        ("{1, 2}", "{1, 2}"),
        (":-^ hello", ":-^ hello"),
        ("第1–4、7题得 0/12 分", "第1–4、7题得 0/12 分"),
        ("a well-known one", "a well-known one"),
        ("a<b and c>d", "a<b and c>d"),
        ("√", "✓"),
        ("√×√×", "✓×✓×"),
        ("√；×；√", "✓；×；✓"),
        ("1.√ 2.× 3.√", "1.✓ 2.× 3.✓"),
        ("A√ B×", "A✓ B×"),
        ("1√2×3√", "1✓2×3✓"),
        ("√√×", "✓✓×"),
        ("对的打√，错的打×", "对的打✓，错的打×"),
        ("x=√", "[x=]✓"),
        ("√2", "[√(2)]"),
        ("√ 2", "√ 2"),
        ("2√a+√(b+1)", "[2√(a)+√((b+1))]"),
        ("√√16", "[√(√(16))]"),
        ("√x·√y", "[√(x)·√(y)]"),
        ("√π", "[√(π)]"),
        ("A", "A"),
    ],
)
def test_formulas_are_found_in_what_pupils_and_keys_write(text, said):
    assert heard(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2H2+O2=2H2O", "[2H_2+O_2=2H_2O]"),
        ("Ca(OH)2溶液", "[Ca(OH)_2]溶液"),
        ("A", "A"),
        ("CO2↑", "[CO_2↑]"),
        ("Al2O3; H+; CaO", "[Al_2O_3]; H+; CaO"),
        ("NaCl,CO2", "NaCl,[CO_2]"),
        ("Q1–15: 74 of 89 points", "Q1–15: 74 of 89 points"),
        ("Q12", "Q12"),
    ],
)
def test_chemical_formulas_get_their_indices_and_stand_upright(text, said):
    assert heard(text, style="chemistry") == said
    assert "<mi>" not in "".join(mathml(node["m"]) for node in inline(text, style="chemistry") if "m" in node)


def test_words_of_other_subjects_are_no_algebra():
    assert heard("1-c, 2-a; x=3", style="words") == "1-c, 2-a; x=3"


def test_an_unknown_command_stays_visible():
    assert linear(read_formula(r"$\input{/etc/passwd}$")) == r"\input/etc/passwd"


def test_a_cut_formula_does_not_swallow_what_follows():
    assert heard(r"作答“$\frac{3}{4}x^{2…”，订正。").endswith("…”，订正。")


def test_deep_nesting_ends():
    assert heard("$" + "^{" * 500 + "x" + "}" * 500 + "$")


def test_text_in_another_language_says_so():
    assert inline("勾股定理", lang="en") == [{"t": "勾股定理", "l": "zh-CN"}]
    assert inline("She goes to school", lang="zh", style="words") == [{"t": "She goes to school", "l": "en"}]
    assert inline("勾股定理", lang="zh") == [{"t": "勾股定理"}]


def test_mathml_has_an_operand_for_every_place_and_names_for_its_kinds():
    nodes = inline(r"$\frac{3}{4}x^{2}=\sqrt{5}$")[0]["m"]
    whole = mathml(nodes)
    assert "<mfrac><mn>3</mn><mn>4</mn></mfrac><msup><mi>x</mi><mn>2</mn></msup>" in whole
    assert (
        '<wbr><math><mo form="infix">=</mo><msqrt><mn>5</mn></msqrt></math>' in whole
    )  # may break before the relation


def test_a_sign_is_a_minus_and_stands_close_to_its_number():
    assert mathml(read_formula("=-8")) == '<math><mo form="infix">=</mo><mo form="prefix">−</mo><mn>8</mn></math>'


_ARITY = {"mfrac": 2, "msup": 2, "msub": 2, "mroot": 2, "msubsup": 3, "mover": 2}


@given(st.text("\\{}^_$ab1 √中/|()[]=-+<>&²", max_size=60))
def test_any_text_is_read_without_losing_its_plain_characters_and_gives_sound_mathml(text):
    kept = [c for c in heard(text, style="algebra") if c == "中"]
    assert kept == [c for c in text if c == "中"]
    drawn = "".join(mathml(node["m"]) for node in inline(text) if "m" in node)
    for element in ET.fromstring(f"<all>{drawn.replace('<wbr>', '')}</all>").iter():
        assert len(element) == _ARITY.get(element.tag, len(element))


@given(st.lists(st.sampled_from([r"\frac", "{", "}", "^", "_", r"\sqrt", "x", "12", r"\left(", r"\right)", "[", "]"])))
def test_any_tex_is_read_and_drawn(pieces):
    drawn = mathml(read_formula("".join(pieces))).replace("<wbr>", "")
    for element in ET.fromstring(f"<all>{drawn}</all>").iter():
        assert len(element) == _ARITY.get(element.tag, len(element))
