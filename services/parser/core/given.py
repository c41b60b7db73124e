"""What the school gave with its answer key goes before what is found in the text: knowledge points and difficulty."""

from collections.abc import Iterable, Mapping, Sequence

from contracts.artefacts import AnswerKey, KnowledgePoint, Paper, Question
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


def with_facilities(key: AnswerKey | None, paper: Paper) -> Paper:
    """The paper with what is usually earned on its questions, by path, by number, or as their parents have it."""
    given = [item for item in key.questions if item.facility is not None] if key else []
    if not given:
        return paper
    known: dict[str | tuple[str, ...], float | None] = {item.path or item.number: item.facility for item in given}
    questions = (_with_facility(question, known) for question in paper.questions)
    return paper.model_copy(update={"questions": tuple(questions)})


def _with_facility(question: Question, known: Mapping[str | tuple[str, ...], float | None]) -> Question:
    for place in (question.path, question.number, top_number(question.number)):
        if (facility := known.get(place)) is not None:
            return question.model_copy(update={"facility": facility, "difficulty": round(1.0 - facility, 2)})
    return question
