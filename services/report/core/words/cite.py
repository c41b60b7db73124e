"""Question numbers as a reader cites them."""

import re
from collections.abc import Sequence


def leading(label: str) -> int | None:
    """The number with which a label starts: 17 of 17(1)."""
    found = re.match(r"[0-9]+", label)
    return int(found[0]) if found else None


def runs(labels: Sequence[str]) -> list[str]:
    """3, 7; three or more numbers in a row become a range: 1–4, 7. In order of number, else as they come."""
    ordered = list(labels)
    if all(leading(label) is not None for label in ordered):
        ordered.sort(key=lambda label: leading(label) or 0)
    parts: list[str] = []
    run: list[str] = []
    for label in [*ordered, ""]:
        follows = run and run[-1].isdecimal() and label.isdecimal() and int(label) == int(run[-1]) + 1
        if run and not follows:
            parts += [f"{run[0]}–{run[-1]}"] if len(run) > 2 else run
            run = []
        run.append(label)
    return parts


def cite_zh(labels: Sequence[str]) -> str:
    """第1–4、7题."""
    return f"第{'、'.join(runs(labels))}题"


def cite_en(labels: Sequence[str]) -> str:
    """Questions 1–4, 7."""
    parts = runs(labels)
    return f"question {parts[0]}" if len(labels) == 1 else f"questions {', '.join(parts)}"


def brief_en(labels: Sequence[str]) -> str:
    """Q1–4, 7: where there is little room."""
    return f"Q{', '.join(runs(labels))}"
