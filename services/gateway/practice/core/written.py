"""Items that a model wrote: what must hold before a paper takes one. Pure.

Nothing here trusts the model: an item is a bank's item in its shape, its key is graded by the checker that grades students,
and a second, separate solution must come to the same.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Literal, get_args

from pydantic import ValidationError

from contracts.artefacts.submission import Subject
from contracts.equality import Match, compare
from contracts.equality.keys import has_answer, read_key
from contracts.names import Language
from services.gateway.practice.core.item import Item, ItemType, truth
from services.gateway.practice.core.replies import SolvingReply, WritingReply, WrittenReply

WRITTEN = "written."
"""Ids that begin so are of items that a model wrote."""
WritableType = Literal["single_choice", "multiple_choice", "true_false", "fill_blank", "calculation"]
WRITABLE: tuple[WritableType, ...] = get_args(WritableType)
"""Types whose keys the checker can hold against another answer; a short answer's it can't."""
_SCORES: Mapping[ItemType, float] = {"true_false": 2.0, "calculation": 6.0}
_SCORE = 3.0
_LONGEST_ANSWER = 120
_EQUAL = frozenset({Match.SAME, Match.EQUIVALENT})
_SPEAKS = re.compile(
    r"</|<\s*(script|img|svg|iframe|style)\b|https?:|www\.|\bignore\b.{0,40}\b(instructions?|above|previous)\b|\b(system|developer) prompt\b|as an ai\b"
    r"|忽略.{0,12}(指令|以上|上述|前面)|系统提示|提示词|作为.{0,6}(语言模型|AI)|={5}|满分给",
    re.IGNORECASE,
)
"""Markup, addresses, and words that speak to a model: no item of a paper needs them."""


class Drop(StrEnum):
    """Why an item that a model wrote is not used: words for metrics and for the API."""

    NOT_AN_ITEM = "not_an_item"
    OTHER_TYPE = "other_type"
    SPEAKS_TO_MODELS = "speaks_to_models"
    DUPLICATE = "duplicate"
    KEY_REFUSED = "key_refused"
    DISTRACTOR_ACCEPTED = "distractor_accepted"
    UNSOLVED = "unsolved"
    SOLVED_OTHERWISE = "solved_otherwise"


@dataclass(frozen=True)
class Order:
    """What items are written for: one point, at a grade, around a facility."""

    code: str
    subject: Subject
    grade: int
    language: Language
    target: float
    types: tuple[WritableType, ...]
    count: int


def candidates(reply: WritingReply, order: Order, model: str, known: Collection[str]) -> tuple[list[Item], list[Drop]]:
    """The items worth solving, and why the others are not. `known`: `sameness` of stems that are there already."""
    kept: list[Item] = []
    dropped: list[Drop] = []
    seen = set(known)
    for written in reply.items:
        found = _candidate(written, order, model)
        if isinstance(found, Item) and sameness(found.stem) in seen:
            found = Drop.DUPLICATE
        if isinstance(found, Drop):
            dropped.append(found)
            continue
        seen.add(sameness(found.stem))
        kept.append(found)
    return kept, dropped


def solved(asked: Sequence[Item], reply: SolvingReply) -> tuple[list[Item], list[Drop]]:
    """The items whose separate solution is the key's answer; numbers count from 1."""
    answers = {each.number: each.answer for each in reversed(reply.answers)}
    kept: list[Item] = []
    dropped: list[Drop] = []
    for number, item in enumerate(asked, 1):
        answer = answers.get(number)
        if answer is None:
            dropped.append(Drop.UNSOLVED)
        elif _agrees(item, answer):
            kept.append(item)
        else:
            dropped.append(Drop.SOLVED_OTHERWISE)
    return kept, dropped


def as_asked(asked: Sequence[Item]) -> str:
    """The items for whoever solves them: numbered, without key, solution and wrong answers."""
    return "\n\n".join(_as_asked(number, item) for number, item in enumerate(asked, 1))


def sameness(stem: str) -> str:
    """Equal for stems that differ in spaces, width, case and punctuation alone."""
    folded = unicodedata.normalize("NFKC", stem).casefold()
    return "".join(sign for sign in folded if sign.isalnum() or sign in "+-=<>^/*")


def _as_asked(number: int, item: Item) -> str:
    options = "".join(f"\n{letter}. {text}" for letter, text in item.options.items())
    return f"Item {number} ({item.type})\n{item.stem}{options}"


def _candidate(written: WrittenReply, order: Order, model: str) -> Item | Drop:
    if written.type not in order.types:
        return Drop.OTHER_TYPE
    item = _item(written, order, model)
    if item is None:
        return Drop.NOT_AN_ITEM
    if any(_SPEAKS.search(text) for text in (item.stem, item.solution, *item.options.values(), *_parts(item.answer))):
        return Drop.SPEAKS_TO_MODELS
    if not _stands(item):
        return Drop.KEY_REFUSED
    return Drop.DISTRACTOR_ACCEPTED if _mistaken(item, written.wrong) else item


def _item(written: WrittenReply, order: Order, model: str) -> Item | None:
    """As a bank has it; None when it can't be one."""
    parts = [_bare(part) for part in _parts(written.answer)]
    answer = parts if written.type == "fill_blank" else parts[0] if len(parts) == 1 else None
    if written.type == "true_false" and isinstance(answer, str):
        answer = truth(answer)
    facility = order.target if written.facility is None else min(max(written.facility, 0.0), 1.0)
    if answer is None or not _hides_nothing(written):
        return None
    if written.type in ("fill_blank", "calculation") and len(parts) not in {
        _count(each, parts) for each in written.wrong
    }:
        return None  # nothing wrong to try the key with
    kind: ItemType = written.type  # type: ignore[assignment]  # one of the types that were asked for
    name = hashlib.sha256("\0".join((order.subject, order.code, sameness(written.stem), *parts)).encode()).hexdigest()
    try:
        return Item(
            id=f"{WRITTEN}{name[:24]}",
            subject=order.subject,
            grade=order.grade,
            points=[order.code],
            type=kind,
            stem=written.stem.strip(),
            options=written.options if kind.endswith("_choice") else {},
            answer=answer,
            score=_SCORES.get(kind, _SCORE),
            facility=round(facility, 2),
            solution=written.solution.strip(),
            language=order.language,
            source=model[:200],
            origin="model",
        )
    except ValidationError:
        return None


def _stands(item: Item) -> bool:
    """Whether the checker takes the key as one: an answer, not too long, graded right when a student writes it."""
    if item.type.endswith("_choice") or item.type == "true_false":
        return True  # letters of the options, a sign: the item's own shape
    return all(
        len(part) <= _LONGEST_ANSWER
        and has_answer(part)
        and not read_key(part).open
        and compare(part, part) is Match.SAME
        for part in _parts(item.answer)
    )


def _mistaken(item: Item, wrong: Sequence[str]) -> bool:
    """Whether something that is said to be wrong would count as right, or an option is there twice."""
    if item.options:
        texts = {letter: _bare(text) for letter, text in item.options.items()}
        twice = len({text.replace(" ", "") for text in texts.values()}) < len(texts)
        pairs = product(sorted(set(texts) & set(item.answer)), sorted(set(texts) - set(item.answer)))
        return twice or any(compare(texts[wrong], texts[right]) in _EQUAL for right, wrong in pairs)
    keys = _parts(item.answer)
    return any(_graded(_split(each, keys), keys) for each in wrong)


def _split(wrong: str, keys: Sequence[str]) -> list[str]:
    return wrong.split("|") if len(keys) > 1 else [wrong]


def _count(wrong: str, keys: Sequence[str]) -> int:
    return len(_split(wrong, keys)) if wrong.strip() else 0


def _hides_nothing(written: WrittenReply) -> bool:
    """Whether all of it is seen when it is printed: no control characters, nothing of no width."""
    texts = (written.stem, written.solution, *written.options.values(), *_parts(written.answer))
    return all(sign.isprintable() or sign in "\n\u3000" for text in texts for sign in text)


def _graded(given: Sequence[str], keys: Sequence[str]) -> bool:
    """Whether every blank counts as right, as when a student writes it."""
    return len(given) == len(keys) and all(compare(_bare(one), key).right for one, key in zip(given, keys, strict=True))


def _agrees(item: Item, answer: str | list[str]) -> bool:
    """Whether a separate solution is the key's, without any doubt that a teacher would have to settle."""
    given, keys = _parts(answer), _parts(item.answer)
    if item.type.endswith("_choice"):
        return "".join(sorted(set(re.findall("[A-H]", "".join(given).upper())))) == item.answer
    if item.type == "true_false":
        return truth("".join(given)) == item.answer
    return len(given) == len(keys) and all(
        compare(_bare(one), key) in _EQUAL for one, key in zip(given, keys, strict=True)
    )


def _parts(answer: str | Sequence[str]) -> list[str]:
    return [answer] if isinstance(answer, str) else list(answer)


def _bare(text: str) -> str:
    """As a student writes it: keys have no dollar signs."""
    return text.replace("$", "").strip()
