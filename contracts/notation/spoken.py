"""A formula on one line, for those who hear it and for search: (1)/(2), x^2, √(3)."""

from contracts.notation.nodes import Node, Row

_LINES = {
    "frac": "({0})/({1})", "sqrt": "√({0})", "root": "({0})^(1/{1})", "subsup": "{0}_({1})^({2})", "row": "{0}", "over": "{0}"
}  # fmt: skip


def linear(nodes: Row) -> str:
    """The formula in plain characters."""
    spoken = ""
    for before, node in zip([None, *nodes], nodes, strict=False):
        mixed = node["k"] == "frac" and before is not None and before["k"] == "n"  # 2 1/3 is not 21/3
        spoken += " " * mixed + _spoken(node)
    return spoken


def _spoken(node: Node) -> str:
    kind, parts = node["k"], [linear(row) for row in node.get("a", ())]
    if kind in _LINES:
        return _LINES[kind].format(*parts)
    if kind in {"sup", "sub"}:
        script = parts[1] if len(parts[1]) == 1 else f"({parts[1]})"
        return f"{parts[0]}{'^' if kind == 'sup' else '_'}{script}"
    if kind == "fence":
        return f"{node['open']}{parts[0]}{node['close']}"
    if kind in {"cases", "lines"}:
        return "; ".join(parts).join("{}" if kind == "cases" else ("", ""))
    return str(node["s"])
