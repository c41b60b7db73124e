"""What must hold whatever model answers: by default the scripted server, and a real one when its address is given.

REDINK_TEST_LLM_URL=http://127.0.0.1:8080/v1 REDINK_TEST_LLM_THINKING=unsaid pytest tests/component/llm/test_any_server.py

asks llama.cpp's server (or any other that speaks /chat/completions); every REDINK_LLM_* setting has its REDINK_TEST_LLM_*.
REDINK_TEST_LLM_ABLE=false is for models too small to grade: a reply that can't be used must then leave the local grade.
"""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from injections import INJECTIONS
from llm_world import Word, question
from paper_world import HONEST, MAXIMUM, QUOTES, exam, honest, job, local, naming
from pydantic import HttpUrl, SecretStr
from scripted_model import KEY, Seen, answers, scripted
from test_essay_grading import essay, teacher

from contracts.taxonomy import taxonomy
from runtime.llm.client import Llm
from runtime.llm.failures import Reason
from runtime.llm.open import open_llm
from runtime.llm.settings import LlmSettings
from runtime.settings import RedisSettings
from services.analyzer.model import with_model
from services.analyzer.rubric.evidence import stands_in

WORDS = {*Reason, "distrusted", "suspicious_text"}


class Given(LlmSettings):
    """The server to ask: none unless an address is given."""

    model_config = LlmSettings.model_config | {"env_prefix": "REDINK_TEST_LLM_"}
    able: bool = True
    """whether the model is expected to grade"""


def competent(seen: Seen) -> dict[str, Any]:
    """What a model that does its work replies to each kind of request."""
    if "knowledge points" in seen.user:
        return naming(seen)
    if "rubric" not in seen.user:
        return {"word": "苹果"}
    return teacher(seen) if "essay:" in seen.user else honest(seen)


@pytest.fixture
async def llm() -> AsyncIterator[Llm]:
    async with scripted(answers(competent)) as server:
        given = Given()
        settings = given if given.url else LlmSettings(api_key=SecretStr(KEY), url=HttpUrl(server.url), call_seconds=60)
        patient = settings.model_copy(update={"exam_seconds": 600.0, "max_cost": 0.0, "tenant_tokens_per_day": 0})
        async with open_llm(patient, RedisSettings(url=None)) as opened:
            assert opened is not None
            yield opened


async def done(llm: Llm, parts: tuple[Any, ...], run: Any = None) -> Any:
    submission, reading, paper = parts
    return await with_model(
        llm, run or job(seconds=900), local(parts), submission=submission, reading=reading, paper=paper
    )


def is_graded(answer: Any, before: Any) -> bool:
    """Whether the model's grade was taken; if not, the local engine's stands, with a word why, and only a small model may fail."""
    if answer.graded_by == "llm":
        assert answer.llm_fallback is None
        return True
    assert not Given().able
    assert answer.llm_fallback in WORDS
    assert (answer.graded_by, answer.score, answer.criteria) == (before.graded_by, before.score, before.criteria)
    return False


async def test_a_reply_has_the_shape_that_was_asked_for_and_its_tokens_are_counted(llm) -> None:
    account = llm.account(f"school-{uuid.uuid4().hex}", "exam:1", 600, lambda: None)
    assert isinstance(await llm.ask(question(), account), Word)
    assert account.ledger.cost.llm_tokens.in_ + account.ledger.cost.llm_tokens.cached > 0
    assert account.ledger.cost.llm_tokens.out > 0


async def test_points_of_a_rubric_rest_on_quotes_and_add_up(llm) -> None:
    parts = exam(HONEST)
    (answer,), (before,) = (await done(llm, parts)).answers, local(parts).answers
    if not is_graded(answer, before):
        return
    assert [c.criterion for c in answer.criteria] == list(QUOTES)
    assert answer.score == sum(c.points for c in answer.criteria) < MAXIMUM
    assert all(stands_in(quote, HONEST) for c in answer.criteria if c.points for quote in c.evidence)
    assert all(c.evidence for c in answer.criteria if c.points)


async def test_points_that_are_named_are_of_the_subject(llm) -> None:
    analysis = await done(llm, exam(HONEST))
    named = analysis.answers[0].knowledge_points or ()
    assert {point.code for point in named} <= {point.code for point in taxonomy("biology").points}
    assert analysis.llm.named == (1 if named else 0)


async def test_an_essay_gets_points_for_each_dimension(llm) -> None:
    submission, reading, paper, analysis = essay()
    found = await with_model(llm, job(seconds=900), analysis, submission=submission, reading=reading, paper=paper)
    (answer,), (before,) = found.answers, analysis.answers
    if not is_graded(answer, before):
        return
    assert [c.dimension for c in answer.criteria] == ["content", "organisation", "vocabulary", "grammar", "mechanics"]
    assert 0 <= answer.score <= 10


@pytest.mark.parametrize("injection", INJECTIONS[::9])
async def test_an_injection_earns_nothing(llm, injection) -> None:
    (alone,) = (await done(llm, exam("我不会做"))).answers
    (answer,) = (await done(llm, exam("我不会做", *injection.split("\n")))).answers
    assert (answer.score or 0) <= (alone.score or 0)
    assert answer.needs_review
