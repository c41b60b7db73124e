"""Formulas as MathML: browsers set it without a script or a picture, screen readers read it."""

from itertools import pairwise

from markupsafe import Markup, escape

from contracts.notation.nodes import Node, Row
from contracts.notation.spoken import linear

_SHOWN = {"-": "−", "*": "∗", "/": "/", "'": "′"}
_RELATIONS = frozenset("=<>≤≥≠≈⇒⇔→≡∽≌")
_SUMS = frozenset("+-±")
_LONG = 8  # characters in a line before a formula may break


def mathml(nodes: Row) -> Markup:
    """One `math` element; a long formula several, so that it can break before a relation or a sign: MathML does not."""
    parts = _breakable(nodes)
    return Markup("<wbr>").join(
        Markup("<math>{}</math>").format(_row(part, follows=at > 0)) for at, part in enumerate(parts)
    )


def _breakable(nodes: Row) -> list[Row]:
    """Parts of a formula: each starts with its relation, or with a sum's sign where it is still long."""
    if len(linear(nodes)) <= _LONG:
        return [nodes]
    parts = _split(nodes, _RELATIONS)
    return [piece for part in parts for piece in (_split(part, _SUMS) if len(linear(part)) > _LONG else [part])]


def _split(nodes: Row, signs: frozenset[str]) -> list[Row]:
    cuts = [at for at, node in enumerate(nodes) if at and node["k"] == "o" and node["s"] in signs]
    cuts = [at for at in cuts if nodes[at - 1]["k"] != "o"]
    return [nodes[a:b] for a, b in pairwise([0, *cuts, len(nodes)])]


def _row(nodes: Row, *, follows: bool = False) -> Markup:
    """The nodes side by side. `follows`: after a break an operator that comes first keeps its room on both sides."""
    drawn = [_node(node) for node in nodes]
    for at, node in enumerate(nodes):
        if node["k"] != "o":
            continue
        begins = not at or nodes[at - 1]["k"] == "o"
        if begins and node["s"] in _SUMS and not (follows and at == 0):
            drawn[at] = _operator(node["s"], "prefix")
        elif at == 0 and (follows or node["s"] in _RELATIONS):
            drawn[at] = _operator(node["s"], "infix")
    return Markup("").join(drawn)


def _operator(sign: str, form: str) -> Markup:
    return Markup('<mo form="{}">{}</mo>').format(form, _SHOWN.get(sign, sign))


def _box(nodes: Row) -> Markup:
    """Exactly one element, as the parts of a fraction or a script have to be."""
    return _node(nodes[0]) if len(nodes) == 1 else Markup("<mrow>{}</mrow>").format(_row(nodes))


def _node(node: Node) -> Markup:
    kind, parts = node["k"], node.get("a", [])
    if kind in _LEAVES:
        return Markup(_LEAVES[kind]).format(_SHOWN.get(node["s"], node["s"]) if kind == "o" else node["s"])  # noqa: S704
    if kind == "fence":
        return Markup("<mrow>{}{}{}</mrow>").format(_mark(node["open"]), _row(parts[0]), _mark(node["close"]))
    if kind == "over":
        return Markup('<mover accent="true">{}<mo>{}</mo></mover>').format(_box(parts[0]), node["s"])
    if kind in {"cases", "lines"}:
        lines = Markup("").join(Markup("<mtr><mtd>{}</mtd></mtr>").format(_row(row)) for row in parts)
        brace = Markup('<mo stretchy="true">{</mo>') if kind == "cases" else Markup("")
        return Markup("<mrow>{}<mtable>{}</mtable></mrow>").format(brace, lines)
    tag = _TAGS[kind]
    return Markup("<{0}>{1}</{0}>").format(Markup(tag), Markup("").join(_box(row) for row in parts))  # noqa: S704


def _mark(sign: str) -> Markup:
    return Markup("<mo>{}</mo>").format(escape(sign)) if sign else Markup("")


_LEAVES = {
    "i": "<mi>{}</mi>",
    "n": "<mn>{}</mn>",
    "o": "<mo>{}</mo>",
    "w": "<mtext>{}</mtext>",
    "f": '<mrow><mi>{}</mi><mspace width="0.17em"></mspace></mrow>',
}
_TAGS = {
    "row": "mrow", "frac": "mfrac", "sqrt": "msqrt", "root": "mroot", "sup": "msup", "sub": "msub", "subsup": "msubsup"
}  # fmt: skip
