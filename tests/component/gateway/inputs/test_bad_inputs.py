"""Every kind of bad input gets its answer, and harms nobody."""

from collections.abc import Callable

import pytest

from tests.component.gateway.harness import Running
from tests.component.gateway.inputs import pictures
from tests.component.gateway.inputs.kinds import KINDS, Answer
from tests.component.gateway.inputs.requests import Sent, send, upload

pytestmark = pytest.mark.asyncio(loop_scope="module")

CASES = [
    pytest.param(make, answer, id=f"{kind.number:02d} {kind.name}{': ' if variant else ''}{variant}")
    for kind in KINDS
    for variant, (make, answer) in kind.variants.items()
]


async def test_there_are_64_kinds() -> None:
    assert [kind.number for kind in KINDS] == list(range(1, 65))


@pytest.mark.parametrize(("make", "answer"), CASES)
async def test_a_bad_input_gets_its_answer(looking: Running, make: Callable[[], Sent], answer: Answer) -> None:
    before = await exams(looking)
    got = await send(looking.port, make())
    assert got.status == answer.status or (answer.status == 0 and got.status == 400), got.body
    assert await exams(looking) - before == (got.status == 202)
    if got.status == 202:
        assert tuple(advice["code"] for advice in got.body["advice"]) == answer.advice
        assert got.body["advice_complete"]
    elif answer.code:
        assert got.body["code"] == answer.code
        assert got.body["detail"]
        assert b"application/problem+json" in got.head


async def test_after_all_that_a_good_upload_is_accepted(looking: Running) -> None:
    assert (await send(looking.port, upload(pictures.jpeg()))).status == 202


async def exams(running: Running) -> int:
    return int((await running.sql("SELECT count(*) AS n FROM exams"))[0]["n"])
