"""The paper in a few sentences: score, verdicts, where most was lost, what is open."""

from collections.abc import Sequence

from contracts.artefacts.analysis import Analysis
from services.diagnostic.core.advice import losses_of
from services.diagnostic.core.evidence import Item
from services.diagnostic.core.wording import Words, percent, points

_MOST_LISTED = 8


def summary_of(items: Sequence[Item], analysis: Analysis, words: Words) -> tuple[str, ...]:
    """Sentences in their order; every one cites questions, but for a paper on which none was found."""
    graded = [item for item in items if item.share is not None]
    if not items:
        return (words.nothing,)
    if not graded:
        essays = all(item.answer.essay is not None for item in items)
        said = words.essay_open if essays else words.no_key
        return (said.format(cited=words.cite(item.label for item in items)),)
    return (
        _score(items, graded, analysis, words),
        _verdicts(graded, words),
        *_focus(items, words),
        *_open_ends(items, graded, words),
    )


def _score(items: Sequence[Item], graded: Sequence[Item], analysis: Analysis, words: Words) -> str:
    """Points earned of those that were judged: what nobody judged is not lost."""
    cited = words.cite(item.label for item in items)
    judged = "" if len(graded) == len(items) else words.judged.format(count=len(graded))
    full = [item.full for item in graded if item.full is not None]
    if analysis.earned is None or len(full) < len(graded) or not sum(full):
        return words.no_total.format(cited=cited, judged=judged)
    most = sum(full) if judged else analysis.max or sum(full)
    share = percent(min(analysis.earned / most, 1.0))
    return words.score.format(
        cited=cited, judged=judged, earned=points(analysis.earned), full=points(most), share=share
    )


def _verdicts(graded: Sequence[Item], words: Words) -> str:
    """How many of each verdict; many right answers are counted, not listed, when there is something else to list."""
    clauses = []
    only = len({item.answer.verdict for item in graded}) == 1
    for verdict, name in words.verdicts.items():
        labels = [item.label for item in graded if item.answer.verdict == verdict]
        if labels:
            listed = only or verdict != "correct" or len(labels) <= _MOST_LISTED
            said = words.verdict.format(verdict=name, count=len(labels))
            clauses.append(said + words.why.format(why=words.cite(labels)) if listed else said)
    return words.comma.join(clauses) + words.full_stop


def _focus(items: Sequence[Item], words: Words) -> list[str]:
    """The largest losses, when there is more than one place to lose."""
    losses = losses_of(items, words)
    if len(losses) < 2:
        return []
    named = words.and_.join(
        words.focused.format(name=loss.name, cited=loss.cited(words), amount=loss.amount(words)) for loss in losses[:2]
    )
    return [words.focus.format(named=named)]


def _open_ends(items: Sequence[Item], graded: Sequence[Item], words: Words) -> list[str]:
    ungraded = [item.label for item in items if item.share is None]
    doubtful = [item.label for item in graded if item.answer.needs_review]
    sentences = []
    if ungraded:
        sentences.append(words.not_counted.format(cited=words.cite(ungraded)))
    if doubtful:
        sentences.append(words.doubtful.format(cited=words.cite(doubtful)))
    return sentences
