"""Answers and keys as LaTeX, for clients that set formulas."""

import re
import unicodedata

from contracts.notation.commands import FUNCTIONS
from contracts.notation.folded import folded
from contracts.notation.inline import DOLLARS, Style, in_dollars, inline
from contracts.notation.latex import latex, stacked
from contracts.notation.maths import read_formula
from contracts.notation.nodes import Row
from contracts.notation.parts import lines_of
from contracts.notation.ticks import judgements, ticked

_LONGEST = 2000
_STRUCTURES = {"frac", "sqrt", "root", "sup", "sub", "subsup", "over", "cases"}
_MARKUP = re.compile(r"\$[^$]+\$|\\[a-zA-Z]{2,}|\\[({\[]")
_WORDS = re.compile(
    r"(\s*(?<![A-Za-z])(?:[A-Za-z]{4,}|and|are|but|for|has|not|one|the|two|or|is|no|so|if)(?![A-Za-z])\s*)"
)
_NAME = re.compile(r"\s*[A-Z]{1,6}\s*")
_SYSTEM = re.compile(r"\s*\{([^{}|]+)\}?\s*")
_LOOSE = re.compile("[\u0300-\u036f]")
"""Accents that belong to no letter, of which nothing can be set."""
_RELATION = re.compile("[=<>≤≥≠＝＜＞]")


def answer_latex(text: str | None, style: Style = "algebra") -> str | None:
    r"""LaTeX of an answer as results have it, for a formula's place (no dollars around it).

    None when the text says all: no fraction, root, script or system in it, and no TeX. Blanks stay parted by `|`; several
    lines are rows of an `array`. `style`: what counts as a formula without being marked.
    """
    text = _LOOSE.sub("", unicodedata.normalize("NFC", text or ""))
    if not text or len(text) > _LONGEST or judgements(text):
        return None
    rows = _rows(text, style)
    if not (_MARKUP.search(text) or any(map(_has_structure, rows))):
        return None
    lines = [line for line in map(latex, rows) if line]
    return stacked(lines) if len(lines) > 1 else "".join(lines) or None


def _rows(text: str, style: Style) -> list[Row]:
    system = _system(text) if style == "algebra" else None
    if system:
        return [system]
    return [_row(line, style) for line in lines_of(text)]


def _system(text: str) -> Row | None:
    """Relations behind one brace, as simultaneous equations are written: {x=1;y=2}. A set's members are none."""
    found = _SYSTEM.fullmatch(text)
    parts = re.split(r"[;；,，、\n]", found[1]) if found and "\\" not in text else []
    if len(parts) < 2 or not all(len(_RELATION.findall(part)) == 1 for part in parts):
        return None
    return [{"k": "cases", "a": [_row(part.strip(), "algebra") for part in parts]}]


def _row(line: str, style: Style) -> Row:
    nodes: Row = []
    for part in DOLLARS.split(in_dollars(line)):
        if DOLLARS.fullmatch(part):
            nodes += folded(read_formula(part[1:-1]))
        elif style != "algebra" or _MARKUP.search(part):
            for node in inline(part, style=style):
                nodes += folded(node["m"]) if "m" in node else [{"k": "w", "s": node["t"]}]
        else:
            nodes += _plain(ticked(part))
    return nodes


def _plain(text: str) -> Row:
    """Signs as formulas, words of English as words."""
    nodes: Row = []
    for at, part in enumerate(_WORDS.split(text)):
        if at % 2 and part.strip() not in FUNCTIONS and not _NAME.fullmatch(part):
            nodes.append({"k": "w", "s": part})
        else:
            nodes += folded(read_formula(part, braces=False))
    return nodes


def _has_structure(row: Row) -> bool:
    return any(node["k"] in _STRUCTURES or any(map(_has_structure, node.get("a", ()))) for node in row)
