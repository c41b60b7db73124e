"""LaTeX, as keys and readers of formulas give it, in plain signs."""

import re

_WORDS = {
    "leqslant": "≤", "geqslant": "≥", "leq": "≤", "geq": "≥", "neq": "≠", "le": "≤", "ge": "≥", "ne": "≠", "lt": "<",
    "gt": ">", "times": "*", "div": "÷", "cdot": "*", "pi": "π", "infty": "∞", "circ": "°", "cup": "∪", "cap": "∩",
    "in": "∈", "pm": "±", "angle": "∠", "triangle": "△", "Delta": "△", "varnothing": "∅", "emptyset": "∅", "sin": "sin",
    "cos": "cos", "tan": "tan", "ln": "ln", "lg": "lg", "log": "log", "alpha": "α", "beta": "β", "gamma": "γ",
    "theta": "θ", "lambda": "λ", "mu": "μ", "rho": "ρ", "omega": "ω", "Omega": "Ω", "varphi": "φ", "phi": "φ",
    "perp": "⊥", "parallel": "∥", "mid": "|", "vert": "|", "lvert": "|", "rvert": "|", "uparrow": "↑",
    "downarrow": "↓", "rightarrow": "→", "to": "→", "longrightarrow": "→", "rightleftharpoons": "⇌", "approx": "≈",
    "cong": "≌", "sim": "∽", "prime": "′", "because": "∵", "therefore": "∴", "colon": ":", "mathbb{R}": "R",
    "percent": "%", "frown": "⌒", "wedge": "且", "vee": "或", "ldots": "...", "cdots": "...", "degree": "°", "quad": " ", "qquad": " ",
    "left": "", "right": "", "displaystyle": "", "limits": "", "big": "", "Big": "", "rm": "", "bf": "", "textstyle": "",
}  # fmt: skip
_WRAPPERS = r"text|mathrm|mathbf|mathit|operatorname|vec|overrightarrow|boldsymbol|mbox|textbf|underline|bar|ce|mathbb"
_MAX_NESTING = 6
_INNER = r"\{([^{}]*)\}"
_CONDITION = re.compile(rf"\\(?:xlongequal|xrightarrow|stackrel|overset)\s*(?:\[[^\]]*\])?\s*{_INNER}(?:\s*{_INNER})?")
_ARC = re.compile(
    rf"\\(?:(?:overset|stackrel)\s*\{{\s*(?:\\frown|⌒)\s*\}}|widehat|wideparen|overparen|overarc)\s*{_INNER}"
)
_VECTOR = re.compile(
    r"(?<![A-Za-z)}])(?<![A-Za-z)}]\s)(?<!_\d)\\(?:overset|stackrel)\s*\{\s*(?:\\(?:long)?rightarrow|\\to|→)\s*\}\s*\{(\s*[A-Za-z]{1,2}\s*)\}"
)
"""Marks above letters are no conditions above an arrow: the arc AB is ⌒AB, a vector goes by its letters."""


def plain_latex(text: str) -> str:
    """`text` without LaTeX: fractions as (a)/(b), roots as √(a) or √[n](a), powers as ^(a), mixed numbers as 1&1/2."""
    if not re.search(r"[\\$^{]", text):
        return text
    text = re.sub(r"\\[,;!: ]|\$|\\\(|\\\)|\\\[|\\\]|\\(?:left|right)\s*\.", "", text)
    text = (
        re.sub(r"\\begin\{[a-z]+\*?\}(?:\{[lcr|]*\})?|\\end\{[a-z]+\*?\}", "", text)
        .replace("\\\\", ",")
        .replace("&", "")
    )
    text = (
        text.replace("\\{", "⦃")
        .replace("\\}", "⦄")
        .replace("\\%", "%")
        .replace("\\left⦃", "⦃")
        .replace("\\right⦄", "⦄")
    )
    text = re.sub(r"\\[dt]?frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}", text)
    text = re.sub(r"\\[dt]?frac\s*(\d)\s*\{", r"\\frac{\1}{", text)
    text = re.sub(r"(\\[dt]?frac\s*\{[^{}]*\})\s*(\d)", r"\1{\2}", text)
    text = re.sub(r"\\sqrt\s*([0-9a-zA-Z])", r"\\sqrt{\1}", text)
    for _ in range(_MAX_NESTING):
        before = text
        text = _innermost(text)
        if text == before:
            break
    text = re.sub(r"\\([a-zA-Z]+)", lambda m: _word(m[1]), text)
    return text.replace("⦃", "{").replace("⦄", "}").replace("^°", "°").replace("^(°)", "°").replace("^′", "′")


def _innermost(text: str) -> str:
    text = _VECTOR.sub(r"\1", _ARC.sub(r"⌒\1", text))
    text = _CONDITION.sub(lambda m: _arrow(m[0]), text)
    text = re.sub(rf"\\(?:{_WRAPPERS})(?![a-zA-Z])\s*{_INNER}", r"\1", text)
    text = re.sub(r"(?<![\d.])(\d{1,6})\s*\\[dt]?frac\s*\{(\d{1,9})\}\s*\{(\d{1,9})\}", r"\1&\2/\3", text)
    text = re.sub(rf"\\[dt]?frac\s*{_INNER}\s*{_INNER}", _fraction, text)
    text = re.sub(rf"\\sqrt\s*\[\s*(\d)\s*\]\s*{_INNER}", r"√[\1](\2)", text)
    text = re.sub(rf"\\sqrt\s*{_INNER}", r"√(\1)", text)
    text = re.sub(rf"\^\s*{_INNER}", r"^(\1)", text)
    return re.sub(rf"_\s*{_INNER}", r"_\1", text)


def _fraction(found: re.Match[str]) -> str:
    top, bottom = found[1].strip(), found[2].strip()
    return f"({top}/{bottom})" if top.isdigit() and bottom.isdigit() else f"(({top})/({bottom}))"


def _arrow(found: str) -> str:
    return "=" if "xlongequal" in found or "=" in found else "→"


def _word(name: str) -> str:
    r"""A command's sign; one that runs into the following letters, as in `\pir`, is parted; others stay as letters."""
    if name in _WORDS:
        return _WORDS[name]
    for length in range(len(name) - 1, 1, -1):
        if name[:length] in _WORDS and name[:length] in ("pi", "times", "cdot", "alpha", "beta", "theta", "circ"):
            return _WORDS[name[:length]] + name[length:]
    return name
