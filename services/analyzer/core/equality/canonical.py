"""One spelling for the many ways of typing an answer: width, case, LaTeX, superscripts, punctuation."""

import re
import unicodedata

MAX_LENGTH = 400
"""Longer texts are compared as text only; no short answer needs more."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_PUNCTUATION = str.maketrans(
    {
        "，": ",", "。": ".", "．": ".", "、": ",", "；": ";", "：": ":", "？": "?", "！": "!", "（": "(", "）": ")",
        "【": "[", "】": "]", "“": '"', "”": '"', "‘": "'", "’": "'", "—": "-", "－": "-", "–": "-", "―": "-", "−": "-",
        "～": "~", "〜": "~", "×": "*", "✕": "*", "╳": "*", "·": "*", "⋅": "*", "•": "*", "÷": "/", "∶": ":",
        "《": '"', "》": '"', "〈": '"', "〉": '"', "Δ": "△", "⩽": "≤", "≦": "≤", "⩾": "≥", "≧": "≥", "º": "°", "˚": "°",
        "∕": "/", "⁄": "/", "✓": "√", "✔": "√", "μ": "µ", "﹣": "-", "ˉ": "-", "…": ".",
    }
)  # fmt: skip
_LATEX_WORDS = (
    ("leqslant", "≤"), ("geqslant", "≥"), ("leq", "≤"), ("geq", "≥"), ("neq", "≠"), ("le", "≤"), ("ge", "≥"),
    ("ne", "≠"), ("times", "*"), ("div", "/"), ("cdot", "*"), ("pi", "π"), ("infty", "∞"), ("circ", "°"), ("cup", "∪"),
    ("cap", "∩"), ("in", "∈"), ("pm", "±"), ("angle", "∠"), ("triangle", "△"), ("varnothing", "∅"), ("emptyset", "∅"),
    ("sin", "sin"), ("cos", "cos"), ("tan", "tan"), ("ln", "ln"), ("lg", "lg"), ("log", "log"), ("alpha", "α"),
    ("beta", "β"), ("theta", "θ"), ("perp", "⊥"), ("parallel", "∥"),
)  # fmt: skip


def plain_latex(text: str) -> str:
    """Common LaTeX as plain text: fractions as (a)/(b), roots as √(a), powers as ^(a)."""
    text = re.sub(r"\\left|\\right|\\displaystyle|\\[,;!: ]|\\quad|\$|\\\(|\\\)|\\\[|\\\]", "", text)
    text = re.sub(r"\\(?:text|mathrm|rm|mathbf|operatorname)\s*\{([^{}]*)\}", r"\1", text)
    for _ in range(4):
        text = re.sub(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)", text)
        text = re.sub(r"\\sqrt\s*\{([^{}]*)\}", r"√(\1)", text)
        text = re.sub(r"\^\s*\{([^{}]*)\}", r"^(\1)", text)
    text = re.sub(r"\\[dt]?frac\s*(\d)\s*(\d)", r"\1/\2", text)
    for word, sign in _LATEX_WORDS:
        text = re.sub(r"\\" + word + r"(?![a-zA-Z])", sign, text)
    return text.replace("\\{", "{").replace("\\}", "}").replace("\\%", "%").replace("^°", "°").replace("^(°)", "°")


def canonical(text: str) -> str:
    """`text` in one spelling, case kept, without spaces; powers as ^(…)."""
    text = plain_latex(text[:MAX_LENGTH])
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+", lambda m: f"^({m[0].translate(_SUPERSCRIPTS)})", text)
    text = text.translate(_PUNCTUATION)
    text = unicodedata.normalize("NFKC", text).translate(_PUNCTUATION)
    text = re.sub(r"[\s_]+", "", text).replace("sqrt", "√")
    text = re.sub(r"(?<=\d)[xX](?=10\^)", "*", text)
    return re.sub(r"^(?:解|答案|答)[:,]?", "", text).rstrip(".,;")


def letters(text: str) -> str:
    """The canonical text reduced to what tells two wordings apart: no case, separators, quotes or redundant brackets."""
    text = canonical(text).lower()
    text = re.sub(r"\^\((\w+|-\w+)\)", r"^\1", text)
    for _ in range(4):
        text = re.sub(r"(?<![a-z])\((-?[\w.π]+|√[\w.]+)\)", r"\1", text)
    return re.sub(r"[|;,\"'.](?!\d)", "", text).replace("*", "×")
