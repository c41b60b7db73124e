"""What a model's reply makes of an answer, and of the analysis that it stands in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

from contracts.artefacts.analysis import Analysis, Answer, CriterionScore, Verdict
from contracts.artefacts.paper import Paper, Question
from contracts.artefacts.reading import Reading
from services.analyzer.core.confidence import REVIEW_BELOW
from services.analyzer.core.marks import marks_of, read_marks
from services.analyzer.core.totals import composite, totals
from services.analyzer.essay.dimensions import dimension_of
from services.analyzer.essay.replies import EssayReply, merged
from services.analyzer.rubric.criteria import Criterion
from services.analyzer.rubric.evidence import normalised
from services.analyzer.rubric.questions import Case, Path, flaws
from services.analyzer.rubric.replies import RubricReply, shown


@dataclass(frozen=True)
class Graded:
    """An answer after a model was asked: with its grade, or as it was with the reason why."""

    answer: Answer
    fallback: str | None = None


def graded(case: Case, reply: RubricReply) -> Graded:
    """The answer with the sum of its points; as it was, and for a teacher, when the reply is not to be trusted."""
    said = {each.id: each for each in reply.criteria}
    decoys = [c for c in case.criteria if c.decoy]
    if flaws(reply, case.criteria, case.text) or any(said[c.id].points > 0 for c in decoys):
        return kept(case, "distrusted", review=True)
    scores = tuple(
        CriterionScore(
            criterion=c.text,
            points=said[c.id].points,
            max_points=c.points,
            evidence=tuple(said[c.id].evidence),
            reason=shown(said[c.id].reason),
            dimension=dimension_of(c.text),
        )
        for c in case.criteria
        if not c.decoy
    )
    maximum = round(sum(s.max_points for s in scores), 4)
    score = _summed(scores, maximum)
    verdict: Verdict = "correct" if score >= maximum else "partial" if score > 0 else "wrong"
    answer = case.answer
    reviewed = answer.reviewed_by is not None
    unsure = case.suspicious or _thin(scores) or {answer.verdict, verdict} == {"correct", "wrong"}
    new: dict[str, Any] = {
        "verdict": verdict,
        "score": score,
        "max_score": maximum,
        "graded_by": "llm",
        "criteria": scores,
        "needs_review": not reviewed and (unsure or answer.answer_confidence < REVIEW_BELOW),
    }
    if not case.suspicious and not (reviewed and answer.feedback):  # a teacher's comment stays
        new["feedback"] = _without_decoys(shown(reply.feedback), decoys)
    if answer.essay is not None and isinstance(reply, EssayReply) and not case.suspicious:
        new["essay"] = merged(answer.essay, reply, answer.student_answer or "")
    return Graded(answer.model_copy(update=new))


def _summed(scores: Sequence[CriterionScore], maximum: float) -> float:
    """The sum in half points, a quarter upwards, but never all of them where something lacks; exact where the question's own
    points are no half points, or fewer than one.
    """
    total = round(sum(s.points for s in scores), 4)
    if total >= maximum or maximum * 2 % 1 != 0 or maximum < 1:
        return min(maximum, total)
    return min(maximum - 0.5, floor(total * 2 + 0.5 + 1e-9) / 2)


def kept(case: Case, reason: str, *, review: bool = False) -> Graded:
    """The answer as the local engine has it, with the reason; `review`: a teacher must look in any case."""
    must = review or case.suspicious or case.answer.needs_review
    return Graded(case.answer.model_copy(update={"llm_fallback": reason, "needs_review": must}), reason)


def _without_decoys(text: str | None, decoys: Sequence[Criterion]) -> str | None:
    """The feedback, unless it speaks of what was never asked of the student."""
    told = (text or "").casefold()
    return None if any(word in told for decoy in decoys for word in decoy.decoy) else text


def _thin(scores: Sequence[CriterionScore]) -> bool:
    """Whether three criteria and more got their points for one and the same passage."""
    passages = [frozenset(normalised(q) for q in s.evidence) for s in scores if s.points > 0]
    return len(passages) > 2 and len(set(passages)) == 1


def regraded(analysis: Analysis, paper: Paper, reading: Reading, changed: Mapping[Path, Answer]) -> Analysis:
    """The analysis with answers changed, and with what follows: the questions that they are parts of, and the totals."""
    if not changed:
        return analysis
    answers = {answer.path: answer for answer in analysis.answers} | dict(changed)
    questions = {question.path: question for question in paper.questions}
    for path in sorted(questions, key=len, reverse=True):  # the deepest first
        parts = [answers[q.path] for q in paper.questions if q.path[:-1] == path and q.path in answers]
        touched = any(p[: len(path)] == path and p != path for p in changed)
        if parts and touched and path in answers and answers[path].graded_by != "teacher":
            answers[path] = _whole(questions[path], answers[path], parts, reading)
    return totals(tuple(answers[a.path] for a in analysis.answers), analysis.marked_total).model_copy(
        update={"cpu_seconds": analysis.cpu_seconds}
    )


def _whole(question: Question, answer: Answer, parts: list[Answer], reading: Reading) -> Answer:
    marked = read_marks(marks_of(question, reading), answer.max_score, worked=True)
    whole = composite(question, parts, answer.max_score, answer.correct_answer, marked)
    return whole.model_copy(update={"corrected_by": answer.corrected_by, "reviewed_by": answer.reviewed_by})
