"""Points of questions whose section says only what it is worth in all: every blank, or every question, has the same."""

from collections.abc import Sequence

from contracts.artefacts import Question, Section

_EVEN = ("single_choice", "multiple_choice", "true_false")
_STEP = 0.5
"""Points are given in halves: a share that is none was not meant, or a blank was missed."""


def with_shares(questions: Sequence[Question], sections: Sequence[Section]) -> list[Question]:
    """The questions, those of a section with a total and no points of its questions with their shares."""
    shared: dict[tuple[str, ...], float] = {}
    for section in sections:
        own = [q for q in questions if "(" not in q.number and len(q.path) > 1 and q.path[0] == section.number]
        if section.item_score is None and section.total_score and own and all(q.max_score is None for q in own):
            shared |= _shares(own, section.total_score)
    return [q.model_copy(update={"max_score": shared[q.path]}) if q.path in shared else q for q in questions]


def _shares(questions: Sequence[Question], total: float) -> dict[tuple[str, ...], float]:
    """Path to points; empty where the section has several questions that are not of one kind, or the total does not divide evenly."""
    if len(questions) == 1:
        parts = [1]
    elif all(q.type == "fill_blank" and q.blanks for q in questions):
        parts = [q.blanks for q in questions]
    elif all(q.type in _EVEN for q in questions):
        parts = [1] * len(questions)
    else:
        return {}
    share = total / sum(parts)
    if share % _STEP:
        return {}
    return {q.path: part * share for q, part in zip(questions, parts, strict=True)}
