"""A bounded parser and evaluator for school arithmetic and algebra.

Grammar, loosest first: sums, products (also implied: 2x, 3√5), signs, powers, then %, ° after an operand. Numbers are
exact fractions until a root, π or a function makes them floats. Size, depth and exponents are limited, so that any text
costs well under a millisecond; nothing is ever executed.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

MAX_TOKENS = 80
MAX_DEPTH = 24
MAX_EXPONENT = 40
MAX_DIGITS = 24
MAX_BITS = 256

Number = Fraction | float
_FUNCTIONS = ("sin", "cos", "tan", "ln", "lg", "log")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|\.\d+|sin|cos|tan|ln|lg|log|[a-zA-Zα-ωΑ-Ω]|[-+*/^()\[\]{}|√%°∞]")
_OPEN = {"(": ")", "[": "]", "{": "}"}


class NotAnExpression(ValueError):
    """The text is not in the grammar, or is over the limits."""


@dataclass(frozen=True)
class Node:
    """An operator with its operands; `value` for numbers, `name` for variables and functions."""

    kind: str
    args: tuple["Node", ...] = ()
    value: Fraction = Fraction(0)
    name: str = ""

    def variables(self) -> frozenset[str]:
        """Names of the variables below this node."""
        own = frozenset([self.name]) if self.kind == "var" else frozenset[str]()
        return own.union(*(a.variables() for a in self.args))


def parse(text: str) -> Node:
    """The expression of a canonical text.

    Raises: NotAnExpression.
    """
    tokens: list[str] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found or len(tokens) >= MAX_TOKENS or len(found[0]) > MAX_DIGITS:
            raise NotAnExpression
        tokens.append(found[0])
        position = found.end()
    if not tokens:
        raise NotAnExpression
    parser = _Parser(tokens)
    node = parser.sum(0)
    if parser.peek():
        raise NotAnExpression
    return node


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        piece = self.peek()
        self.at += 1
        return piece

    def sum(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise NotAnExpression
        node = self.product(depth + 1)
        while self.peek() in ("+", "-"):
            sign = self.take()
            node = Node(sign, (node, self.product(depth + 1)))
        return node

    def product(self, depth: int) -> Node:
        node = self.signed(depth + 1)
        while True:
            piece = self.peek()
            if piece in ("*", "/"):
                self.take()
                node = Node(piece, (node, self.signed(depth + 1)))
            elif piece and (piece[0].isalnum() or piece in ("√", "(", "∞")):
                node = Node("*", (node, self.power(depth + 1)))
            else:
                return node

    def signed(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise NotAnExpression
        if self.peek() in ("+", "-"):
            sign = self.take()
            operand = self.signed(depth + 1)
            return operand if sign == "+" else Node("neg", (operand,))
        return self.power(depth)

    def power(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise NotAnExpression
        node = self.operand(depth + 1)
        if self.peek() == "^":
            self.take()
            node = Node("^", (node, self.signed(depth + 1)))
        while self.peek() in ("%", "°"):
            node = Node(self.take(), (node,))
        return node

    def operand(self, depth: int) -> Node:
        piece = self.take()
        if not piece:
            raise NotAnExpression
        if piece[0].isdigit() or piece[0] == ".":
            return Node("num", value=Fraction(piece))
        if piece == "√":
            return Node("√", (self.power(depth + 1),)) if self.peek() == "(" else Node("√", (self.operand(depth + 1),))
        if piece in _FUNCTIONS:
            return Node("fn", (self.power(depth + 1),), name=piece)
        if piece in _OPEN or piece == "|":
            node = self.sum(depth + 1)
            if self.take() != _OPEN.get(piece, "|"):
                raise NotAnExpression
            return Node("abs", (node,)) if piece == "|" else node
        if piece.isalpha():
            return Node("pi") if piece == "π" else Node("var", name=piece)
        raise NotAnExpression


def evaluate(node: Node, at: Mapping[str, Number]) -> Number:
    """The value of `node` with variables at `at`.

    Raises: NotAnExpression when undefined there (division by zero, root of a negative, overflow).
    """
    try:
        value = _evaluate(node, at)
    except (ZeroDivisionError, OverflowError, ValueError, KeyError) as error:
        raise NotAnExpression from error
    if isinstance(value, float) and not math.isfinite(value):
        raise NotAnExpression
    return value


def _evaluate(node: Node, at: Mapping[str, Number]) -> Number:
    if node.kind == "num":
        return node.value
    if node.kind == "var":
        return at[node.name]
    if node.kind == "pi":
        return math.pi
    values = [_evaluate(a, at) for a in node.args]
    if len(values) == 1:
        return _unary(node, values[0])
    left, right = values
    if isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)
    return _binary(node.kind, left, right)


def _binary(kind: str, left: Number, right: Number) -> Number:
    match kind:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case _:
            return _power(left, right)


def _unary(node: Node, value: Number) -> Number:
    match node.kind:
        case "neg":
            return value * -1
        case "abs":
            return value if value >= 0 else value * -1
        case "%":
            return value / 100
        case "°":
            return value
        case "√":
            return _root(value)
        case _:
            return _function(node.name, float(value), degrees=node.args[0].kind == "°")


def _function(name: str, x: float, *, degrees: bool) -> float:
    if name in ("sin", "cos", "tan"):
        x = math.radians(x) if degrees else x
        return {"sin": math.sin, "cos": math.cos, "tan": math.tan}[name](x)
    return math.log(x) if name == "ln" else math.log10(x)


def _root(value: Number) -> Number:
    if isinstance(value, Fraction) and value >= 0:
        top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if top * top == value.numerator and bottom * bottom == value.denominator:
            return Fraction(top, bottom)
    return math.sqrt(value)


def _power(base: Number, exponent: Number) -> Number:
    if not -MAX_EXPONENT <= exponent <= MAX_EXPONENT:
        raise NotAnExpression
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        if max(base.numerator.bit_length(), base.denominator.bit_length()) > MAX_BITS:
            raise NotAnExpression
        return Fraction(base**exponent.numerator)
    if base < 0:
        raise NotAnExpression
    return math.pow(float(base), float(exponent))
