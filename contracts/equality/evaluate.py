"""Values of expressions: exact fractions, and 60 digits where a root, π or a function makes them irrational."""

import decimal
import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from contracts.equality.expression import Node, NotAnExpression

MAX_EXPONENT = 40
MAX_BITS = 1024
"""Of numerators and denominators: larger values are refused, not computed."""

Number = Fraction | Decimal
_CONTEXT = decimal.Context(
    prec=60, Emin=-2000, Emax=2000,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow, decimal.Subnormal],
)  # fmt: skip
_PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798")
_E = Decimal("2.71828182845904523536028747135266249775724709369995957496696762772407663035354759457138217852516642743")
_TOLERANCE = Decimal("1e-40")
_NOTHING = Decimal("1e-50")
_LARGEST_ANGLE = 10_000
_PROBES: tuple[Fraction, ...] = (Fraction(7, 5), Fraction(-23, 9), Fraction(31, 7), Fraction(-3, 11), Fraction(57, 13))
POINTS = len(_PROBES)


def evaluate(node: Node, at: Mapping[str, Number]) -> Number:
    """The value of `node` with variables at `at`; `e` is Euler's number unless `at` says otherwise.

    Raises: NotAnExpression when undefined there (division by zero, root of a negative) or over the limits.
    """
    try:
        with decimal.localcontext(_CONTEXT):
            return _evaluate(node, at)
    except (ArithmeticError, ValueError, KeyError) as error:
        raise NotAnExpression from error


def points(names: frozenset[str]) -> list[dict[str, Number]]:
    """Where to compare: fixed points of both signs, different for each variable."""
    ordered = sorted(names)
    return [{n: _PROBES[(i + 2 * k) % POINTS] + i * k for k, n in enumerate(ordered)} for i in range(POINTS)]


def close(x: Number, y: Number) -> bool:
    """Equality: exact between fractions, to 40 digits else."""
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x == y
    with decimal.localcontext(_CONTEXT):
        a, b = real(x), real(y)
        return abs(a - b) <= _TOLERANCE * max(abs(a), abs(b)) + _NOTHING


def real(value: Number) -> Decimal:
    """A value with its 60 digits."""
    return value if isinstance(value, Decimal) else Decimal(value.numerator) / Decimal(value.denominator)


def product(x: Number, y: Number) -> Number:
    """x·y, exact or to 60 digits."""
    with decimal.localcontext(_CONTEXT):
        return _binary("*", x, y)


def radians(degrees: Number) -> Number:
    """An angle's size in radians."""
    with decimal.localcontext(_CONTEXT):
        return real(degrees) * _PI / 180


def _evaluate(node: Node, at: Mapping[str, Number]) -> Number:
    match node.kind:
        case "num" | "mixed":
            return node.value
        case "var":
            return _E if node.name == "e" and "e" not in at else at[node.name]
        case "pi":
            return +_PI
    values = [_evaluate(a, at) for a in node.args]
    if len(values) == 1:
        return _unary(node, values[0])
    return _bounded(_binary(node.kind, values[0], values[1]))


def _bounded(value: Number) -> Number:
    if isinstance(value, Fraction) and max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise NotAnExpression
    return value


def _binary(kind: str, left: Number, right: Number) -> Number:
    if kind == "^":
        return _power(left, right)
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return _exactly(kind, left, right)
    a, b = real(left), real(right)
    if kind == "/":
        if abs(b) < _NOTHING:
            raise NotAnExpression
        return a / b
    return a * b if kind == "*" else a + b if kind == "+" else a - b


def _exactly(kind: str, left: Fraction, right: Fraction) -> Fraction:
    if kind == "/":
        return left / right
    return left * right if kind == "*" else left + right if kind == "+" else left - right


_SCALES = {"%": Fraction(1, 100), "‰": Fraction(1, 1000), "neg": Fraction(-1), "°": Fraction(1)}


def _unary(node: Node, value: Number) -> Number:
    if node.kind in _SCALES:
        return _binary("*", value, _SCALES[node.kind])
    if node.kind == "abs":
        return value if value >= 0 else value * -1
    if node.kind == "√":
        return _root(value, int(node.value))
    return _function(node.name, real(value), degrees=node.args[0].kind == "°")


def _root(value: Number, index: int) -> Number:
    if value < 0:
        if index % 2 == 0:
            raise NotAnExpression
        return _root(value * -1, index) * -1
    if isinstance(value, Fraction):
        top, bottom = _whole_root(value.numerator, index), _whole_root(value.denominator, index)
        if top is not None and bottom is not None:
            return Fraction(top, bottom)
    number = real(value)
    return number.sqrt() if index == 2 or number == 0 else (number.ln() / index).exp()


def _whole_root(value: int, index: int) -> int | None:
    """The exact root of a whole number below 10**15, or of any square; None when it is not whole."""
    if index == 2:
        found = math.isqrt(value)
    elif value < 10**15:
        found = round(value ** (1 / index))
    else:
        return None
    return found if found**index == value else None


def _power(base: Number, exponent: Number) -> Number:
    if not -MAX_EXPONENT <= exponent <= MAX_EXPONENT:
        raise NotAnExpression
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        if isinstance(base, Decimal):
            return base ** int(exponent)
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if bits * abs(exponent.numerator) > MAX_BITS:
            raise NotAnExpression
        return Fraction(base**exponent.numerator)
    if base <= 0:
        raise NotAnExpression
    return (real(base).ln() * real(exponent)).exp()


def _function(name: str, x: Decimal, *, degrees: bool) -> Number:
    if name in ("sin", "cos", "tan"):
        angle = x * _PI / 180 if degrees else x
        sine, cosine = _sine(angle), _sine(angle + _PI / 2)
        if name == "tan":
            return _binary("/", sine, cosine)
        return sine if name == "sin" else cosine
    if x <= 0:
        raise NotAnExpression
    if name == "ln":
        return x.ln()
    if name == "lg":
        return x.log10()
    base = Decimal(name.removeprefix("log_"))
    return x.ln() / base.ln()


def _sine(x: Decimal) -> Decimal:
    """Taylor's series after reduction to [-π, π]."""
    if abs(x) > _LARGEST_ANGLE:
        raise NotAnExpression
    turns = (x / (2 * _PI)).to_integral_value()
    x -= turns * 2 * _PI
    term = total = x
    square, n = x * x, 1
    while abs(term) > _NOTHING * Decimal("1e-8"):
        n += 2
        term = -term * square / (n * (n - 1))
        total += term
    return total
