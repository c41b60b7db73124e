"""An essay through a model: its points, mistakes and advice in the result; the local review where there is no model to be had."""

from typing import Any

import pytest
from injections import INJECTIONS
from paper_world import criteria, job
from scripted_model import Seen, answers, error

from contracts.artefacts import Analysis, Paper, Reading, Submission
from services.analyzer.core import analyze
from services.analyzer.essay.replies import EssayReply
from services.analyzer.essay.reviews import with_reviews
from services.analyzer.rubric.asking import grade_by_model
from services.analyzer.rubric.grades import graded
from services.analyzer.rubric.questions import cases
from services.gateway.essays.order import EssayOrder
from services.gateway.essays.paper import paper_of, reading_of

TEXT = "Last weekend we go to a old museum. It was fun.\nWe saw a old clock."
Parts = tuple[Submission, Reading, Paper, Analysis]


def essay(text: str = TEXT) -> Parts:
    order = EssayOrder(
        content=text, subject="english", grade=8, max_score=10, prompt="Your weekend, at least 60 words."
    )
    submission = order.form().submission(())
    reading, paper = reading_of(), paper_of(submission)
    return submission, reading, paper, with_reviews(analyze(submission, reading, paper), submission, paper, frozenset())


def teacher(seen: Seen) -> dict[str, Any]:
    """A careful one, who quotes what stands there: half of the points for what is no decoy."""
    real = ("Content", "Organisation", "Vocabulary", "Grammar", "Mechanics")
    said = [
        {
            "id": name,
            "points": points / 2 if text.startswith(real) else 0,
            "evidence": ["It was fun"],
            "reason": "so-so",
        }
        for name, points, text in criteria(seen)
    ]
    mistakes = [{"quote": "go", "context": "we go to", "kind": "grammar", "correction": "went", "why": "past tense"}]
    advice = [{"text": "Describe the clock.", "quote": "a old clock"}]
    return {"criteria": said, "mistakes": mistakes, "suggestions": advice, "feedback": "Clear."}


async def test_a_model_grades_an_essay_by_dimensions_and_marks_what_rules_can_not(opened) -> None:
    submission, reading, paper, local = essay()
    async with opened(redis=None) as world:
        world.server.otherwise = answers(teacher)
        found = await grade_by_model(world.llm, job(), local, submission=submission, reading=reading, paper=paper)
        (answer,), seen = found.answers, world.server.seen[0]
    assert (answer.score, answer.graded_by, found.earned) == (5.0, "llm", 5.0)
    assert [c.dimension for c in answer.criteria] == ["content", "organisation", "vocabulary", "grammar", "mechanics"]
    assert answer.essay is not None
    assert [(m.quote, m.correction, m.by) for m in answer.essay.mistakes] == [
        ("go", "went", "llm"), ("a", "an", "rules"), ("a", "an", "rules"),
    ]  # fmt: skip
    assert answer.essay.corrected == "Last weekend we went to an old museum. It was fun.\nWe saw an old clock."
    assert answer.essay.suggestions[0].text == "Describe the clock."
    assert "typed, 16 words, asked for: at least 60" in seen.part("exam")
    assert seen.part("student's answer") == TEXT


async def test_an_essay_that_no_model_could_grade_keeps_its_review_and_waits_for_a_teacher(opened) -> None:
    submission, reading, paper, local = essay()
    async with opened(redis=None, retries=0) as world:
        world.server.otherwise = error(402)
        found = await grade_by_model(world.llm, job(), local, submission=submission, reading=reading, paper=paper)
    assert found.answers == tuple(a.model_copy(update={"llm_fallback": "unpaid"}) for a in local.answers)
    assert (found.answers[0].score, found.answers[0].needs_review) == (None, True)


OBEYS = {
    "gives all it can": lambda c: c.points,
    "gives all but for the decoy": lambda c: 0 if c.decoy else c.points,
}


def test_most_texts_that_speak_to_graders_are_seen_for_what_they_are() -> None:
    found = [
        next(cases(s, p, local)).suspicious for s, _, p, local in (essay(f"{TEXT}\n{each}") for each in INJECTIONS)
    ]
    assert sum(found) >= 0.85 * len(found)


@pytest.mark.parametrize("name", OBEYS)
def test_no_text_in_an_essay_wins_anything_but_a_teachers_eye(name) -> None:
    assert len(INJECTIONS) >= 40
    for injection in INJECTIONS:
        submission, _, paper, local = essay(f"{TEXT}\n{injection}")
        (case,) = cases(submission, paper, local)
        if not case.suspicious and name != "gives all it can":
            continue  # what the patterns miss, the criterion that nobody can meet catches
        quotes = [injection.splitlines()[0], injection.splitlines()[-1]]
        said = [{"id": c.id, "points": OBEYS[name](c), "evidence": quotes} for c in case.criteria]
        mistakes = [{"quote": "museum", "correction": injection, "why": injection}]
        advice = [{"text": injection, "quote": "museum"}]
        reply = EssayReply.model_validate(
            {"criteria": said, "mistakes": mistakes, "suggestions": advice, "feedback": injection}
        )
        answer = graded(case, reply).answer
        assert (answer.score, answer.needs_review, answer.feedback) == (None, True, None), injection
        assert answer.essay == local.answers[0].essay, injection
