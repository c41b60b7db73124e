"""错题本: the questions that lost points, by knowledge point, the costliest first."""

from collections.abc import Mapping, Sequence

from contracts.result import ResultQuestion
from services.report.core.crops import Crop
from services.report.core.entries import Teller
from services.report.core.names import points, short
from services.report.core.summary import View

_LOST = {"wrong", "partial", "blank"}


def notebook_of(
    shown: Sequence[tuple[int, ResultQuestion]], crops: Mapping[int, Sequence[Crop]], teller: Teller
) -> list[View]:
    """Groups of entries. A question stands under its surest knowledge point; without one, under its type, at the end,
    and it is said that no point is known.
    """
    groups: dict[tuple[bool, str], list[tuple[int, ResultQuestion]]] = {}
    for index, question in shown:
        if question.verdict in _LOST:
            groups.setdefault(_group(question, teller), []).append((index, question))
    ordered = sorted(groups.items(), key=lambda group: (group[0][0], -_lost([q for _, q in group[1]])))
    return [
        {
            "name": teller.plain(name[:1].upper() + name[1:]),
            "about": _about([q for _, q in members], teller),
            "entries": [teller.entry(q, crops.get(index, ())) for index, q in members],
        }
        for (_, name), members in ordered
    ]


def review_of(
    shown: Sequence[tuple[int, ResultQuestion]], crops: Mapping[int, Sequence[Crop]], teller: Teller
) -> list[View]:
    """What a teacher is asked to look at and the notebook does not show."""
    doubtful = [(index, q) for index, q in shown if q.needs_review and q.verdict not in _LOST]
    return [teller.entry(q, crops.get(index, ())) for index, q in doubtful]


def _group(question: ResultQuestion, teller: Teller) -> tuple[bool, str]:
    if question.knowledge_points:
        best = max(question.knowledge_points, key=lambda point: point.confidence)
        return False, short(teller.name(best), 40)
    return True, teller.words.say["no_point"].format(type=teller.words.types[question.type])


def _lost(questions: Sequence[ResultQuestion]) -> float:
    """Points lost; a question without points counts as one."""
    return sum(1.0 if q.max_score is None else q.max_score - (q.score or 0.0) for q in questions)


def _about(questions: Sequence[ResultQuestion], teller: Teller) -> str:
    known = all(q.max_score is not None for q in questions)
    if known:
        return teller.words.say["lost"].format(points=points(_lost(questions)))
    return teller.words.say["lost_questions"].format(count=len(questions))
