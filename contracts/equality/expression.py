"""A bounded parser for school arithmetic and algebra; nothing is ever executed.

Grammar, loosest first: sums, products (also implied: 2x, 3√5), signs, powers, then %, ° after an operand. Size, depth,
digits and functions are limited, so that any text costs well under a millisecond.
"""

import math
import re
from dataclasses import dataclass
from fractions import Fraction

MAX_TOKENS = 80
MAX_DEPTH = 24
MAX_DIGITS = 24
MAX_FUNCTIONS = 8

_FUNCTIONS = ("sin", "cos", "tan", "ln", "lg", "log")
_TOKEN = re.compile(
    r"\d+&\d+/\d+|\d+(?:\.\d+)?|\.\d+|sin|cos|tan|ln|lg|log(?:_\d+)?|√\[\d\]"
    r"|[a-zA-Zα-ορ-ωΑ-Ω](?:_?\d+|_[a-zA-Z])?|π|[-+*/^()\[\]{}|√%‰°]"
)
_OPEN = {"(": ")", "[": "]", "{": "}"}


class NotAnExpression(ValueError):
    """The text is not in the grammar, or is over the limits."""


@dataclass(frozen=True, slots=True)
class Node:
    """An operator with its operands; `value` for numbers and root indices, `name` for variables, functions and a mixed number's unfinished part.

    Kinds: num mixed var pi + - * / ^ neg abs % ‰ ° √ fn.
    """

    kind: str
    args: tuple["Node", ...] = ()
    value: Fraction = Fraction(0)
    name: str = ""

    def variables(self) -> frozenset[str]:
        """Names of the variables below this node."""
        own = frozenset([self.name]) if self.kind == "var" else frozenset[str]()
        return own.union(*(a.variables() for a in self.args))


def parse(text: str, *, tight: bool = False) -> Node:
    """The expression of a canonical text. `tight`: 1/2x is 1/(2x), not x/2.

    Raises: NotAnExpression.
    """
    tokens: list[str] = []
    position = functions = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found or len(tokens) >= MAX_TOKENS or len(found[0]) > MAX_DIGITS:
            raise NotAnExpression
        functions += found[0].startswith(("sin", "cos", "tan", "l", "√"))
        tokens.append(found[0])
        position = found.end()
    if not tokens or functions > MAX_FUNCTIONS:
        raise NotAnExpression
    parser = _Parser(tokens, tight=tight)
    node = parser.sum(0)
    if parser.peek():
        raise NotAnExpression
    return node


class _Parser:
    def __init__(self, tokens: list[str], *, tight: bool) -> None:
        self.tokens = tokens
        self.at = 0
        self.tight = tight

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        piece = self.peek()
        self.at += 1
        return piece

    def sum(self, depth: int) -> Node:
        _check(depth)
        node = self.product(depth + 1)
        while self.peek() in ("+", "-"):
            sign = self.take()
            node = Node(sign, (node, self.product(depth + 1)))
        return node

    def product(self, depth: int) -> Node:
        node = self.factor(depth + 1)
        while True:
            piece = self.peek()
            if piece in ("*", "/"):
                self.take()
                node = Node(piece, (node, self.factor(depth + 1)))
            elif _starts_factor(piece):
                node = Node("*", (node, self.power(depth + 1)))
            else:
                return node

    def factor(self, depth: int) -> Node:
        """One factor with its sign; under `tight` with the unsigned factors after it."""
        node = self.signed(depth)
        while self.tight and _starts_factor(self.peek()):
            node = Node("*", (node, self.power(depth + 1)))
        return node

    def signed(self, depth: int) -> Node:
        _check(depth)
        if self.peek() in ("+", "-"):
            sign = self.take()
            operand = self.signed(depth + 1)
            return operand if sign == "+" else Node("neg", (operand,))
        return self.power(depth)

    def power(self, depth: int) -> Node:
        _check(depth)
        node = self.operand(depth + 1)
        if self.peek() == "^":
            self.take()
            node = Node("^", (node, self.signed(depth + 1)))
        while self.peek() in ("%", "‰", "°"):
            node = Node(self.take(), (node,))
        return node

    def operand(self, depth: int) -> Node:
        piece = self.take()
        if not piece:
            raise NotAnExpression
        if piece[0].isdigit() or piece[0] == ".":
            return _number(piece)
        if piece[0] == "√":
            return self.root(piece, depth)
        if piece.startswith(_FUNCTIONS):
            if piece == "log":
                raise NotAnExpression
            return Node("fn", (self.power(depth + 1),), name=piece)
        if piece in _OPEN or piece == "|":
            node = self.sum(depth + 1)
            if self.take() != _OPEN.get(piece, "|"):
                raise NotAnExpression
            return Node("abs", (node,)) if piece == "|" else node
        if piece[0].isalpha():
            return Node("pi") if piece == "π" else Node("var", name=piece.replace("_", ""))
        raise NotAnExpression

    def root(self, piece: str, depth: int) -> Node:
        index = Fraction(int(piece[2])) if len(piece) > 1 else Fraction(2)
        if index < 2:
            raise NotAnExpression
        return Node("√", (self.operand(depth + 1),), value=index)


def _check(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotAnExpression


def _starts_factor(piece: str) -> bool:
    return bool(piece) and (piece[0].isalnum() or piece[0] in "√(.")


def _number(piece: str) -> Node:
    whole, mixed, part = piece.partition("&")
    if not mixed:
        return Node("num", value=Fraction(piece))
    top, bottom = (int(x) for x in part.split("/"))
    if bottom == 0:
        raise NotAnExpression
    finished = top < bottom and math.gcd(top, bottom) == 1
    return Node("mixed", value=Fraction(int(whole)) + Fraction(top, bottom), name="" if finished else part)
