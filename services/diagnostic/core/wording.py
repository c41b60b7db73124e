"""Chinese phrases: citations, points and quoted answers."""

import re
from collections.abc import Iterable, Sequence

_QUOTE_LIMIT = 16
_FORMULA_LIMIT = 80
_RUN = 3


def cite(labels: Iterable[str]) -> str:
    """第3、7题; three or more numbers in a row become a range: 第1–4、7题. In order of number, else as they come."""
    parts: list[str] = []
    run: list[str] = []
    for label in _ordered(labels):
        if run and not _follows(run[-1], label):
            parts += _closed(run)
            run = []
        run.append(label)
    return f"第{'、'.join(parts + _closed(run))}题"


def _ordered(labels: Iterable[str]) -> list[str]:
    found = list(labels)
    numbers = [re.match(r"[0-9]+", label) for label in found]
    if not all(numbers):
        return found
    return [
        label
        for _, label in sorted(zip(numbers, found, strict=True), key=lambda pair: int(pair[0][0]) if pair[0] else 0)
    ]


def _follows(before: str, label: str) -> bool:
    return before.isdecimal() and label.isdecimal() and int(label) == int(before) + 1


def _closed(run: Sequence[str]) -> list[str]:
    return [f"{run[0]}–{run[-1]}"] if len(run) >= _RUN else list(run)


def points(value: float) -> str:
    """Points without needless decimals: 3, 2.5."""
    return f"{round(value, 2):g}"


def percent(share: float) -> str:
    """A whole percentage, never rounded up to 100 or down to 0 when something is missing or there."""
    whole = min(round(share * 100), 99) if share < 1 else 100
    return f"{max(whole, 1) if share > 0 else 0}%"


def quote(text: str) -> str:
    """An answer as cited in a sentence: one line, cut when long. A formula in TeX is cited whole or not at all."""
    line = " ".join(text.replace("|", "；").split())
    if "\\" in line or "$" in line:
        return f"“{line}”" if len(line) <= _FORMULA_LIMIT else "“…”"
    return f"“{line[:_QUOTE_LIMIT]}…”" if len(line) > _QUOTE_LIMIT else f"“{line}”"
