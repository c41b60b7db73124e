"""Which questions a model is asked to name the points of, with what words, and what becomes of its reply. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, Field

from contracts.artefacts.analysis import Analysis
from contracts.artefacts.paper import KnowledgePoint, Paper, Question
from contracts.artefacts.submission import Submission
from contracts.taxonomy import Taxonomy, taxonomy
from runtime.llm.wire import Ask, Part
from services.analyzer.rubric.prompts import POINTS, prompt
from services.analyzer.rubric.questions import nameless
from services.analyzer.rubric.suspicion import cleaned

Path = tuple[str, ...]
CONFIDENCE = 0.6
"""Of a point that a model named. Nobody has measured it on your papers: it is above a single word's, below sure words'."""
MOST_POINTS = 2
"""Of one question."""
MOST_QUESTIONS = 20
"""Of one request."""
_SHORTEST, _LONGEST = 6, 600
"""Characters of a stem: less says nothing, more says no more."""
_TOKENS, _TOKENS_EACH = 200, 40


class Named(BaseModel):
    """A question and its points by their numbers in the list; none where no point fits."""

    id: str = Field(max_length=8)
    points: list[int] = Field(default=[], max_length=12)


class PointsReply(BaseModel):
    """What the model says of all questions."""

    questions: list[Named] = Field(max_length=2 * MOST_QUESTIONS)


def untold(paper: Paper, analysis: Analysis) -> list[tuple[Path, str]]:
    """(path, stem) of the questions without a point: not their own, their parent's, or a teacher's."""
    by_path = {question.path: question for question in paper.questions}
    parents = {question.path[:-1] for question in paper.questions}
    told = {answer.path for answer in analysis.answers if answer.knowledge_points is not None}
    found = []
    for question in paper.questions:
        family = [question, *(parent for parent in [by_path.get(question.path[:-1])] if parent is not None)]
        if question.path in parents or question.path in told or any(one.knowledge_points for one in family):
            continue
        stem = _stem(family)
        if len(stem) >= _SHORTEST:
            found.append((question.path, stem))
    return found


def known_to(submission: Submission) -> Taxonomy:
    """The subject's points, the school's own among them."""
    return taxonomy(submission.subject).with_own(submission.points)


def ask_for(
    questions: Sequence[tuple[Path, str]], known: Taxonomy, submission: Submission, paper: Paper
) -> Ask[PointsReply]:
    """One request for some questions. Stems travel without names and without what speaks to graders."""
    listed = "\n".join(f"{number} | {point.name}" for number, point in enumerate(known.points, 1))
    stems = "\n".join(
        f"{_id(at)} | {' '.join(cleaned(nameless(stem, submission, paper)).text.split())}"
        for at, (_, stem) in enumerate(questions)
    )
    ids = [_id(at) for at in range(len(questions))]

    def check(reply: PointsReply) -> list[str]:
        return flaws(reply, ids, len(known.points))

    about = f"subject: {submission.subject}; grade: {submission.grade}"
    parts = (Part("exam", about), Part("knowledge points", listed), Part("questions", stems))
    return Ask(prompt(*POINTS), parts, PointsReply, check, max_tokens=_TOKENS + _TOKENS_EACH * len(questions))


def flaws(reply: PointsReply, ids: Sequence[str], points: int) -> list[str]:
    """What of a reply must be mended before it can count."""
    wrong = []
    if sorted(named.id for named in reply.questions) != sorted(ids):
        wrong.append("questions: every id must appear exactly once, and no other")
    if any(not 1 <= number <= points for named in reply.questions for number in named.points):
        wrong.append(f"points: numbers of the list only, from 1 to {points}")
    if any(len(named.points) > MOST_POINTS for named in reply.questions):
        wrong.append(f"points: at most {MOST_POINTS} a question")
    return wrong


def points_in(
    reply: PointsReply, questions: Sequence[tuple[Path, str]], known: Taxonomy
) -> dict[Path, tuple[KnowledgePoint, ...]]:
    """The points of each question that was given some, a topic before the part that was named."""
    paths = {_id(at): path for at, (path, _) in enumerate(questions)}
    chosen = {paths[named.id]: named.points for named in reply.questions if named.points}
    return {path: _with_topics(known, numbers) for path, numbers in chosen.items()}


def with_points(analysis: Analysis, found: Mapping[Path, tuple[KnowledgePoint, ...]]) -> Analysis:
    """The analysis with these points; an answer that has some keeps its own."""
    answers = (
        answer.model_copy(update={"knowledge_points": found[answer.path]})
        if answer.knowledge_points is None and answer.path in found
        else answer
        for answer in analysis.answers
    )
    return analysis.model_copy(update={"answers": tuple(answers)})


def _stem(family: Iterable[Question]) -> str:
    """Of a question, after its parent's."""
    texts = [" ".join([one.text, *one.options.values()]).strip() for one in family]
    return " ".join(reversed([text for text in texts if text]))[:_LONGEST]


def _with_topics(known: Taxonomy, numbers: Sequence[int]) -> tuple[KnowledgePoint, ...]:
    named = [known.points[number - 1] for number in numbers]
    every = [each for point in named for each in (known.parent_of(point.code), point) if each is not None]
    sure = {point.code: KnowledgePoint(code=point.code, name=point.name, confidence=CONFIDENCE) for point in every}
    return tuple(sure.values())


def _id(at: int) -> str:
    return f"q{at + 1}"
