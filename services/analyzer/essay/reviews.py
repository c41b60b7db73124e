"""The essays of an exam, each with what can be said of it without judgement."""

from collections.abc import Iterator

from contracts.artefacts.analysis import Analysis, Answer
from contracts.artefacts.paper import Paper, Question
from contracts.artefacts.submission import Submission
from services.analyzer.core.keys import match_key
from services.analyzer.core.totals import totals
from services.analyzer.core.words import Words
from services.analyzer.essay.lengths import length, wanted
from services.analyzer.essay.local import Essay, reviewed

_LEAST = {"zh": 15, "en": 8}
"""Characters or words of the least sentence that is worth a remark."""


def with_reviews(analysis: Analysis, submission: Submission, paper: Paper, words: Words) -> Analysis:
    """The analysis with a review of every essay in it. One that nobody graded, though it has points, is for a teacher."""
    new = {answer.path: answer for answer in _reviewed(analysis, submission, paper, words)}
    if not new:
        return analysis
    answers = tuple(new.get(answer.path, answer) for answer in analysis.answers)
    return totals(answers, analysis.marked_total).model_copy(update={"cpu_seconds": analysis.cpu_seconds})


def _reviewed(analysis: Analysis, submission: Submission, paper: Paper, words: Words) -> Iterator[Answer]:
    keys = match_key(paper.questions, submission.answer_key)
    questions = {question.path: question for question in paper.questions}
    parents = {question.path[:-1] for question in paper.questions}
    for answer in analysis.answers:
        question, item = questions.get(answer.path), keys.get(answer.path)
        if question is None or answer.path in parents or not (answer.student_answer or "").strip():
            continue
        if (item.type if item is not None and item.type is not None else question.type) != "essay":
            continue
        essay = _essay(answer, question, submission)
        if answer.max_score is None and submission.essay is None and _is_scrap(essay):
            continue  # a stray heading of an answer sheet, with a word beside it
        review = reviewed(essay, words)
        open_still = answer.verdict == "ungraded" and answer.max_score is not None and answer.reviewed_by is None
        yield answer.model_copy(update={"essay": review, "needs_review": answer.needs_review or open_still})


def _is_scrap(essay: Essay) -> bool:
    """Whether too little stands there to be anybody's essay."""
    return length(essay.text, essay.language) < _LEAST[essay.language]


def _essay(answer: Answer, question: Question, submission: Submission) -> Essay:
    task = submission.essay
    asked = wanted(question.text) if task is None else wanted(task.requirements, task.prompt)
    if task is not None and (task.least is not None or task.most is not None):
        asked = (task.least, task.most)
    return Essay(
        text=answer.student_answer or "",
        language="en" if submission.subject == "english" else "zh",
        typed=task is not None,
        asked=asked,
        lang="en" if submission.locale.lower().startswith("en") else "zh",
    )
