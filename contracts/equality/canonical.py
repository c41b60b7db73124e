"""One spelling for the many ways of typing an answer: width, case, LaTeX, superscripts, punctuation."""

import re
import unicodedata
from functools import lru_cache

from contracts.equality.latex import plain_latex

MAX_LENGTH = 400
"""What is longer is cut; no short answer needs more."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋ₙ", "0123456789+-n")
_VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
           "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8"}  # fmt: skip
_PUNCTUATION = str.maketrans(
    {
        "，": ",", "。": ".", "．": ".", "；": ";", "：": ":", "？": "?", "！": "!", "（": "(", "）": ")",
        "【": "[", "】": "]", "“": '"', "”": '"', "‘": "'", "’": "'", "—": "-", "－": "-", "–": "-", "―": "-", "−": "-",
        "～": "~", "〜": "~", "×": "*", "✕": "*", "╳": "*", "·": "*", "⋅": "*", "•": "*", "∶": ":",
        "《": '"', "》": '"', "〈": '"', "〉": '"', "Δ": "△", "⩽": "≤", "≦": "≤", "⩾": "≥", "≧": "≥", "º": "°", "˚": "°",
        "∕": "/", "⁄": "/", "✓": "√", "✔": "√", "μ": "µ", "﹣": "-", "ˉ": "-", "…": "..", "Ø": "∅", "ϕ": "φ", "⟶": "→",
        "⇄": "⇌", "≈": "≈", "▲": "△", "∼": "~", "∣": "|", "∨": "或", "∧": "且", "″": "″",
    }
)  # fmt: skip
_PRIME = re.compile(r"(?<=[A-Z])(?<!(?<![A-Z])'[A-Z])(?<![a-z][A-Z])'(?!s)")
"""The apostrophe of a point's name, A'B'; not the quotes of 'A' or the ending of DNA's."""
_HIDDEN = {chr(0x2460 + i): chr(0xE460 + i) for i in range(20)} | {"″": chr(0xE480), "℃": chr(0xE481)}
_HIDE, _SHOW = str.maketrans(_HIDDEN), str.maketrans({v: k for k, v in _HIDDEN.items()})
"""Circled numbers are labels, not digits: kept from the compatibility normalisation that would open them."""


@lru_cache(maxsize=256)
def canonical(text: str) -> str:
    """`text` in one spelling, case kept, without spaces; powers as ^(…), subscripts as _…, mixed numbers as 1&1/2."""
    text = plain_latex(text.strip()[:MAX_LENGTH])
    text = re.sub(
        "(?:(?<=^)|(?<=[-+*/=(,×÷]))([²³])(?=√)", lambda m: f"√[{m[1].translate(_SUPERSCRIPTS)}]", text
    ).replace("]√", "]")
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+", lambda m: f"^({m[0].translate(_SUPERSCRIPTS)})", text)
    text = re.sub("(?<=[A-Za-zα-ωΑ-Ω)])[₀₁₂₃₄₅₆₇₈₉ₙ]+", lambda m: f"_{m[0].translate(_SUBSCRIPTS)}", text)
    text = re.sub("([0-9０-９])?([½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])", _vulgar, text)
    text = re.sub("(?<=[一-鿿])[·•・](?=[一-鿿])", "", text)  # parts a foreign name, and multiplies nothing
    text = text.translate(_PUNCTUATION).translate(_HIDE)
    text = unicodedata.normalize("NFKC", text).translate(_PUNCTUATION).translate(_SHOW)
    text = re.sub(r"(?<![\d./&])(\d{1,6})(?:\s+|\s*又\s*)(\d{1,9})[/÷](\d{1,9})(?!\d)", r"\1&\2/\3", text)
    text = text.replace("÷", "/")  # only now: 60÷2 3/4 divides by a mixed number, 1/2 3/4 are two fractions
    text = re.sub("弧(?=[A-Z]{2})", "⌒", text)
    text = _PRIME.sub("′", text)
    text = re.sub(r"_{2,}|(?<![A-Za-zα-ω)])_|_(?![A-Za-z0-9(])", "", text)
    text = re.sub(r"\.{2,}", "..", re.sub(r"\s+", "", text)).replace("sqrt", "√")
    text = re.sub(r"(?<=\d)[xX](?=10\^)", "*", text)
    text = re.sub(r"(?<=\d\*10)-(\d{1,2})(?!\d)", r"^(-\1)", text)
    return re.sub(r"^(?:解|答案|答)[:,]?(?=.)", "", text).rstrip(".,;、").lstrip(",;、")


def _vulgar(found: re.Match[str]) -> str:
    value = _VULGAR[found[2]]
    return f"{found[1]}&{value}" if found[1] else f"({value})"


def letters(text: str) -> str:
    """The canonical text reduced to what tells two wordings apart: no case, separators, quotes or redundant brackets."""
    text = canonical(text).lower()
    text = re.sub(r"\^\((\w+|-\w+)\)", r"^\1", text)
    for _ in range(4):
        text = re.sub(r"(?<![a-z])\((-?[\w.π]+|√[\w.]+)\)", r"\1", text)
    return re.sub(r"[|;,、\"'.](?!\d)", "", text).replace("*", "×")
