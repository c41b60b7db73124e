r"""Fragments of TeX become sane trees; everything else stays as written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.report.core.maths import maths


def flat(nodes):
    """All characters that a reader sees."""
    text = ""
    for node in nodes:
        ((kind, value),) = node.items()
        text += value if kind == "t" else "".join(map(flat, value)) if kind == "frac" else flat(value)
    return text


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("x^2+1", [{"t": "x"}, {"sup": [{"t": "2"}]}, {"t": "+1"}]),
        ("2^{10}", [{"t": "2"}, {"sup": [{"t": "10"}]}]),
        (r"$\frac{1}{2}$", [{"frac": [[{"t": "1"}], [{"t": "2"}]]}]),
        (r"\frac12", [{"frac": [[{"t": "1"}], [{"t": "2"}]]}]),
        (r"$\pm\sqrt{6}$", [{"t": "±"}, {"sqrt": [{"t": "6"}]}]),
        (r"$60^\circ$", [{"t": "60°"}]),
        (r"$x_{1}\le 3$", [{"t": "x"}, {"sub": [{"t": "1"}]}, {"t": "≤ 3"}]),
        ("____ 米", [{"t": "____ 米"}]),
        ("{1, 2}", [{"t": "{1, 2}"}]),
        (":-^ hello", [{"t": ":-^ hello"}]),
    ],
)
def test_known_fragments(text, nodes):
    assert maths(text) == nodes


def test_an_unknown_command_stays_visible():
    assert flat(maths(r"$\input{/etc/passwd}$")) == r"\input/etc/passwd"


def test_a_cut_formula_does_not_swallow_what_follows():
    assert maths(r"作答“$\frac{3}{4}x^{2…”，订正。")[-1]["t"].endswith("订正。")


def test_deep_nesting_ends():
    assert flat(maths("$" + "^{" * 500 + "x" + "}" * 500 + "$"))


@given(st.text("\\{}^_$ab1 √中/|", max_size=60))
def test_any_text_is_read_without_losing_its_plain_characters(text):
    kept = [c for c in flat(maths(text)) if c in "√中/|"]
    assert kept == [c for c in text if c in "√中/|"]
