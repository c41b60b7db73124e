"""Paper and verdicts in, diagnosis out."""

from collections.abc import Collection, Sequence

from contracts.artefacts.analysis import Analysis
from contracts.artefacts.diagnosis import Background, Diagnosis, Mastery
from contracts.artefacts.paper import Paper
from contracts.artefacts.submission import SubjectRules, Submission
from contracts.taxonomy import Taxonomy, taxonomy
from services.diagnostic.core.advice import losses_of, suggestions_of
from services.diagnostic.core.causes import causes_of
from services.diagnostic.core.checked import supported_advice, supported_causes, supported_texts
from services.diagnostic.core.evidence import Item, called, items_of
from services.diagnostic.core.rows import (
    ENOUGH,
    Row,
    gauge_of,
    masteries,
    rows_by_point,
    rows_by_topic,
    rows_by_type,
    telling,
)
from services.diagnostic.core.summary import summary_of
from services.diagnostic.core.wording import Words, percent
from services.diagnostic.core.words import words_for

NOTHING_ELSE = Background()
_POOR = 0.5
_MOST_NAMED = 4


def diagnose(
    submission: Submission, paper: Paper, analysis: Analysis, background: Background = NOTHING_ELSE
) -> Diagnosis:
    """The diagnosis of one exam; ungraded questions are left out of mastery.

    Mastery is given per knowledge point, per topic of which several points were asked, and per question type (codes `type.*`) when the knowledge points alone can't
    carry a judgement: half of the questions have none, or none was asked often enough. Only points and topics are called
    weak or strong. In English for the locale `en`,
    else in Chinese. Deterministic; raises nothing of its own.
    """
    words = words_for(submission.locale)
    known = taxonomy(submission.subject).with_own(submission.points).called(words.lang)
    items = called(items_of(paper, analysis, known), known)
    rows, mastery = _mastery(items, background, known, words)
    firm = [pair for pair in zip(rows, mastery, strict=True) if pair[1].sufficient and not pair[0].of_type]
    weak = sorted((pair for pair in firm if _is_weak(pair[1], submission.rules)), key=lambda pair: pair[1].mastery)
    strong = sorted((pair for pair in firm if _is_strong(pair[1], submission.rules)), key=lambda pair: -pair[1].mastery)
    labels, numbers = {item.label for item in items}, {item.number for item in items}
    causes = supported_causes(causes_of(items, words.lang), _answers(items))
    judged = {row.code for row, _ in firm}
    named = tuple(_named(*pair, words) for pair in weak) or _tentative(items, judged, words)
    summary = summary_of(items, analysis, words)
    return Diagnosis(
        mastery=tuple(mastery),
        weak_points=supported_texts(named, labels, words),
        strengths=supported_texts((_named(*pair, words) for pair in strong), labels, words),
        causes=causes,
        suggestions=supported_advice(suggestions_of(items, causes, known, words, judged), labels, numbers, words),
        summary=words.between.join(supported_texts(summary, labels, words) if items else summary),
    )


def _mastery(
    items: Sequence[Item], background: Background, known: Taxonomy, words: Words
) -> tuple[list[Row], list[Mastery]]:
    graded = [item for item in items if item.share is not None]
    untagged = [item for item in graded if not item.points]
    gauge = gauge_of(graded, background.classmates)
    rows = rows_by_point(graded, gauge, background.history)
    others = rows_by_type(untagged, gauge, words.types)
    mastery = masteries(rows, gauge, others)
    if topics := rows_by_topic(graded, gauge, known, background.history):
        kept = [pair for pair in zip(rows, mastery, strict=True) if pair[0].code not in {row.code for row in topics}]
        topics = telling(topics, rows, known)
        rows = [*(row for row, _ in kept), *topics]
        mastery = [*(each for _, each in kept), *masteries(topics, gauge, others)]
    if not any(row.sufficient for row in mastery) or 2 * len(untagged) >= len(graded):
        by_type = rows_by_type(graded, gauge, words.types)
        rows, mastery = rows + by_type, mastery + masteries(by_type, gauge)
    return rows, mastery


def _is_weak(row: Mastery, rules: SubjectRules) -> bool:
    """Low, and surely (95 %) short of strong."""
    return row.mastery < rules.weak_below and row.high < rules.strong_from


def _is_strong(row: Mastery, rules: SubjectRules) -> bool:
    """High, and surely (95 %) not poor."""
    return row.mastery >= rules.strong_from and row.low > min(_POOR, rules.weak_below)


def _answers(items: Sequence[Item]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in items:
        said = (item.answer.student_answer or "", item.answer.correct_answer or "")
        found[item.number] = "\n".join((found.get(item.number, ""), *said))
    return found


def _named(row: Row, mastery: Mastery, words: Words) -> str:
    cited = words.cite(item.label for item in row.items)
    return _begun(words.named.format(name=row.name, cited=cited, mastery=percent(mastery.mastery)))


def _tentative(items: Sequence[Item], judged: Collection[str], words: Words) -> tuple[str, ...]:
    """Points that lost, when none was asked often enough to be called weak. A question type is no weakness.

    `judged`: codes of points with enough evidence, earlier exams included: they are weak or they are not.
    """
    thin = [loss for loss in losses_of(items, words) if loss.asked < ENOUGH and loss.code not in {None, *judged}]
    told = (words.tentative.format(name=loss.name, cited=loss.cited(words)) for loss in thin[:_MOST_NAMED])
    return tuple(_begun(text) for text in told)


def _begun(text: str) -> str:
    """As a sentence begins."""
    return text[:1].upper() + text[1:]
