"""How an item's answer is worked out once more, and written as a student would."""

import re
from dataclasses import dataclass
from typing import Any

from sympy import diff, reduce_inequalities, solve, symbols

x, y = symbols("x y")


@dataclass(frozen=True)
class Written:
    """Texts that a right checker must take for the key."""

    texts: tuple[str, ...]


def root(expression: Any) -> Any:
    """The one solution of expression = 0."""
    (found,) = solve(expression, x)
    return found


def roots(expression: Any) -> Written:
    found = [f"x={plain(each)}" for each in solve(expression, x)]
    return Written((" 或 ".join(found), " or ".join(found)))


def pair(first: Any, second: Any) -> Written:
    found = solve([first, second], [x, y])
    return Written((f"{plain(found[x])}|{plain(found[y])}", f"x={plain(found[x])}，y={plain(found[y])}"))


def relation(text: str, condition: Any) -> Written:
    """The text, if it says the same as the condition."""
    left = reduce_inequalities(condition, x).as_set()
    number = int(text.lstrip("x<=>"))
    right = (x <= number if "<=" in text else x < number).as_set()
    assert left == right, text
    return Written((text.replace("<=", "≤"),))


def vertex(parabola: Any) -> Written:
    at = root(diff(parabola, x))
    return Written((f"({at},{parabola.subs(x, at)})",))


def ratio(value: Any) -> Written:
    return Written((f"{value.p}:{value.q}",))


def letter(letters: str) -> Written:
    """Nothing to compute: said a second time."""
    return Written((letters,))


def written(value: Any) -> tuple[str, ...]:
    """A value as an answer sheet may have it."""
    if isinstance(value, Written):
        return value.texts
    if isinstance(value, list):
        return ("|".join(map(plain, value)),)
    text = plain(value)
    percent = (f"{plain(value * 100)}%",) if "/" in text and 100 % getattr(value, "q", 7) == 0 else ()
    return (text, *(f"{name}={text}" for name in "xy"), *percent)


def plain(value: Any) -> str:
    """sympy's words in a student's."""
    text = str(value).replace("**", "^").replace("*", "").replace("pi", "π")
    return re.sub(r"sqrt\((\d+)\)", r"√\1", text)
