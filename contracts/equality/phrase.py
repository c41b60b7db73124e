"""A piece of an answer with what is found out about it, each at most once."""

from functools import cached_property, lru_cache

from contracts.equality.evaluate import Number, evaluate, points
from contracts.equality.expression import Node, NotAnExpression, parse
from contracts.equality.forms import Form, collected, finished, form

_ALIKE_CASES = str.maketrans("XYZ", "xyz")
"""Variables whose two cases handwriting does not tell apart."""


class Phrase:
    """A canonical text seen as an expression. Attributes are None when it is none."""

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def of(cls, node: Node) -> "Phrase":
        """A phrase of an expression that was put together."""
        made = cls("")
        made.__dict__["node"] = node
        return made

    @cached_property
    def node(self) -> Node | None:
        """The expression."""
        return self._parsed(self.text)

    @staticmethod
    def _parsed(text: str, *, tight: bool = False) -> Node | None:
        if not any(c in text for c in "xyz"):
            text = text.translate(_ALIKE_CASES)
        try:
            return parse(text, tight=tight)
        except NotAnExpression:
            return None

    @cached_property
    def otherwise(self) -> "Phrase | None":
        """The other reading of 1/2x, as 1/(2x)."""
        if self.node is None or "/" not in self.text:
            return None
        other = self._parsed(self.text, tight=True)
        return None if other is None or other == self.node else Phrase.of(other)

    @cached_property
    def names(self) -> frozenset[str]:
        """Variables of the expression; `e` alone among no others is a number."""
        return frozenset[str]() if self.node is None else self.node.variables() - {"e"}

    @cached_property
    def form(self) -> Form | None:
        """Its form, see `forms`."""
        return None if self.node is None else form(self.node)

    @cached_property
    def finished(self) -> bool:
        """Whether nothing is left to compute."""
        return self.node is not None and finished(self.node)

    @cached_property
    def collected(self) -> bool:
        """Whether its terms are written as short as they go."""
        return self.node is not None and collected(self.node)

    @cached_property
    def value(self) -> Number | None:
        """The value of an expression without variables."""
        return self.at(0) if self.node is not None and not self.names else None

    @cached_property
    def _values(self) -> dict[tuple[frozenset[str], int], Number | None]:
        return {}

    def at(self, point: int, names: frozenset[str] | None = None) -> Number | None:
        """The value at a probe point of the variables `names` (its own if not given); None where undefined."""
        every = self.names if names is None else names
        key = (every, point)
        if key not in self._values:
            try:
                self._values[key] = None if self.node is None else evaluate(self.node, points(every)[point])
            except NotAnExpression:
                self._values[key] = None
        return self._values[key]


@lru_cache(maxsize=512)
def phrase_of(text: str) -> Phrase:
    """The phrase of a canonical text: pieces meet each other many times, and are read once."""
    return Phrase(text)
