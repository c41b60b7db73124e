"""What teachers said of questions, put over what was read and graded: it outranks both, and no teacher is asked again."""

from collections.abc import Sequence

from contracts.artefacts.analysis import Analysis, Answer, Verdict
from contracts.artefacts.correction import Judgement, Standing, standing
from contracts.artefacts.paper import Paper, Question, QuestionType
from contracts.artefacts.submission import KeyItem, SubjectRules, Submission
from services.analyzer.core.accepted import grade_under
from services.analyzer.core.keys import key_text, match_key
from services.analyzer.core.totals import composite, totals

Path = tuple[str, ...]


def corrected(analysis: Analysis, paper: Paper, submission: Submission) -> Analysis:
    """The analysis as teachers corrected it: their questions, the composites they are part of, and the totals.

    Where no verdict is said, a corrected answer or key is graded anew. Questions are found by their path; after a
    replay that numbered the paper otherwise, by their number if just one question has it.
    """
    log = submission.corrections
    words = _placed(standing(log), {entry.path: entry.number for entry in log}, paper.questions)
    if not words:
        return analysis
    keys, questions = match_key(paper.questions, submission.answer_key), {q.path: q for q in paper.questions}
    answers = {answer.path: answer for answer in analysis.answers}
    changed: set[Path] = set()
    for path in sorted(questions, key=len, reverse=True):  # the deepest first
        parts = [answers[q.path] for q in paper.questions if q.path[:-1] == path and q.path in answers]
        if path not in answers:
            continue
        if any(part.path in changed for part in parts):
            answers[path] = _summed(questions[path], answers[path], parts)
            changed.add(path)
        if path in words:
            answers[path] = _judged(answers[path], words[path], questions[path], (keys.get(path), submission.rules))
            changed.add(path)
    return totals(tuple(answers[a.path] for a in analysis.answers), analysis.marked_total).model_copy(
        update={"cpu_seconds": analysis.cpu_seconds}
    )


def _placed(
    words: dict[Path, Standing], numbers: dict[Path, str], questions: Sequence[Question]
) -> dict[Path, Standing]:
    """Each word at the path that its question has in this paper; what fits no question, or several, is left out."""
    paths = {question.path for question in questions}
    placed = {path: word for path, word in words.items() if path in paths}
    for path in words.keys() - paths:
        same = {question.path for question in questions if question.number == numbers[path]}
        if len(same) == 1 and (moved := same.pop()) not in placed:
            placed[moved] = words[path]
    return placed


def _summed(question: Question, answer: Answer, parts: list[Answer]) -> Answer:
    """A composite whose parts were corrected: their sum, whatever was read of the whole before."""
    summed = composite(question, parts, answer.max_score, answer.correct_answer, None)
    reviewed = all(part.reviewed_by for part in parts)
    return summed.model_copy(update={"reviewed_by": "teacher" if reviewed else None})


def _judged(answer: Answer, word: Standing, question: Question, key: tuple[KeyItem | None, SubjectRules]) -> Answer:
    holds, (item, rules) = word.holds, key
    now = answer.model_copy(
        update={
            "student_answer": answer.student_answer if holds.student_answer is None else holds.student_answer,
            "correct_answer": answer.correct_answer if holds.correct_answer is None else holds.correct_answer,
            "feedback": answer.feedback if holds.comment is None else holds.comment,
            "knowledge_points": holds.knowledge_points,
            "answer_confidence": 1.0,
            "needs_review": False,
            "corrected_by": None if word.said == Judgement() else "teacher",
            "reviewed_by": "teacher",
        }
    )
    if holds.verdict is not None:
        score = _points(holds.verdict, holds.score, answer.max_score)
        return now.model_copy(update={"verdict": holds.verdict, "score": score, "graded_by": "teacher"})
    if (now.student_answer, now.correct_answer) == (answer.student_answer, answer.correct_answer):
        return now
    return _regraded(now, question, item, rules)


def _points(verdict: Verdict, score: float | None, maximum: float | None) -> float | None:
    if verdict == "ungraded":
        return None
    if verdict == "partial":
        return score if score is None or maximum is None else min(score, maximum)
    return maximum if verdict == "correct" else 0.0


def _regraded(answer: Answer, question: Question, item: KeyItem | None, rules: SubjectRules) -> Answer:
    """The verdict of a corrected answer, or by a corrected key, by the rules of the question's type."""
    kind = question.type if item is None or item.type is None else item.type
    if answer.correct_answer is not None and answer.correct_answer != key_text(item):
        item = (item or KeyItem(number=question.number)).model_copy(
            update={"answer": _key(answer.correct_answer, kind), "accepted": ()}
        )
    found = grade_under(item, answer.student_answer, kind, rules)
    score = None
    if found.share is not None and answer.max_score is not None:
        score = round(found.share * answer.max_score * 2) / 2
    graded_by = None if found.verdict == "ungraded" else "key"
    return answer.model_copy(update={"verdict": found.verdict, "score": score, "graded_by": graded_by})


def _key(text: str, kind: QuestionType) -> str | tuple[str, ...]:
    """A key as a teacher writes it, its blanks joined by `|`."""
    return tuple(text.split("|")) if kind == "fill_blank" and "|" in text else text
