"""Numbers of questions as sentences cite them."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

_RUN = 3
_WITHIN = "·"
"""Between a section and a number in it: 一·1."""


class Numbered(Protocol):
    """What has a number on the paper."""

    @property
    def number(self) -> str: ...
    @property
    def path(self) -> tuple[str, ...]: ...


def labels_of(questions: Sequence[Numbered]) -> list[str]:
    """Their numbers; with the section where two sections both number from 1."""
    count = Counter(question.number for question in questions)
    return [_WITHIN.join(q.path) if count[q.number] > 1 and len(q.path) > 1 else q.number for q in questions]


def leading(label: str) -> int | None:
    """The number with which a label starts: 17 of 17(1)."""
    found = re.match(r"[0-9]+", label)
    return int(found[0]) if found else None


def runs(labels: Iterable[str]) -> list[str]:
    """3, 7; three or more in a row become a range: 1–4, 7 or 一·1–5. In order of number, else as they come."""
    parts: list[str] = []
    run: list[str] = []
    for label in _ordered(labels):
        if run and not _follows(run[-1], label):
            parts += _closed(run)
            run = []
        run.append(label)
    return parts + _closed(run)


def spelled(part: str) -> list[str]:
    """The labels of one part of `runs`."""
    first, _, last = part.partition("–")
    section, sign, start = first.rpartition(_WITHIN)
    if start.isdecimal() and last.isdecimal():
        return [f"{section}{sign}{n}" for n in range(int(start), int(last) + 1)]
    return [part]


def _ordered(labels: Iterable[str]) -> list[str]:
    found = list(labels)
    numbers = {label: leading(label) for label in found}
    return found if None in numbers.values() else sorted(found, key=lambda label: numbers[label] or 0)


def _follows(before: str, label: str) -> bool:
    (section, _, number), (other, _, following) = before.rpartition(_WITHIN), label.rpartition(_WITHIN)
    return section == other and number.isdecimal() and following.isdecimal() and int(following) == int(number) + 1


def _closed(run: Sequence[str]) -> list[str]:
    return [f"{run[0]}–{run[-1].rpartition(_WITHIN)[2]}"] if len(run) >= _RUN else list(run)
