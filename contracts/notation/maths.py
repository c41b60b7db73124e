r"""Formulas as a small tree, which MathML and Typst both draw.

`read_formula` reads TeX as keys have it (`\frac{1}{2}`, `x^2`, `\begin{cases}…`) and plain signs as pupils' answers have
them (`√6`, `x²`, `(x+1)`). Nothing is executed; what is not understood is shown as it stands.

A leaf is `{"k": kind, "s": text}`: `i` identifier, `n` number, `o` operator, `f` function name, `w` upright words.
Anything else is `{"k": kind, "a": [rows…]}`, a row being a list of nodes: `row` (1) · `frac` (2) · `sqrt` (1) ·
`root` (body, index) · `sup` `sub` (base, script) · `subsup` (base, lower, upper) · `fence` (body; with `open`, `close`) ·
`over` (body; with `s`, the accent) · `cases` (lines behind a brace) · `lines` (the same without).
What stood after a blank has `gap`.
"""

import re

from contracts.notation.commands import ACCENTS, ARROW, OPERATORS, SILENT, STRUCTURES, UPRIGHT
from contracts.notation.nodes import Row, leaf, plain_piece, scripted, symbol, upright
from contracts.notation.ticks import TICK

_DEEPEST = 8
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789-+n", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x2212: "-", 0x3000: " "}
_INDEX = re.compile(r"(?<![\w)\]}])([²³⁴-⁹])√")
_CLOSERS = {"}", ")", "]"}
_ARROW = leaf("o", ARROW)
r"""What `\overset` puts over a vector; anything else that it puts over letters is taken for an arc."""
_BRACED = {"cases", "dcases", "rcases"}
_CLOSES = {"(": ")]", "[": ")]", "{": "}", r"\left": (r"\right",), r"\begin": (r"\end",)}
_MIXED = r"(?<![\d.])\d+(?:\s+|又)\d+/\d+(?![0-9A-Za-z(√./])"
_TOKEN = re.compile(
    rf"{_MIXED}|"
    r"\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|(?<=[\d²³¹⁰⁴-⁹])(?:cm|mm|km|dm|kg|mL|min)(?![A-Za-z])"
    r"|(?:sin|cos|tan|cot|log|ln|lg)(?![A-Z])|\s+|[\u2e80-\u9fff\uf900-\ufaff]+|."
)


def read_formula(text: str, *, braces: bool = True) -> Row:
    r"""The nodes of a formula. `braces`: `{` and `}` group, as in TeX; else only after `^` and `_`.

    Characters that are no part of the TeX are all kept, in order.
    """
    text = text.translate(_FULL_WIDTH).replace("$", " ").replace("∛", "√[3]").replace("∜", "√[4]")
    text = _INDEX.sub(lambda found: f"√[{_RAISED[found[1]]}]", text)
    pieces = _scripts(_TOKEN.findall(text))
    return _Reader(pieces, _pairs(pieces, braces=braces)).row(len(pieces), 0)


def _scripts(pieces: list[str]) -> list[str]:
    """`x²` as `x^{2}`: signs that are raised or lowered by themselves become scripts."""
    out: list[str] = []
    for sign, table in (("^", _RAISED), ("_", _LOWERED)):
        out, run = [], ""
        for piece in [*pieces, ""]:
            if piece in table:
                run += table[piece]
                continue
            if run:
                out += [sign, "{", *_TOKEN.findall(run), "}"]
                run = ""
            out.append(piece)
        pieces = out[:-1]
    return pieces


def _pairs(pieces: list[str], *, braces: bool) -> dict[int, int]:
    """Which piece closes which. What is never closed, as in a formula cut short, opens nothing."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for at, piece in enumerate(pieces):
        if piece in _CLOSES and (piece != "{" or braces or (at and pieces[at - 1] in "^_")):
            waiting.append(at)
            continue
        depth = next((i for i in reversed(range(len(waiting))) if piece in _CLOSES[pieces[waiting[i]]]), None)
        if depth is not None and piece:
            found[waiting[depth]] = at
            del waiting[depth:]
    return found


class _Reader:
    def __init__(self, pieces: list[str], pairs: dict[int, int]) -> None:
        self.pieces = pieces
        self.pairs = pairs
        self.at = 0

    def row(self, end: int, depth: int) -> Row:
        """Nodes up to the piece `end`."""
        nodes: Row = []
        spaced = False
        while self.at < end:
            piece = self.pieces[self.at]
            if piece in {"^", "_"}:
                self.at += 1
                self._script(nodes, piece, end, depth)
            elif found := self.atom(end, depth):
                nodes += [found[0] | {"gap": True}, *found[1:]] if spaced and nodes else found
            spaced = piece.isspace()
        return nodes

    def _script(self, nodes: Row, sign: str, end: int, depth: int) -> None:
        script = self.argument(end, depth)
        if not script:
            nodes.append(leaf("o", sign))
        elif script == [leaf("w", "°")]:
            nodes += script
        else:
            base = [nodes.pop()] if nodes else []
            nodes.append(scripted(base, "sup" if sign == "^" else "sub", script))

    def atom(self, end: int, depth: int) -> Row:
        start, piece = self.at, self.pieces[self.at]
        self.at += 1
        close = self.pairs.get(start)
        if close is not None and close < end and depth < _DEEPEST:
            return self._group(piece, close, depth)
        if piece.startswith("\\") and len(piece) > 1:
            return self._command(piece[1:], end, depth)
        return self._radical(end, depth) if piece == "√" else plain_piece(piece)

    def _radical(self, end: int, depth: int) -> Row:
        """What stands after √: its index in square brackets, if any, and its body; a tick where there is none."""
        close = self.pairs.get(self.at, end)
        if self.pieces[self.at : self.at + 1] == ["["] and close + 1 < end and self.pieces[close + 1] not in _CLOSERS:
            return self._root(end, depth)
        bar = next((at for at in range(self.at + 1, end) if self.pieces[at] == "|"), None)
        if bar is not None and self.pieces[self.at] == "|":
            self.at += 1
            inside = self.row(bar, depth + 1)
            self.at = bar + 1
            return [{"k": "sqrt", "a": [[{"k": "fence", "a": [inside], "open": "|", "close": "|"}]]}]
        body = self.argument(end, depth)
        return [{"k": "sqrt", "a": [body]}] if body else [leaf("w", TICK)]

    def _group(self, piece: str, close: int, depth: int) -> Row:
        """What stands between an opening piece and its end, the end taken too."""
        if piece == r"\begin":
            return self._lines(close, depth)
        around = [piece, self.pieces[close]]
        if piece == r"\left":
            around[0] = self._delimiter()
        inside = self.row(close, depth + 1)
        self.at = close + 1
        if piece == "{":
            return inside if len(inside) == 1 else [{"k": "row", "a": [inside]}] if inside else []
        if piece == r"\left":
            around[1] = self._delimiter()
        if around == ["{", ""] and [node["k"] for node in inside] == ["lines"]:
            return [inside[0] | {"k": "cases"}]
        return [{"k": "fence", "a": [inside], "open": around[0], "close": around[1]}]

    def _delimiter(self) -> str:
        r"""The sign after `\left` or `\right`; a dot is none."""
        if self.at >= len(self.pieces):
            return ""
        piece = self.pieces[self.at]
        self.at += 1
        return "" if piece == "." else OPERATORS.get(piece[1:], piece[1:]) if piece.startswith("\\") else piece

    def _lines(self, close: int, depth: int) -> Row:
        r"""`\begin{cases} … \\ … \end{cases}`; other environments alike, without a brace."""
        name = self._word(close)
        if name == "array":
            self._word(close)  # how its columns stand
        rows: list[Row] = []
        while self.at < close:
            stop = next((i for i in range(self.at, close) if self.pieces[i] == "\\\\"), close)
            rows.append([node for node in self.row(stop, depth + 1) if node.get("s") != "&"])
            self.at = stop + 1
        self.at = min(self.pairs.get(close + 1, close) + 1, len(self.pieces))
        return [{"k": "cases" if name in _BRACED else "lines", "a": [row for row in rows if row]}]

    def _word(self, end: int) -> str:
        """A group's pieces as they stand, the group taken; nothing where no group comes."""
        close = self.pairs.get(self.at, end)
        if close >= end or self.pieces[self.at] != "{":
            return ""
        word = "".join(self.pieces[self.at + 1 : close])
        self.at = close + 1
        return word

    def _command(self, name: str, end: int, depth: int) -> Row:
        if depth < _DEEPEST and name in STRUCTURES:
            return self._structure(name, end, depth)
        if name in UPRIGHT:
            return self._upright(name, depth)
        return [] if name in SILENT else [symbol(name)]

    def _structure(self, name: str, end: int, depth: int) -> Row:
        if name == "sqrt":
            return self._root(end, depth)
        if name in ACCENTS:
            accent = ARROW if name == "overset" and self.argument(end, depth) == [_ARROW] else ACCENTS[name]
            return [{"k": "over", "a": [self.argument(end, depth)], "s": accent}]
        return [{"k": "frac", "a": [self.argument(end, depth), self.argument(end, depth)]}]

    def _root(self, end: int, depth: int) -> Row:
        close = self.pairs.get(self.at)
        if close is None or close >= end or self.pieces[self.at] != "[":
            return [{"k": "sqrt", "a": [self.argument(end, depth)]}]
        self.at += 1
        index = self.row(close, depth + 1)
        self.at = close + 1
        return [{"k": "root", "a": [self.argument(end, depth), index]}]

    def _upright(self, name: str, depth: int) -> Row:
        close = self.pairs.get(self.at)
        if close is None or self.pieces[self.at] != "{":
            return []
        if name == "mathrm" and depth < _DEEPEST and {"^", "_"} & {*self.pieces[self.at : close]}:
            self.at += 1
            inside = self.row(close, depth + 1)
            self.at = close + 1
            return upright(inside)
        words = "".join(self.pieces[self.at + 1 : close])
        self.at = close + 1
        return [leaf("w", words)] if words else []

    def argument(self, end: int, depth: int) -> Row:
        """A group, one command, a sign with the number after it, or one character of what follows."""
        while self.at < end and self.pieces[self.at].isspace():
            self.at += 1
        if self.at >= end or self.pieces[self.at] in _CLOSERS | {"^", "_"}:
            return []
        piece = self.pieces[self.at]
        if piece[0].isdigit() and len(piece) > 1 and self.at and self.pieces[self.at - 1] not in {"√", "^", "]"}:
            self.pieces[self.at] = piece[1:]  # \frac12 is a half
            return [leaf("n", piece[0])]
        nodes = self.atom(end, depth + 1)
        signed = nodes in ([leaf("o", "-")], [leaf("o", "+")])
        if signed and self.at < end and self.pieces[self.at][0].isdigit():
            nodes += self.atom(end, depth + 1)
        return nodes[0]["a"][0] if len(nodes) == 1 and nodes[0]["k"] == "row" else nodes
