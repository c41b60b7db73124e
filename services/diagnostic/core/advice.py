"""Suggestions: what to do next, for which questions, starting from the lost points and from what they build on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from contracts.artefacts.diagnosis import Cause, Suggestion
from contracts.taxonomy import Taxonomy
from services.diagnostic.core.details import detail_of
from services.diagnostic.core.evidence import Item
from services.diagnostic.core.methods import method_of
from services.diagnostic.core.wording import Words, points

ENOUGH = 3
_MOST_GROUPS = 5
_MOST_DETAILS = 3
_MOST_ROOTS = 2
_SEVERAL = 2
_MOST_PARTS = 2


@dataclass(frozen=True)
class Loss:
    """Questions that lost points on one knowledge point, or of one type where no point is known (code null, and said so in the name)."""

    name: str
    items: tuple[Item, ...]
    asked: int
    code: str | None = None

    @property
    def lost(self) -> float:
        return sum(item.lost for item in self.items)

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(item.number for item in self.items)

    def cited(self, words: Words) -> str:
        return words.cite(item.label for item in self.items)

    def amount(self, words: Words) -> str:
        """3 分; where points are unknown, the number of questions: 2 题."""
        if self.in_points:
            return words.amount[self.lost != 1].format(points=points(self.lost))
        return words.amount_questions[len(self.items) != 1].format(count=len(self.items))

    def said(self, words: Words) -> str:
        """失 3 分; 2 题未答对."""
        return (words.lost_points if self.in_points else words.lost_questions).format(amount=self.amount(words))

    @property
    def in_points(self) -> bool:
        return all(item.full is not None for item in self.items)


def losses_of(items: Sequence[Item], words: Words) -> list[Loss]:
    """Where points were lost, the most first."""
    asked: dict[tuple[str, str | None], list[Item]] = {}
    for item in items:
        if item.share is not None:
            asked.setdefault(_group(item, words), []).append(item)
    found = [
        Loss(name, tuple(item for item in group if item.lost > 0), len(group), code)
        for (name, code), group in asked.items()
        if any(item.lost > 0 for item in group)
    ]
    return sorted(found, key=lambda loss: -loss.lost)  # stable: ties stay in the paper's order


def _group(item: Item, words: Words) -> tuple[str, str | None]:
    """Name and code of the surest knowledge point of a question, else its type."""
    if not item.points:
        return words.no_point.format(type=words.types[item.question.type]), None
    return item.points[0][0].name, item.points[0][0].code


def suggestions_of(
    items: Sequence[Item], causes: Sequence[Cause], taxonomy: Taxonomy, words: Words, firm: Collection[str] = ()
) -> tuple[Suggestion, ...]:
    """What to practise first, advice on the largest losses, on blanks, and on what a person should check.

    `firm`: codes of points with enough evidence, earlier exams included.
    """
    graded = [item for item in items if item.share is not None]
    losses = losses_of(items, words)
    why = {cause.path: cause.text for cause in causes}
    if graded and not any(_answered(item) for item in items):
        found = [_on(graded, words.all_blank, words)]
    elif graded and not losses:
        found = [_on(graded, words.all_right, words)]
    else:
        found = _first(losses, taxonomy, words)
        found += [_practise(loss, why, taxonomy, words, firm) for loss in losses[:_MOST_GROUPS]]
        found += _if_any([item for loss in losses[_MOST_GROUPS:] for item in loss.items], words.rest, words)
        blanks = [item for item in graded if item.answer.verdict == "blank"]
        found += _if_any(blanks if len(blanks) >= _SEVERAL else [], words.blanks, words)
    waiting = [item for item in items if item.share is None]
    found += _if_any([item for item in waiting if item.answer.essay is None], words.ungraded, words)
    found += _if_any([item for item in waiting if item.answer.essay is not None], words.revise, words)
    return (*found, *_if_any([item for item in graded if item.answer.needs_review], words.review, words))


def _answered(item: Item) -> bool:
    """Whether anything was read as an answer, or a grade says that there is one."""
    return bool(item.answer.student_answer) or item.answer.verdict not in {"blank", "ungraded"}


def _first(losses: Sequence[Loss], taxonomy: Taxonomy, words: Words) -> list[Suggestion]:
    """A lost point that other lost points build on comes first: a gap at the root makes the others."""
    by_code = {loss.code: loss for loss in losses if loss.code}
    above: dict[str, list[Loss]] = {}
    for loss in losses:
        roots = [code for code in taxonomy.roots_of(loss.code or "") if code in by_code]
        for code in roots[-1:]:  # the furthest down
            above.setdefault(code, []).append(loss)
    return [_root(by_code[code], built, words) for code, built in above.items()][:_MOST_ROOTS]


def _root(root: Loss, above: Sequence[Loss], words: Words) -> Suggestion:
    named = words.around[1].join(words.above.format(name=loss.name, cited=loss.cited(words)) for loss in above)
    text = words.first.format(root=root.name, cited_root=root.cited(words), above=named)
    numbers = dict.fromkeys([*root.numbers, *(number for loss in above for number in loss.numbers)])
    return Suggestion(text=text, evidence=tuple(numbers))


def _practise(
    loss: Loss, why: Mapping[tuple[str, ...], str], taxonomy: Taxonomy, words: Words, firm: Collection[str]
) -> Suggestion:
    details = words.comma.join(detail_of(item, why, words) for item in loss.items[:_MOST_DETAILS])
    thin = (
        loss.asked < ENOUGH and loss.code is not None and loss.code not in firm
    )  # without a point there is no evidence to count
    text = words.practise.format(
        name=loss.name,
        cited=loss.cited(words),
        lost=loss.said(words),
        doubt=words.doubt if thin else "",
        parts=_parts(loss, taxonomy, words),
        details=details,
        method=method_of(loss.items, taxonomy.subject, words),
        check=words.check if thin else "",
    )
    return Suggestion(text=text[:1].upper() + text[1:], evidence=loss.numbers)


def _parts(loss: Loss, taxonomy: Taxonomy, words: Words) -> str:
    """Which parts of a topic the lost points were on, the most first."""
    parts: dict[str, list[Item]] = {}
    for item in loss.items:
        for point, _ in item.points[1:]:
            above = taxonomy.parent_of(point.code)
            if above is not None and above.code == loss.code:
                parts.setdefault(point.name, []).append(item)
    if not parts:
        return ""
    most = sorted(parts, key=lambda name: -sum(item.lost for item in parts[name]))[:_MOST_PARTS]
    whole, between, each = words.parts
    named = (each.format(name=name, cited=words.cite(item.label for item in parts[name])) for name in most)
    return whole.format(parts=between.join(named))


def _if_any(items: Sequence[Item], sentence: str, words: Words) -> list[Suggestion]:
    return [_on(items, sentence, words)] if items else []


def _on(items: Sequence[Item], sentence: str, words: Words) -> Suggestion:
    text = sentence.format(cited=words.cite(item.label for item in items))
    return Suggestion(text=text, evidence=tuple(item.number for item in items))
