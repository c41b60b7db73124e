"""Item analysis of classical test theory: facility, discrimination, distractors, and keys that look wrong."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from services.gateway.classreport.core.quantiles import wilson
from services.gateway.classreport.core.scale import Scale, correlation, tails, weighted
from services.gateway.classreport.core.sheet import Cell, Item, Sheet, choices

Flag = Literal["miskey", "negative", "weak", "hard", "easy"]

WEAK = 0.2
"""Discrimination below it is poor: Ebel and Frisbie (1991), Essentials of Educational Measurement, ch. 13."""
HARD, EASY = 0.2, 0.95
RETEACH_BELOW = 0.6
COMMON = 3
"""Students who must have given the same wrong answer before it is shown: one would be somebody's."""
_LONGEST_WRONG = 24
_NO_CHOICE = frozenset({"blank", "unread", "other"})


@dataclass(frozen=True)
class Option:
    """One row of a distractor table. Shares are of the students in the group; `r`: choosing it against the rest score.

    `label`: a letter, or `blank`, `unread`, `other`. `idle`: a distractor that fewer than 5 % choose, see Haladyna and
    Downing (1993), How many options is enough for a multiple-choice test item?
    """

    label: str
    key: bool
    count: int
    share: float
    upper: float | None
    lower: float | None
    r: float | None
    idle: bool


@dataclass(frozen=True)
class ItemFigures:
    """Figures of one item; those that compare students are None when they can't be said.

    `facility` 0 to 1 with Wilson's interval; `r`: corrected point-biserial, item against the sum of the other items;
    `discrimination`: difference of the facility in the upper and the lower 27 %.
    """

    graded: int
    missing: int
    blank: int
    review: int
    facility: float | None
    low: float | None
    high: float | None
    r: float | None
    discrimination: float | None
    options: tuple[Option, ...]
    wrong: tuple[str, int] | None
    flags: tuple[Flag, ...]
    lost: float | None
    """points the class loses on it, per student"""


def figures_of(sheet: Sheet, scale: Scale) -> list[ItemFigures]:
    """One per item of the sheet, in its order."""
    return [_figures(sheet, scale, index, item) for index, item in enumerate(sheet.items)]


def _figures(sheet: Sheet, scale: Scale, index: int, item: Item) -> ItemFigures:
    cells = [cell for cell in sheet.column(index) if cell is not None]
    shares = [cell.share for cell in cells if cell.share is not None]
    facility = math.fsum(shares) / len(shares) if shares else None
    low, high = wilson(math.fsum(shares), len(shares)) if shares else (None, None)
    r = discrimination = rest = None
    if scale.enough and index in scale.items:
        place = scale.items.index(index)
        mine = [row[place] for row in scale.points]
        rest = [total - own for total, own in zip(scale.totals, mine, strict=True)]
        r = correlation(mine, rest)
        discrimination = (weighted(mine, scale.upper) - weighted(mine, scale.lower)) / item.max
    options = _options(sheet, scale, index, item, cells, rest)
    return ItemFigures(
        graded=len(shares),
        missing=len(sheet.sittings) - len(shares),
        blank=sum(cell.answer == "" for cell in cells),
        review=sum(cell.review for cell in cells),
        facility=facility,
        low=low,
        high=high,
        r=r,
        discrimination=discrimination,
        options=options,
        wrong=_wrong(item, cells),
        flags=_flags(item, facility, r, discrimination, options),
        lost=None if facility is None else (1 - facility) * item.max,
    )


def _options(  # noqa: PLR0917 - one item and what it is compared with
    sheet: Sheet, scale: Scale, index: int, item: Item, cells: Sequence[Cell], rest: Sequence[float] | None
) -> tuple[Option, ...]:
    """Of a choice item; None of a multiple choice's letters excludes another, so its shares may add up to more than 1.

    The groups are those of the rest score: with a wrong key, the item itself would put students into the wrong group.
    """
    if item.type not in {"single_choice", "multiple_choice", "true_false"} or not cells:
        return ()
    answers = [sheet.cells[s][index] for s in scale.students] if rest is not None else []
    upper, lower = tails(rest) if rest is not None else ((), ())
    rows = []
    for label, chosen in _labels(item):
        count = sum(chosen(cell.answer) for cell in cells)
        if not count and label in _NO_CHOICE:
            continue
        took = [float(cell is not None and chosen(cell.answer)) for cell in answers]
        key = label in _key_labels(item)
        rows.append(
            Option(
                label=label,
                key=key,
                count=count,
                share=count / len(cells),
                upper=weighted(took, upper) if rest is not None else None,
                lower=weighted(took, lower) if rest is not None else None,
                r=correlation(took, rest) if rest is not None else None,
                idle=not key and label not in _NO_CHOICE and count < 0.05 * len(cells),
            )
        )
    return tuple(rows)


def _labels(item: Item) -> list[tuple[str, Callable[[str | None], bool]]]:
    """What can be chosen, and whether an answer chooses it."""

    def takes(label: str) -> Callable[[str | None], bool]:
        if item.type == "true_false":
            return lambda answer: answer == label
        if item.type == "multiple_choice":
            return lambda answer: label in choices(answer)
        return lambda answer: choices(answer) == {label}

    named = ("√", "×") if item.type == "true_false" else item.options
    rows = [(label, takes(label)) for label in named]

    def other(answer: str | None) -> bool:
        return bool(answer) and not any(chosen(answer) for _, chosen in rows[: len(named)])

    return [*rows, ("blank", lambda answer: answer == ""), ("unread", lambda answer: answer is None), ("other", other)]


def _key_labels(item: Item) -> frozenset[str]:
    return frozenset({item.key}) if item.type == "true_false" and item.key else choices(item.key)


def _wrong(item: Item, cells: Sequence[Cell]) -> tuple[str, int] | None:
    """The commonest wrong answer, when it is short and not one pupil's alone."""
    wrong = Counter(
        cell.answer.strip()
        for cell in cells
        if cell.answer and cell.share is not None and cell.share < 1 and cell.answer.strip() != item.key
    )
    common = [(answer, count) for answer, count in wrong.most_common() if 0 < len(answer) <= _LONGEST_WRONG]
    return common[0] if common and common[0][1] >= COMMON else None


def _flags(
    item: Item, facility: float | None, r: float | None, discrimination: float | None, options: Sequence[Option]
) -> tuple[Flag, ...]:
    flags: list[Flag] = []
    if miskeyed(item, options):
        flags.append("miskey")
    if r is not None and r < 0:
        flags.append("negative")
    elif r is not None and discrimination is not None and r < WEAK and discrimination < WEAK:
        flags.append("weak")
    if facility is not None and facility < HARD:
        flags.append("hard")
    if facility is not None and facility > EASY:
        flags.append("easy")
    return tuple(flags)


def miskeyed(item: Item, options: Sequence[Option]) -> str | None:
    """The option that looks like the true key of a single choice or true/false item, if another than the key does.

    The rule (after Haladyna and Rodriguez 2013, Developing and Validating Test Items, ch. 18: a key that good students
    avoid and another option that they prefer): choosing the key goes with no better rest score (r <= 0), choosing the
    other option does (r > 0), and in the upper 27 % the other option is chosen more often than the key.
    """
    keys = [option for option in options if option.key]
    if item.type == "multiple_choice" or len(keys) != 1:
        return None
    key = keys[0]
    if key.upper is None or (key.r is not None and key.r > 0):
        return None
    rivals = [
        option
        for option in options
        if not option.key and option.label not in _NO_CHOICE
        and option.r is not None and option.r > 0 and option.upper is not None and option.upper > key.upper
    ]  # fmt: skip
    best = max(rivals, key=lambda option: (option.upper or 0.0, option.label), default=None)
    return best.label if best else None


def reteach(sheet: Sheet, figures: Sequence[ItemFigures], most: int = 8) -> list[tuple[int, bool]]:
    """(index, sure) of items to teach again first. Sure: even the upper end of the facility's interval is below 60 %.

    Sure ones first, then by points lost. An item whose key looks wrong says nothing about the class.
    """
    found = [
        (index, item.high < RETEACH_BELOW, item.lost)
        for index, item in enumerate(figures)
        if item.facility is not None and item.high is not None and item.lost is not None
        and item.facility < RETEACH_BELOW and "miskey" not in item.flags
    ]  # fmt: skip
    ordered = sorted(found, key=lambda entry: (not entry[1], -entry[2], sheet.items[entry[0]].path))
    return [(index, sure) for index, sure, _ in ordered[:most]]
