"""Sums: composite questions from their sub-questions, the paper from its questions."""

from contracts.artefacts.analysis import Analysis, Answer, Verdict
from contracts.artefacts.paper import Question
from services.analyzer.core.marks import Marked


def composite(
    question: Question, parts: list[Answer], maximum: float | None, key: str | None, marked: Marked | None
) -> Answer:
    """A parent from its sub-questions; one ungraded sub-question leaves the parent without a score.

    A teacher's mark on the whole outranks the sum of what we judged of its parts.
    """
    known = [p.max_score for p in parts if p.max_score is not None]
    if maximum is None and len(known) == len(parts) and parts:
        maximum = sum(known)
    verdict, score = _sum(parts, maximum)
    graded_by = next((p.graded_by for p in parts if p.graded_by), None)
    review = any(p.needs_review for p in parts)
    if marked is not None and marked.verdict is not None:
        review = review or (verdict not in ("ungraded", marked.verdict))
        verdict, score, graded_by = marked.verdict, marked.score(maximum), "marks"
    return Answer(
        number=question.number,
        path=question.path,
        answer_confidence=min((p.answer_confidence for p in parts), default=0.0),
        correct_answer=key,
        verdict=verdict,
        score=score,
        max_score=maximum,
        graded_by=graded_by,
        needs_review=review,
    )


def _sum(parts: list[Answer], maximum: float | None) -> tuple[Verdict, float | None]:
    verdicts = {p.verdict for p in parts}
    if not parts or "ungraded" in verdicts:
        return "ungraded", None
    verdict: Verdict = "partial"
    if verdicts == {"correct"}:
        verdict = "correct"
    elif verdicts == {"blank"}:
        verdict = "blank"
    elif verdicts <= {"wrong", "blank"}:
        verdict = "wrong"
    scores = [p.score for p in parts]
    if any(s is None for s in scores):
        return verdict, None
    total = sum(s for s in scores if s is not None)
    return verdict, total if maximum is None else min(maximum, round(total * 2) / 2)


def totals(answers: tuple[Answer, ...], marked_total: float | None) -> Analysis:
    """The analysis with its sums over top-level questions: sub-questions are counted in their parents, once.

    `earned` adds what is graded; it is null when nothing is. `graded` and `needs_review` count questions without parts.
    """
    parents = {a.path[:-1] for a in answers} & {a.path for a in answers}
    tops = [a for a in answers if a.path[:-1] not in parents]
    leaves = [a for a in answers if a.path not in parents]
    earned = [a.score for a in tops if a.score is not None]
    for parent in (a for a in tops if a.path in parents and a.score is None):
        earned += [a.score for a in leaves if a.path[:-1] == parent.path and a.score is not None]
    maxima = [a.max_score for a in tops]
    return Analysis(
        answers=answers,
        earned=sum(earned) if earned else None,
        max=sum(m for m in maxima if m is not None) if any(m is not None for m in maxima) else None,
        graded=sum(a.verdict != "ungraded" for a in leaves),
        needs_review=sum(a.needs_review for a in leaves),
        marked_total=marked_total,
    )
