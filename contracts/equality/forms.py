"""The form of an expression, not only its value: what may be written in another order, and what is not yet finished.

A form is the sum's terms as a sorted tuple of (coefficient, factors with exponents): 2x+1 and 1+2x share one, (x+1)² and
x²+2x+1 do not. A finished value has nothing left to compute: 4/8, √8, 2×3 and 1/√2 are not finished.
"""

import math
from fractions import Fraction
from typing import Any

from contracts.equality.expression import Node

Form = tuple[Any, ...]
_ONE = Fraction(1)


def form(node: Node) -> Form:
    """The form of an expression; equal forms are the same writing but for order and signs of whole terms."""
    terms = sorted((_product(sign, term) for sign, term in _terms(node, _ONE)), key=repr)
    return ("sum", *terms)


def _terms(node: Node, sign: Fraction) -> list[tuple[Fraction, Node]]:
    if node.kind in ("+", "-"):
        left, right = node.args
        return _terms(left, sign) + _terms(right, sign if node.kind == "+" else -sign)
    if node.kind == "neg" and node.args[0].kind not in ("+", "-"):
        return _terms(node.args[0], -sign)
    return [(sign, node)]


def _product(sign: Fraction, node: Node) -> Form:
    coefficient, factors = sign, dict[Form, Fraction]()
    for base, power in _factors(node, _ONE):
        if base.kind in ("num", "mixed") and power.denominator == 1 and abs(power) == 1 and base.value:
            coefficient *= base.value**power.numerator
        else:
            key = _factor(base)
            factors[key] = factors.get(key, Fraction(0)) + power
    return (coefficient, tuple(sorted(((k, p) for k, p in factors.items() if p), key=repr)))


def _factors(node: Node, power: Fraction) -> list[tuple[Node, Fraction]]:
    if node.kind in ("*", "/"):
        left, right = node.args
        return _factors(left, power) + _factors(right, power if node.kind == "*" else -power)
    if node.kind == "neg":
        (first, exponent), *rest = _factors(node.args[0], power)
        if first.kind == "num" and abs(exponent) == 1:
            return [(Node("num", value=-first.value), exponent), *rest]
        return [(Node("num", value=Fraction(-1)), power), (first, exponent), *rest]
    if node.kind == "^":
        raised = _whole(node.args[1])
        if raised is not None and node.args[0].kind not in ("*", "/", "num"):
            return _factors(node.args[0], power * raised)
    return [(node, power)]


def _whole(node: Node) -> Fraction | None:
    if node.kind == "neg":
        inner = _whole(node.args[0])
        return None if inner is None else -inner
    return node.value if node.kind == "num" and node.value.denominator == 1 else None


def _factor(node: Node) -> Form:
    if node.kind in ("+", "-"):
        return form(node)
    return (node.kind, node.name, node.value, *(form(a) for a in node.args))


def finished(node: Node) -> bool:
    """Whether nothing is left to compute in a number: lowest terms, no square under a root, no root below a line."""
    terms = [t for _, t in _terms(node, _ONE)]
    kinds = [_product(_ONE, t)[1] for t in terms]
    return len(set(kinds)) == len(kinds) and all(_finished_term(t) for t in terms)


def _finished_term(node: Node) -> bool:
    if _scientific(node):
        return True
    factors = _factors(node, _ONE)
    plain = sum(base.kind in ("num", "mixed") for base, _ in factors)
    roots = sum(base.kind == "√" for base, _ in factors)
    done = all(_finished_factor(base, power, alone=not plain) for base, power in factors)
    return done and roots <= 1 and (plain <= 1 or _lowest(node))


def _finished_factor(base: Node, power: Fraction, *, alone: bool) -> bool:
    match base.kind:
        case "√":
            return power == 1 and _simple_root(base)
        case "^" | "abs":
            return bool(base.variables())
        case "%" | "‰":
            return alone
        case "fn":
            return base.args[0].kind != "°" or _value(base.args[0].args[0]) not in _KNOWN_ANGLES
        case "+" | "-":
            return finished(base)
        case _:
            return base.kind != "mixed" or not base.name


_KNOWN_ANGLES = {Fraction(x) for x in (0, 30, 45, 60, 90, 120, 135, 150, 180)}


def _value(node: Node) -> Fraction | None:
    return node.value if node.kind == "num" else None


def _scientific(node: Node) -> bool:
    """a×10ⁿ, or 10ⁿ alone."""
    power = node.args[1] if node.kind == "*" and node.args[0].kind == "num" else node
    return power.kind == "^" and _value(power.args[0]) == 10 and _whole(power.args[1]) is not None


def is_scientific(node: Node) -> bool:
    """Whether a number is written as a×10ⁿ."""
    return node.kind == "*" and _scientific(node)


def is_normal(node: Node) -> bool:
    """Whether the mantissa of a×10ⁿ is from 1 to below 10."""
    return 1 <= abs(node.args[0].value) < 10


def _lowest(node: Node) -> bool:
    """A quotient of two whole numbers in lowest terms, perhaps with other factors."""
    numbers = [(b.value, p) for b, p in _factors(node, _ONE) if b.kind == "num"]
    if len(numbers) != 2 or any(v.denominator != 1 or v == 0 for v, _ in numbers):
        return False
    (a, p), (b, q) = numbers
    bottom = b if q == -1 else a
    return {p, q} == {1, -1} and math.gcd(a.numerator, b.numerator) == 1 and abs(bottom) != 1


def _simple_root(node: Node) -> bool:
    """√ of a whole number without square factors (of the index's power)."""
    inside = node.args[0]
    if inside.kind in ("+", "-", "pi", "var"):
        return True
    value, index = _value(inside), int(node.value)
    if value is None or value.denominator != 1 or value < 2:
        return False
    return not any(
        value % (d**index) == 0 for d in range(2, min(1000, math.isqrt(int(value)) + 1)) if d**index <= value
    )


def collected(node: Node) -> bool:
    """Whether each term of an algebraic expression has one coefficient and each letter once: 4x/8, 2·3x and x²/x have not."""
    return all(_collected_term(term) for _, term in _terms(node, _ONE))


def _collected_term(node: Node) -> bool:
    factors = _factors(node, _ONE)
    plain = sum(base.kind in ("num", "mixed") for base, _ in factors)
    letters = [base for base, _ in factors if base.kind == "var"]
    return len(set(letters)) == len(letters) and (plain <= 1 or _lowest(node))
