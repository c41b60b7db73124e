"""The nodes of formulas, see `maths`: made of single pieces of what is written."""

import re
from typing import Any

from contracts.notation.commands import FUNCTIONS, LETTERS, OPERATORS, WORDS

Node = dict[str, Any]
Row = list[Node]

_ATTACHED = "°%℃‰′″"  # stand close to what is before them


def upright(nodes: Row) -> Row:
    """Letters as words, as symbols of elements and units stand."""
    return [
        node | ({"a": [upright(row) for row in node["a"]]} if "a" in node else {"k": "w"} if node["k"] == "i" else {})
        for node in nodes
    ]


def leaf(kind: str, text: str) -> Node:
    """A node without rows."""
    return {"k": kind, "s": text}


def symbol(name: str) -> Node:
    """A command that stands for one sign; an unknown one is shown."""
    if name in FUNCTIONS:
        return leaf("f", name)
    for kind, table in (("o", OPERATORS), ("i", LETTERS), ("w", WORDS)):
        if name in table:
            return leaf(kind, table[name])
    return leaf("w", "\\" + name)


def plain_piece(piece: str) -> Row:
    """One piece that is no command."""
    if piece.isspace():
        return []
    if "/" in piece and len(piece) > 1:
        whole, above, below = re.findall(r"\d+", piece)
        return [leaf("n", whole), {"k": "frac", "a": [[leaf("n", above)], [leaf("n", below)]]}]
    if piece in FUNCTIONS:
        return [leaf("f", piece)]
    if piece[0].isdigit() or (piece.isalpha() and len(piece) == 1 and piece < "\u2e80"):
        return [leaf("n" if piece[0].isdigit() else "i", piece)]
    words = len(piece) > 1 or piece in _ATTACHED or piece >= "\u2e80" or piece in "…∅∞"
    return [leaf("w" if words else "o", piece)]


def scripted(base: Row, kind: str, script: Row) -> Node:
    """A base with one more script: `x_1^2` has both on one base."""
    if base and base[0]["k"] in {"sub", "sup"} and base[0]["k"] != kind:
        first, second = base[0]["a"]
        lower, upper = (script, second) if kind == "sub" else (second, script)
        return {"k": "subsup", "a": [first, lower, upper]}
    return {"k": kind, "a": [base, script]}
