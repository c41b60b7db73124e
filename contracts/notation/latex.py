r"""Formulas as LaTeX for a formula's place (no dollars around it), of commands that KaTeX, MathJax and LaTeX all know."""

import re

from contracts.notation.commands import ACCENTS, ARROW, LETTERS, OPERATORS, WORDS
from contracts.notation.nodes import Node, Row

_AS_THEY_ARE = frozenset("0123456789+-*/=<>()[]|,.;:!?'")
_ESCAPED = {"%": r"\%", "&": r"\&", "#": r"\#", "$": r"\$", "_": r"\_", "{": r"\{", "}": r"\}", "\\": r"\backslash"}
_IN_TEXT = _ESCAPED | {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": "～"}
_SIGNS: dict[str, str] = {
    sign: f"\\{name}"
    for table in (WORDS, LETTERS, OPERATORS)
    for name, sign in reversed(table.items())
    if sign not in _AS_THEY_ARE and sign not in _ESCAPED
} | {"°": r"^{\circ}", "′": r"^{\prime}", "″": r"^{\prime\prime}"}
_OF_FORMULAS = re.compile(f"([{''.join(sign for sign in OPERATORS.values() if sign in _SIGNS)}])")
_RAISED = frozenset("°′″'")
_MARKS = {sign: f"\\{name}" for name, sign in reversed(ACCENTS.items()) if name != "overset"}
_FENCES = {"{": r"\{", "}": r"\}", "": "."}
_SCRIPTS = {"sup": "^", "sub": "_", "subsup": "_^"}
_ENVIRONMENTS = {"cases": "cases", "lines": "array"}
_DRAWN = {
    "frac": r"\frac{{{0}}}{{{1}}}", "sqrt": r"\sqrt{{{0}}}", "root": r"\sqrt[{1}]{{{0}}}", "over": "{mark}{{{0}}}", "row": "{{{0}}}"
}  # fmt: skip
_HIGH = {"frac", "cases", "lines"}
_BASES = {"n", "i", "f", "fence", "sqrt", "root"}


def latex(nodes: Row) -> str:
    r"""The formula, words in it as `\text`. Of any nodes it makes LaTeX that can be set, loose accents apart."""
    written, raised = "", False
    for node in _worded(nodes):
        piece = _node(node)
        written = _joined(written, "{}" + piece if raised and _raises(node) else piece)
        raised = node["k"] in {"sup", "subsup"} or _raises(node)
    return written


def _worded(nodes: Row) -> Row:
    """The row with neighbouring words as one."""
    merged: Row = []
    for node in nodes:
        if _is_text(node):
            before = merged[-1]["s"] if merged and merged[-1]["k"] == "text" else None
            merged[-1 if before is not None else len(merged) :] = [{"k": "text", "s": (before or "") + node["s"]}]
        else:
            merged.append(node)
    return merged


def _is_text(node: Node) -> bool:
    """Whether it can stand in a formula only as text: words, and signs that no formula has."""
    if "a" in node or node["k"] == "f":
        return False
    sign = node["s"]
    return not (sign in _SIGNS or sign in _ESCAPED or re.fullmatch("[A-Za-z]+", sign) or set(sign) <= _AS_THEY_ARE)


def _raises(node: Node) -> bool:
    return "a" not in node and node["s"][:1] in _RAISED


def _joined(written: str, piece: str) -> str:
    r"""Side by side, with a blank where a command would run into a letter: \pi r."""
    if re.search(r"\\mathrm\{[a-zA-Z]+\}$", written) and piece.startswith(r"\mathrm{"):
        return written[:-1] + piece.removeprefix(r"\mathrm{")
    return (
        f"{written} {piece}"
        if re.search(r"\\[a-zA-Z]+$", written) and re.match(r"[a-zA-Z\\]", piece)
        else written + piece
    )


def _node(node: Node) -> str:
    kind = node["k"]
    if "a" not in node:
        return _leaf(kind, node["s"])
    if kind in _SCRIPTS:
        base, *scripts = node["a"]
        return _base(base) + "".join(
            f"{sign}{{{latex(row)}}}" for sign, row in zip(_SCRIPTS[kind], scripts, strict=True)
        )
    if kind == "fence":
        return _fence(node)
    parts = [latex(row) for row in node["a"]]
    if kind in _ENVIRONMENTS:
        return stacked(parts, _ENVIRONMENTS[kind])
    if kind == "root" and ("]" in parts[1] or parts[1].startswith("{")):
        parts[1] = f"{{{parts[1]}}}"
    return _DRAWN[kind].format(*parts, mark=_mark(node))


def _mark(node: Node) -> str:
    r"""The command of an accent; `\vec` is as wide as one letter, so that two need the longer arrow."""
    sign = node.get("s", "")
    return r"\overrightarrow" if sign == ARROW and len(node["a"][0]) > 1 else _MARKS.get(sign, "")


def stacked(lines: list[str], environment: str = "array") -> str:
    """Lines one below the other."""
    rows = r"\\".join("{}" + line if line.startswith("[") else line for line in lines)
    return rf"\begin{{{environment}}}{'{l}' if environment == 'array' else ''}{rows}\end{{{environment}}}"


def _leaf(kind: str, sign: str) -> str:
    if kind == "text":
        return _text(sign)
    if kind == "f":
        return f"\\{sign}"
    if sign in _SIGNS or sign in _ESCAPED:
        return (_SIGNS | _ESCAPED)[sign]
    return rf"\mathrm{{{sign}}}" if kind == "w" and sign.isalpha() else sign


def _text(words: str) -> str:
    """Words, and the signs of formulas among them as these: text has no place for ≠."""
    parts = _OF_FORMULAS.split(words)
    written = ""
    for at, part in enumerate(parts):
        if part:
            own = "\\text{" + "".join(_IN_TEXT.get(c, c) for c in part) + "}"
            written = _joined(written, _SIGNS[part] if at % 2 else own)
    return written


def _base(row: Row) -> str:
    """What a script stands at: one thing, or a group."""
    alone = len(row) == 1 and (row[0]["k"] in _BASES or row[0].get("s", "").isalpha()) and not _raises(row[0])
    return latex(row) if alone else f"{{{latex(row)}}}"


def _fence(node: Node) -> str:
    inside = latex(node["a"][0])
    opened, closed = str(node["open"]), str(node["close"])
    if opened and closed and not _is_high(node["a"][0]):
        return _FENCES.get(opened, opened) + inside + _FENCES.get(closed, closed)
    return _joined(rf"\left{_delimiter(opened)}", inside) + rf"\right{_delimiter(closed)}"


def _delimiter(sign: str) -> str:
    r"""What may stand after `\left`: brackets and bars; anything else is no fence there."""
    return _FENCES.get(sign, sign if sign in set("()[]|<>/") else ".")


def _is_high(row: Row) -> bool:
    return any(node["k"] in _HIGH or any(map(_is_high, node.get("a", ()))) for node in row)
