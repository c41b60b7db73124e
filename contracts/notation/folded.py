"""Plain signs as structure: a/b as a fraction, and brackets that only group, as in √(x+1) and x^(n+1), left out.

What can be meant in two ways stays on one line: 1/2x (half of x, or one over 2x), a/b/c, sin x/2, and units such as m/s.
"""

from contracts.notation.nodes import Node, Row

_OPERANDS = {"n", "i", "sqrt", "root", "sup", "sub", "subsup", "frac", "fence"}
_TIED = set("°%‰′″!/")
"""Signs that belong to what is before them; and a second stroke, of which nobody knows what it divides."""
_NAMING = set("∠△⊙∑∫")
"""Signs that belong to what is after them."""
_UNITS_ABOVE, _UNITS_BELOW = set("mgsJNWVLtCA"), set("shgLmKVkcd")


def folded(nodes: Row) -> Row:
    """The row with its fractions made, at every depth."""
    inner = [node | {"a": [folded(row) for row in node["a"]]} if "a" in node else node for node in nodes]
    return _fractions([_grouped(node) for node in inner])


def _grouped(node: Node) -> Node:
    """Without the brackets around a radicand or a script."""
    rows = node.get("a", [])
    if node["k"] in {"sqrt", "root"}:
        return node | {"a": [bare(rows[0]), *rows[1:]]}
    if node["k"] in {"sup", "sub", "subsup"}:
        return node | {"a": [rows[0], *map(bare, rows[1:])]}
    return node


def bare(row: Row) -> Row:
    """What stands in a pair of round brackets, if nothing else does; a point's brackets are more than a group."""
    if len(row) != 1 or row[0]["k"] != "fence" or (row[0]["open"], row[0]["close"]) != ("(", ")"):
        return row
    inside: Row = row[0]["a"][0]
    return inside if inside and not any(node.get("s") in {",", ";"} for node in inside) else row


def _fractions(nodes: Row) -> Row:
    made: Row = []
    at = 0
    while at < len(nodes):
        start = _numerator(made)
        if nodes[at].get("s") == "/" and start < len(made) and _divides(made, start, nodes, at):
            made[start:] = [{"k": "frac", "a": [bare(made[start:]), bare([nodes[at + 1]])]}]
            at += 2
        else:
            made.append(nodes[at])
            at += 1
    return made


def _numerator(made: Row) -> int:
    """Where the factors begin with which the row ends."""
    start = len(made)
    while start and made[start - 1]["k"] in _OPERANDS and not (start < len(made) and _apart(made[start])):
        start -= 1
    return start


def _divides(made: Row, start: int, nodes: Row, at: int) -> bool:
    """Whether the stroke at `at` divides the factors from `start` by the one thing after it, and nothing else can be meant."""
    before = made[start - 1] if start else None
    if before is not None and (before["k"] == "f" or before.get("s") in _NAMING | {"/"}):
        return False
    if at + 1 >= len(nodes) or nodes[at + 1]["k"] not in _OPERANDS:
        return False
    if _is_unit(made[start:], nodes[at + 1]):
        return False
    after = nodes[at + 2] if at + 2 < len(nodes) else None
    return after is None or _apart(after) or (after["k"] not in _OPERANDS | {"f"} and after.get("s") not in _TIED)


def _apart(node: Node) -> bool:
    """Whether a blank is before it."""
    if node.get("gap"):
        return True
    return node["k"] in {"sup", "sub", "subsup"} and bool(node["a"][0]) and _apart(node["a"][0][0])


def _is_unit(above: Row, below: Node) -> bool:
    """Whether it is a unit, alone or after a number: m/s, 20m/s, 2×10^3J/g."""
    under = below["a"][0][0] if below["k"] == "sup" and below["a"][0] else below
    units = above[-1].get("s") in _UNITS_ABOVE and (under.get("s") in _UNITS_BELOW or _is_product_of_units(below))
    return units and all(node["k"] in {"n", "sup"} for node in above[:-1])


def _is_product_of_units(node: Node) -> bool:
    """Whether it is brackets with a dot and no number in them: kg·℃."""
    inside = node["a"][0] if node["k"] == "fence" else []
    return any(part.get("s") == "·" for part in inside) and not any(part["k"] == "n" for part in inside)
