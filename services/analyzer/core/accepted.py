"""Verdicts under all that a key's entry says: its answer, what it accepts besides, and its own partial credit."""

from dataclasses import replace

from contracts.artefacts.paper import QuestionType
from contracts.artefacts.submission import KeyItem, SubjectRules
from services.analyzer.core.grading import Grade, grade

_ORDER = ("correct", "partial", "wrong", "blank", "ungraded")


def grade_under(item: KeyItem | None, answer: str | None, kind: QuestionType, rules: SubjectRules) -> Grade:
    """The best verdict of `answer` under any of the entry's answers; ungraded without an entry."""
    if item is None:
        return grade(answer, None, kind)
    found = [grade(answer, wanted, kind) for wanted in (item.answer, *_others(item))]
    best = min(found, key=lambda each: (_ORDER.index(each.verdict), -(each.share or 0.0)))
    alike = [each.sure for each in found if (each.verdict, each.share) == (best.verdict, best.share)]
    # One sure answer makes it right; what one of them leaves in doubt is not wrong for sure.
    best = replace(best, sure=any(alike) if best.verdict == "correct" else all(alike))
    if kind == "multiple_choice" and best.verdict == "partial":
        return _partly(best, item, rules)
    return best


def _others(item: KeyItem) -> list[str | tuple[str, ...]]:
    """As the answer itself is written: blank by blank if it is a list."""
    return [tuple(other.split("|")) if isinstance(item.answer, tuple) else other for other in item.accepted]


def _partly(best: Grade, item: KeyItem, rules: SubjectRules) -> Grade:
    """Some of the right letters: by the entry's points, else by the school's rule. No points at all is wrong."""
    share = rules.partial_choice
    if item.partial_score is not None and item.max_score:
        share = min(1.0, item.partial_score / item.max_score)
    return replace(best, share=share) if share else replace(best, verdict="wrong", share=0.0)
