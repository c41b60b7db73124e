"""A mistake as a rule finds it, before it is put into words; and mistakes made one list, one text."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.artefacts.essay import Mistake, MistakeKind

MOST = 60
"""Mistakes that are listed: more would teach nobody anything."""


@dataclass(frozen=True)
class Flaw:
    """Characters `start` to `end`, what should stand there (None: nobody says), and the rule that found it."""

    start: int
    end: int
    kind: MistakeKind
    right: str | None
    rule: str


def apart(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """In their order, none over another: of two that overlap, the one that came first here stays."""
    kept: list[Mistake] = []  # in their order
    for each in mistakes:
        at = bisect_left(kept, each.start, key=lambda other: other.start)
        before_ends = at == 0 or kept[at - 1].end <= each.start
        if before_ends and (at == len(kept) or each.end <= kept[at].start):
            kept.insert(at, each)
    return kept


def corrected(text: str, mistakes: Sequence[Mistake]) -> str | None:
    """The text with the corrections of mistakes that lie apart; None when there are none."""
    pieces: list[str] = []
    at = 0
    for each in sorted(mistakes, key=lambda each: each.start):
        if each.correction is not None:
            pieces += [text[at : each.start], each.correction]
            at = each.end
    return "".join([*pieces, text[at:]]) if pieces else None
