"""Knowledge points that the school gave with its answer key go before those found in the text."""

from collections.abc import Iterable, Sequence

from contracts.artefacts import AnswerKey, KnowledgePoint, Question
from services.parser.core.key import top_number
from services.parser.core.tagging import Point

_OWN = "given."


def with_given(
    key: AnswerKey | None,
    questions: Sequence[Question],
    found: Sequence[Sequence[KnowledgePoint]],
    known: Iterable[Point],
) -> list[Sequence[KnowledgePoint]]:
    """One sequence a question: the given points, or else those found. A sub-question has its parent's by default.

    A name of the taxonomy keeps its code, so that it is the same point on every paper; another is its own code.
    """
    named = {item.number: item.knowledge_points for item in key.questions if item.knowledge_points} if key else {}
    if not named:
        return list(found)
    codes = {point.name: point.code for point in known}
    by_path = {item.path: item.knowledge_points for item in key.questions if item.path} if key else {}
    out: list[Sequence[KnowledgePoint]] = []
    for question, tagged in zip(questions, found, strict=True):
        names = by_path.get(question.path) or named.get(question.number) or named.get(top_number(question.number))
        given = [KnowledgePoint(code=codes.get(name, _OWN + name), name=name, confidence=1.0) for name in names or ()]
        out.append(given or tagged)
    return out
