r"""TeX-like fragments in answers and stems, as a small tree that both renderers draw.

Pupils' and printed formulas reach the report as `$\frac{1}{2}$`, `x^2`, `\sqrt{3}`. A node is a dict with one key:
`t` text · `sup` `sub` `sqrt` a list of nodes · `frac` two lists of nodes. Nothing is executed; what isn't understood is
shown as it stands.
"""

import re
from typing import Any

Node = dict[str, Any]

_SYMBOLS = {
    "times": "×", "div": "÷", "cdot": "·", "pm": "±", "mp": "∓", "le": "≤", "leq": "≤", "leqslant": "≤", "ge": "≥",
    "geq": "≥", "geqslant": "≥", "neq": "≠", "ne": "≠", "approx": "≈", "equiv": "≡", "sim": "∽", "cong": "≌",
    "angle": "∠", "triangle": "△", "perp": "⊥", "parallel": "∥", "circ": "°", "degree": "°", "pi": "π",
    "alpha": "α", "beta": "β", "gamma": "γ", "theta": "θ", "lambda": "λ", "mu": "μ", "omega": "ω", "Delta": "Δ",
    "infty": "∞", "in": "∈", "notin": "∉", "subset": "⊂", "cup": "∪", "cap": "∩", "emptyset": "∅", "because": "∵",
    "therefore": "∴", "rightarrow": "→", "to": "→", "Rightarrow": "⇒", "ldots": "…", "cdots": "…", "dots": "…",
    "sin": "sin", "cos": "cos", "tan": "tan", "log": "log", "ln": "ln", "quad": " ", "%": "%", ",": " ", ";": " ",
    "{": "{", "}": "}", " ": " ", "\\": " ", "lt": "<", "gt": ">",
}  # fmt: skip
_SILENT = {"left", "right", "displaystyle", "text", "mathrm", "rm", "mathbf", "operatorname", "!", "limits"}
_FRACTIONS = {"frac", "dfrac", "tfrac"}
_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|[{}^_$]|[^\\{}^_$]+|\\")
_DEEPEST = 6
_TEX = re.compile(r"\$|\\[a-zA-Z{}]")


def maths(text: str) -> list[Node]:
    """The nodes of `text`. Without any TeX sign only `^` is read; braces and underscores then stay as they are."""
    if not _TEX.search(text):
        return _carets(text)
    return _merged(_Reader(_TOKEN.findall(text)).sequence(0))


def _carets(text: str) -> list[Node]:
    nodes: list[Node] = []
    at = 0
    for found in re.finditer(r"(?<=[\w)）\]])\^(?:\{([^{}]{1,12})\}|([+-]?\d{1,3}|[a-zA-Z]))", text):
        nodes += [{"t": text[at : found.start()]}, {"sup": [{"t": found[1] or found[2]}]}]
        at = found.end()
    return _merged([*nodes, {"t": text[at:]}])


class _Reader:
    def __init__(self, pieces: list[str]) -> None:
        self.pieces = pieces
        self.at = 0

    def sequence(self, depth: int, *, closed: bool = False) -> list[Node]:
        nodes: list[Node] = []
        while self.at < len(self.pieces):
            if self.pieces[self.at] == "}" and closed:
                self.at += 1
                break
            nodes += self.node(depth)
        return nodes

    def node(self, depth: int) -> list[Node]:
        piece = self.pieces[self.at]
        self.at += 1
        if piece == "$":
            return []
        if piece == "{" and depth < _DEEPEST and self.closes():
            return self.sequence(depth + 1, closed=True)
        if piece in "^_" and depth < _DEEPEST:
            kind = "sup" if piece == "^" else "sub"
            inner = self.argument(depth)
            return inner if inner == [{"t": "°"}] else [{kind: inner}] if inner else [{"t": piece}]
        if piece.startswith("\\"):
            return self.command(piece[1:], depth)
        return [{"t": piece}]

    def closes(self) -> bool:
        """Whether the group just opened has an end: in a cut formula it would swallow the sentence after it."""
        open_groups = 1
        for piece in self.pieces[self.at :]:
            open_groups += (piece == "{") - (piece == "}")
            if open_groups == 0:
                return True
        return False

    def command(self, name: str, depth: int) -> list[Node]:
        if name in _FRACTIONS and depth < _DEEPEST:
            return [{"frac": [self.argument(depth), self.argument(depth)]}]
        if name == "sqrt" and depth < _DEEPEST:
            return [{"sqrt": self.argument(depth)}]
        if name in _SILENT:
            return []
        return [{"t": _SYMBOLS.get(name, "\\" + name)}]

    def argument(self, depth: int) -> list[Node]:
        """A group in braces, one command, or the first character of what follows."""
        if self.at >= len(self.pieces) or self.pieces[self.at] in {"}", "$"}:
            return []
        piece = self.pieces[self.at]
        if piece == "{" or piece.startswith("\\"):
            return _merged(self.node(depth + 1))
        piece = piece.lstrip()
        if not piece:
            self.at += 1
            return []
        self.pieces[self.at] = piece[1:]
        if not piece[1:]:
            self.at += 1
        return [{"t": piece[0]}]


def _merged(nodes: list[Node]) -> list[Node]:
    """Neighbouring texts as one, empty ones dropped."""
    merged: list[Node] = []
    for node in nodes:
        if node.get("t") == "":
            continue
        if merged and "t" in node and "t" in merged[-1]:
            merged[-1] = {"t": merged[-1]["t"] + node["t"]}
        else:
            merged.append(node)
    return merged
