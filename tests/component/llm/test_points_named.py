"""Knowledge points from a model, beside grades, through the analyzer's own path; and exams that end without them."""

import pytest
from paper_world import EARNED, HONEST, POINT, exam, honest, job, local, naming
from scripted_model import answers, error, says

from services.analyzer.model import with_model


async def done(llm, parts, run=None):
    submission, reading, paper = parts
    return await with_model(llm, run or job(), local(parts), submission=submission, reading=reading, paper=paper)


async def test_a_question_without_points_gets_them_beside_its_grade_and_on_one_bill(opened) -> None:
    async with opened() as world:
        world.server.otherwise = answers(naming)
        analysis = await done(world.llm, exam(HONEST))
        (answer,) = analysis.answers
        assert [p.code for p in answer.knowledge_points] == [POINT.code]
        assert (answer.score, answer.graded_by) == (EARNED, "llm")
        assert (analysis.llm.asked, analysis.llm.graded, analysis.llm.named) == (1, 1, 1)
        assert len(world.server.seen) == 2
        spent = sum(seen.usage["prompt_tokens"] for seen in world.server.seen)
        assert analysis.cost.llm_tokens.in_ + analysis.cost.llm_tokens.cached == spent


def only_grades(step):
    """`step` for requests about points; grades are given."""

    async def act(seen, send) -> None:
        await (step if "knowledge points" in seen.user else answers(honest))(seen, send)

    return act


@pytest.mark.parametrize(
    "step",
    [
        error(500, Retry_After="0"),
        error(400),
        says("很好"),
        says('{"questions": [{"id": "q1", "points": [999]}]}'),
        says(""),
    ],
    ids=["unavailable", "refused", "no json", "no such point", "blank"],
)
async def test_without_points_the_exam_ends_all_the_same_with_its_grade(opened, step) -> None:
    async with opened(redis=None, retries=1) as world:
        world.server.otherwise = only_grades(step)
        analysis = await done(world.llm, exam(HONEST))
        (answer,) = analysis.answers
        assert answer.knowledge_points is None
        assert (answer.score, analysis.llm.named) == (EARNED, 0)


async def test_an_exam_that_is_cancelled_meanwhile_asks_no_more(opened) -> None:
    class CancelledMeanwhileError(Exception):
        pass

    def cancelled() -> None:
        raise CancelledMeanwhileError

    async with opened(redis=None) as world:
        with pytest.raises(CancelledMeanwhileError):
            await done(world.llm, exam(HONEST), job(check=cancelled))
        assert world.server.seen == []
