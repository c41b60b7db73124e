"""Grading by rubric through a model: what becomes of the result, and of the exam when there is no model to be had."""

import asyncio
import json
import uuid

import pytest
from llm_world import nobody
from paper_world import EARNED, HONEST, MAXIMUM, POINT, QUOTES, criteria, exam, graded, honest, job, local, naming
from scripted_model import KEY, answers, error, hang, says

from contracts.artefacts import Diagnosis
from contracts.artefacts.reading import Mark
from runtime.llm.limits import PREFIX
from runtime.llm.open import open_llm
from runtime.llm.settings import LlmSettings
from runtime.settings import RedisSettings
from services.analyzer.stage import open_stage
from services.report.core.compose import compose


async def test_points_are_summed_in_code_and_stand_with_their_evidence(opened) -> None:
    async with opened() as world:
        world.server.otherwise = answers(honest)
        analysis = await graded(world.llm, exam(HONEST, "放出氧气"))
        (answer,) = analysis.answers
        assert (answer.verdict, answer.score, answer.max_score, answer.graded_by) == ("partial", 4.0, MAXIMUM, "llm")
        assert [(c.criterion, c.points, c.evidence) for c in answer.criteria] == [
            ("说明需要光照", 2.0, ("在光照下",)),
            ("指出产生氧气", 2.0, ("氧气",)),
            ("说明在叶绿体中进行", 0.0, ()),
        ]
        assert answer.feedback == "补充场所和产物。"
        assert analysis.earned == 4.0
        assert analysis.llm is not None
        assert (analysis.llm.model, analysis.llm.asked, analysis.llm.graded) == ("deepseek-flash", 1, 1)
        assert analysis.cost.amount > 0
        assert analysis.cost.llm_tokens.out > 0


async def test_a_decoy_stands_among_the_criteria_and_is_shown_to_nobody(opened) -> None:
    async with opened(redis=None) as world:
        world.server.otherwise = answers(honest)
        (answer,) = (await graded(world.llm, exam(HONEST))).answers
        told = [text for _, _, text in criteria(world.server.seen[0])]
        assert len(told) == len(QUOTES) + 1
        assert [c.criterion for c in answer.criteria] == list(QUOTES)
        assert json.dumps(answer.model_dump(), ensure_ascii=False).count(next(t for t in told if t not in QUOTES)) == 0


async def test_a_wrong_quote_may_be_mended_once(opened) -> None:
    def misquoting(seen):
        reply = honest(seen)
        next(c for c in reply["criteria"] if c["points"])["evidence"] = ["在阳光底下"]
        return reply

    async with opened(redis=None) as world:
        world.server.script, world.server.otherwise = [answers(misquoting)], answers(honest)
        (answer,) = (await graded(world.llm, exam(HONEST))).answers
        assert (answer.score, len(world.server.seen)) == (EARNED, 2)
        assert "copied word for word" in world.server.seen[1].body["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (error(401), "unauthorised"),
        (error(402), "unpaid"),
        (error(400), "refused"),
        (error(429, Retry_After="500"), "overloaded"),
        (error(503, Retry_After="0"), "unavailable"),
        (hang, "timed_out"),
        (says("很好"), "malformed"),
        (says('{"criteria": [{"id": "c1", "points": 1e400}]}'), "malformed"),
        (says("", finish="content_filter"), "filtered"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_exam_ends_marked_with_the_local_engines_grade(opened, step, reason) -> None:
    async with opened(redis=None, retries=1, call_seconds=0.5 if step is hang else 20) as world:
        world.server.otherwise = step
        parts = exam(HONEST)
        analysis = await graded(world.llm, parts)
        (answer,), (alone,) = analysis.answers, local(parts).answers
        assert answer == alone.model_copy(update={"llm_fallback": reason})
        assert analysis.llm is not None
        assert (analysis.llm.graded, analysis.llm.kept_local) == (0, {reason: 1})


async def test_without_redis_grading_goes_on(opened) -> None:
    async with opened(redis=nobody()) as world:
        world.server.otherwise = answers(honest)
        (answer,) = (await graded(world.llm, exam(HONEST))).answers
        assert (answer.score, answer.graded_by) == (EARNED, "llm")


async def test_a_used_up_budget_and_an_open_breaker_mark_the_answers(opened) -> None:
    async with opened(redis=None, max_cost=0.000001) as world:
        assert (await graded(world.llm, exam(HONEST))).answers[0].llm_fallback == "exam_budget"
    async with opened(redis=None, tenant_tokens_per_day=1) as world:
        assert (await graded(world.llm, exam(HONEST))).answers[0].llm_fallback == "tenant_budget"
    async with opened(redis=None, retries=0, breaker_after=1) as world:
        world.server.otherwise = error(500)
        found = [(await graded(world.llm, exam(HONEST))).answers[0].llm_fallback for _ in range(2)]
        assert found == ["unavailable", "breaker_open"]


async def test_a_crash_after_the_call_costs_no_second_call(opened) -> None:
    async with opened() as world:
        world.server.otherwise = answers(honest)
        run = job()
        first = await graded(world.llm, exam(HONEST), run)
        async with opened(server=world.server) as other:  # another worker, the same delivery
            again = await graded(other.llm, exam(HONEST), run)
        assert len(world.server.seen) == 1
        assert again.answers == first.answers
        assert again.cost.amount == 0


async def test_the_stage_opens_the_model_of_its_environment_and_the_result_says_so(opened, monkeypatch) -> None:
    submission, reading, paper = exam(HONEST)
    run = job()

    async def stored(model):
        return {"Reading": reading, "Paper": paper}[model.__name__]

    async def sent():
        return submission

    run.submission, run.artefact, run.cpu_seconds = sent, stored, 0.0
    async with opened(redis=None) as world:
        world.server.otherwise = answers(naming)
        monkeypatch.setenv("REDINK_LLM_URL", world.server.url)
        monkeypatch.setenv("REDINK_LLM_API_KEY", KEY)
        monkeypatch.delenv("REDINK_REDIS_URL", raising=False)
        async with open_stage(None) as stage:  # type: ignore[arg-type]
            analysis = await stage.work(run)
    diagnosis = Diagnosis(engine="local", summary="")
    result = compose(uuid.uuid4(), submission, reading, paper, analysis, diagnosis)  # type: ignore[arg-type]
    (question,) = result.questions
    assert (question.graded_by, question.score, len(question.criteria)) == ("llm", EARNED, 3)
    assert result.cost.amount == analysis.cost.amount > 0
    assert result.cost.llm_tokens.in_ > 0
    assert result.llm is not None
    assert (result.llm.model, result.llm.graded, result.llm.named) == ("deepseek-flash", 1, 1)
    assert [point.code for point in question.knowledge_points] == [POINT.code]


async def test_an_exam_of_a_batch_waits_longer_for_its_place(opened) -> None:
    async with opened(redis=None, exam_seconds=0.001, batch_seconds=60) as world:
        world.server.otherwise = answers(honest)
        hurried, patient = job(), job()
        patient.event.priority = "batch"
        found = [(await graded(world.llm, exam(HONEST), run)).answers[0] for run in (hurried, patient)]
        assert [f.llm_fallback for f in found] == ["no_time", None]
        assert found[1].score == EARNED


async def test_a_recorded_run_is_repeated_to_the_byte_without_a_server(opened, tmp_path) -> None:
    tape, parts = tmp_path / "tape.jsonl", exam(HONEST, "放出氧气")
    async with opened(redis=None, cassette=tape, cassette_mode="record") as world:
        world.server.script = [says('{"criteria": []}'), error(503, Retry_After="0")]
        world.server.otherwise = answers(honest)
        live = await graded(world.llm, parts)
        assert live.answers[0].score == 4.0
    settings = LlmSettings(cassette=tape)
    for _ in range(2):
        async with open_llm(settings, RedisSettings(url=None)) as llm:
            assert llm is not None
            assert (await graded(llm, parts)).model_dump_json() == live.model_dump_json()


async def test_what_a_teacher_marked_in_red_is_not_asked_about(opened) -> None:
    async with opened(redis=None) as world:
        tick = Mark(kind="tick", box=(400, 100, 450, 150), text="", confidence=0.9)
        (answer,) = (await graded(world.llm, exam(HONEST, marks=(tick,)))).answers
        assert (answer.graded_by, world.server.seen) == ("marks", [])


async def test_a_withdrawn_exam_stops_asking(opened) -> None:
    class Withdrawn(Exception):
        pass

    def check() -> None:
        if world.server.seen:
            raise Withdrawn

    async with opened(redis=None) as world:
        world.server.otherwise = error(500, Retry_After="0")
        with pytest.raises(Withdrawn):
            await graded(world.llm, exam(HONEST), job(check))
        assert len(world.server.seen) == 1
        assert len(asyncio.all_tasks()) < 20


def test_all_keys_of_a_script_share_a_node_of_a_cluster() -> None:
    assert PREFIX.count("{") == PREFIX.count("}") == 1
