"""Sentences with formulas in them: which part of a text is a formula, and which is not.

A text is a list of nodes: `{"t": text}`, with `"l"` when it is in another language than the report's, and
`{"m": formula, "alt": the same on one line, "tall": whether it needs more than a line's height}`.
"""

import re
from collections.abc import Iterator
from typing import Any, Literal

from contracts.notation.commands import FUNCTIONS
from contracts.notation.elements import ELEMENTS
from contracts.notation.maths import read_formula
from contracts.notation.nodes import Row, upright
from contracts.notation.spoken import linear
from contracts.notation.ticks import judgements, ticked

Text = list[dict[str, Any]]
Style = Literal["algebra", "chemistry", "words"]
"""What counts as a formula without being marked: `x=7` and `-3`; `2H2+O2=2H2O`; nothing."""

STYLES: dict[str, Style] = {"math": "algebra", "physics": "algebra", "science": "algebra", "chemistry": "chemistry"}
"""Of the answers in a subject's papers; of others, `words`."""

DOLLARS = re.compile(r"(\$[^$]{1,400}\$)")
_DELIMITED = re.compile(r"\$\$(.+?)\$\$|\\\((.+?)\\\)|(?<!\\)\\\[(.+?)\\\]", re.DOTALL)
_RUN = re.compile(
    r"(?:\\(?:text|textrm|mbox|mathrm) ?\{[^{}$]{0,80}\}|\\begin\{[a-z]+\*?\}.{0,400}?\\end\{[a-z]+\*?\}|"
    r"[!-~\u00b0-\u00d7\u00f7\u0391-\u03c9\u2070-\u2094\u2103\u2190-\u22ff\u25b3\uff08\uff09\uff0b\uff0d\uff1c-\uff1e ])+"
)
_MARKUP = re.compile(r"\\[a-zA-Z{]|\^|_\{|[⁰¹²³⁴-⁹⁺₀-₉]")
_SIGN = re.compile(r"[=<>≤≥≠≈±×÷√∠△⊥∥∈∪∩＝＜＞]|(?<=[\w)）])\s?[-+−＋－*/]\s?(?=[\w(（])")
_SIGNED = re.compile(r"[-−－+＋±]\d+(?:\.\d+)?")
_LETTERS = re.compile(r"[A-Za-z]+")
_ATOM = rf"(?:{'|'.join(sorted(ELEMENTS, key=len, reverse=True))})\d*"
_SPECIES = rf"\d*(?:{_ATOM}|\((?:{_ATOM})+\)\d*)+[↑↓]?"
_CHEMICAL = re.compile(rf"{_SPECIES}(?:\s*(?:[+=→]|==)\s*{_SPECIES})*")
_LISTED = re.compile(r"[^,;]+")
_ATOMS = re.compile(r"(?<=[A-Za-z)])\d+")
_ENGLISH_WORDS = frozenset(
    {"and", "or", "the", "is", "are", "of", "to", "not", "if", "so", "no", "yes", "in", "on", "at"}
)
_CJK = re.compile(r"[\u2e80-\u9fff]")
_ENGLISH = re.compile(r"[A-Za-z]{3,}(?:[^A-Za-z]+[A-Za-z]+){2}")
_LONGEST = 160
_LONGEST_NAME = 3  # letters that may stand together in a formula: ab, ABC
_EDGES = " ,;:.!?\"'"


def foreign(text: str, lang: str) -> str | None:
    """The language of a text that is not in the report's (`zh` or `en`); null when it is, or has none."""
    if _CJK.search(text):
        return None if lang == "zh" else "zh-CN"
    return "en" if lang == "zh" and _ENGLISH.search(text) else None


def inline(text: str, *, lang: str = "zh", style: Style = "algebra") -> Text:
    """The nodes of `text`, which is shown in a report in `lang`."""
    nodes: Text = []
    for part in DOLLARS.split(in_dollars(text)):
        if DOLLARS.fullmatch(part):
            nodes.append(_formula(part[1:-1], style, braces=True))
        else:
            nodes += [{"t": ticked(part)}] if judgements(part) else _mixed(ticked(part), style)
    return [_tagged(node, lang) for node in _merged(nodes)]


def in_dollars(text: str) -> str:
    r"""TeX between `$$…$$`, `\(…\)` and `\[…\]` as between single dollars."""
    return _DELIMITED.sub(lambda found: f"${found[1] or found[2] or found[3]}$", text)


def plain(text: str, *, lang: str = "zh") -> Text:
    """A text that is shown as it stands."""
    return [_tagged({"t": text}, lang)] if text else []


def _mixed(text: str, style: Style) -> Text:
    nodes: Text = []
    at = 0
    for found in _runs(text, style):
        start, end = _inside(text, *found)
        run = text[start:end]
        if not _is_formula(run, style):
            continue
        nodes += [{"t": text[at:start]}, _formula(run, style, braces="\\" in run)]
        at = end
    return [*nodes, {"t": text[at:]}]


def _runs(text: str, style: Style) -> Iterator[tuple[int, int]]:
    """Where formulas may stand; substances in a list each by itself."""
    for found in _RUN.finditer(text):
        if style == "chemistry" and "\\" not in found[0]:
            yield from (part.span() for part in _LISTED.finditer(text, *found.span()))
        else:
            yield found.span()


def _inside(text: str, start: int, end: int) -> tuple[int, int]:
    """The run without blanks, stops and brackets at its edges that belong to the sentence."""
    while start < end and (text[start] in _EDGES or (text[start] in "(（" and not _closed(text[start:end]))):
        start += 1
    while start < end and (
        (text[end - 1] in _EDGES and not text.endswith("\\right.", start, end))
        or (text[end - 1] in ")）" and not _closed(text[start:end]))
    ):
        end -= 1
    return start, end


def _closed(run: str) -> bool:
    return sum(run.count(c) for c in "(（") == sum(run.count(c) for c in ")）")


def _is_formula(run: str, style: Style) -> bool:
    if not run or len(run) > _LONGEST:
        return False
    tex = re.search(r"\\[a-zA-Z]{2,}", run) is not None
    if tex or (_MARKUP.search(run) and not run.startswith("^") and _few_letters(run)):
        return True
    if style == "chemistry" and re.search(r"\d", run):
        return _CHEMICAL.fullmatch(run) is not None
    if style != "algebra" or not _few_letters(run):
        return False
    return _SIGNED.fullmatch(run) is not None or (
        _SIGN.search(run) is not None and re.search(r"[A-Za-z=≤≥≠<>∠△＝]|√\S", run) is not None
    )


def _few_letters(run: str) -> bool:
    """Whether its words are names of quantities, as in 2ab, ∠ABC, sin x, 3cm."""
    words = _LETTERS.findall(run)
    return all((len(w) <= _LONGEST_NAME and w not in _ENGLISH_WORDS) or w in FUNCTIONS for w in words)


def _formula(source: str, style: Style, *, braces: bool) -> dict[str, Any]:
    if style == "chemistry":
        nodes = upright(read_formula(_ATOMS.sub(r"_{\g<0>}", source) if "\\" not in source else source, braces=braces))
    else:
        nodes = read_formula(source, braces=braces)
    alt = linear(nodes)
    return {"m": nodes, "alt": alt, "tall": _tall(nodes)} if alt.strip() else {"t": source}


def _tall(nodes: Row) -> bool:
    """Whether it needs more than a line's height."""
    return any(
        node["k"] in {"frac", "cases", "lines"} or any(_tall(row) for row in node.get("a", ())) for node in nodes
    )


def _merged(nodes: Text) -> Text:
    """Neighbouring texts as one, empty ones dropped."""
    merged: Text = []
    for node in nodes:
        if node.get("t") == "":
            continue
        if merged and "t" in node and "t" in merged[-1]:
            merged[-1] = {"t": merged[-1]["t"] + node["t"]}
        else:
            merged.append(node)
    return merged


def _tagged(node: dict[str, Any], lang: str) -> dict[str, Any]:
    other = foreign(node["t"], lang) if "t" in node else None
    return node | {"l": other} if other else node
