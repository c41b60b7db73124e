"""What was found in a text: points and what each builds on, all with words of the text."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

Basis = Literal["stated", "mentioned", "order", "model"]
"""Why a point is said to build on another: the text says so, its passage speaks of the other, it comes after it under the
same heading, or a model says so and quotes the text.
"""
LONGEST_QUOTE = 240
_DROPPED = re.compile(r"[\s\u3000*_`\"'“”‘’「」『』《》。，,、；;：:！!？?…·（）()\[\]【】{}#]+|(?<!\d)\.|\.(?!\d)")


@dataclass(frozen=True)
class Tie:
    """What a point builds on, by name; `quote`: the words of the text that say it, "" for mere order."""

    name: str
    basis: Basis
    quote: str = ""


@dataclass(frozen=True)
class Found:
    """A point as the text calls it. `topic`: the name of the heading it is part of. `line`: of `quote`, from 1."""

    name: str
    topic: str | None
    ties: tuple[Tie, ...]
    quote: str
    line: int


def key_of(name: str) -> str:
    """In one spelling: names that differ in width, case, spaces and punctuation are the same point."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", name).casefold().replace("−", "-").replace("–", "-"))


def stands_in(quote: str, text: str) -> bool:
    """Whether the words are the text's, but for width, case, spaces, markup and punctuation."""
    wanted = key_of(quote)
    return len(wanted) > 1 and wanted in key_of(text)


def cut(sentence: str) -> str:
    """As much of a sentence as is quoted."""
    return sentence if len(sentence) <= LONGEST_QUOTE else sentence[:LONGEST_QUOTE]


def united(found: Iterable[Found]) -> list[Found]:
    """Each point once, in the order of the text, with all that was said of what it builds on."""
    once: dict[str, Found] = {}
    for each in sorted(found, key=lambda one: one.line):
        key = key_of(each.name)
        if not key:
            continue
        known = once.get(key)
        once[key] = (
            each if known is None else replace(known, ties=(*known.ties, *each.ties), topic=known.topic or each.topic)
        )
    return [replace(each, ties=_once(each)) for each in once.values()]


def _once(found: Found) -> tuple[Tie, ...]:
    best: dict[str, Tie] = {}
    for tie in found.ties:
        best.setdefault(key_of(tie.name), tie)
    return tuple(tie for key, tie in best.items() if key and key != key_of(found.name))


def reaches(graph: Mapping[str, Iterable[str]], start: str, goal: str) -> bool:
    """Whether one comes from a name to another along what each builds on."""
    seen, waiting = {start}, [start]
    while waiting:
        if (at := waiting.pop()) == goal:
            return True
        new = [name for name in graph.get(at, ()) if name not in seen]
        seen.update(new)
        waiting += new
    return False
