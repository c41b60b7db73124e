"""Decisions that can never be applied: they end once, and those who ask are told why."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.gateway.database import open_database
from services.gateway.postgres import PostgresLedger
from services.gateway.review.decisions import due
from services.gateway.review.keeper import Keeper
from services.gateway.review.settings import ReviewSettings
from services.gateway.settings import GatewaySettings, PostgresSettings
from tests.component.gateway.corrections.marking import mark, marked
from tests.component.gateway.harness import Running, gateway, until

PATIENT = ReviewSettings(poll_seconds=0.1, settle_seconds=600)
AT_ONCE = ReviewSettings(settle_seconds=0)


@pytest.fixture
async def running(database: str, tmp_path: Path) -> AsyncIterator[Running]:
    async with gateway(database, tmp_path, opened={"reviewing": PATIENT}) as one:
        yield one


async def apply(running: Running) -> None:
    """What a keeper does that waits for no other decision; the gateway's own one does."""
    async with open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool:
        await Keeper(pool, PostgresLedger(pool), running.blobs, AT_ONCE, GatewaySettings()).round()
        assert await due(pool, 0, [], 10) == [], "nothing is left to be tried again"


async def items(running: Running) -> list[dict[str, Any]]:
    async def there() -> bool:
        return len((await running.get("/review")).json()["items"]) == 3

    await until(there)
    return list((await running.get("/review")).json()["items"])


async def kept(running: Running, query: str = "") -> list[dict[str, Any]]:
    answer = await running.get(f"/review/decisions{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def decide(running: Running, item: dict[str, Any], body: dict[str, Any], actor: str) -> dict[str, Any]:
    path = f"/api/v1/review/{item['id']}/decide"
    answer = await running.client.post(path, json=body, headers={"Redink-Actor": actor})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def test_decisions_on_an_exam_whose_result_is_gone_end_once_and_say_why(running: Running, tmp_path: Path) -> None:
    exam = await marked(running)
    one, two, _ = await items(running)
    first = await decide(running, one, {"accept": True}, "t-1")
    second = await decide(running, two, {"correction": {"score": 5}}, "t-2")
    assert [(each["id"], each["state"]) for each in await kept(running)] == [
        (second["id"], "waiting"), (first["id"], "waiting"),
    ]  # fmt: skip
    await asyncio.to_thread((tmp_path / "dev" / exam["exam_id"] / "1" / "result.json").unlink)
    await apply(running)
    void = await kept(running, f"?exam_id={exam['exam_id']}&state=void")
    assert [(each["id"], each["actor"], each["correction"]) for each in void] == [
        (second["id"], "t-2", {"score": 5.0}), (first["id"], "t-1", {}),
    ]  # fmt: skip
    assert {each["problem"]["code"] for each in void} == {"result_gone"}
    assert "upload the paper again" in void[0]["problem"]["detail"]
    assert await kept(running, "?state=waiting") == await kept(running, "?exam_id=x") == []
    page = (await running.get("/review/decisions?limit=1")).json()
    rest = (await running.get("/review/decisions", params={"cursor": page["next_cursor"]})).json()
    assert [page["items"][0], rest["items"][0], rest["next_cursor"]] == [*void, None]


async def test_a_result_that_is_gone_before_it_was_looked_through_leaves_no_decision_untold(
    running: Running, tmp_path: Path
) -> None:
    exam = await marked(running)
    await decide(running, (await items(running))[0], {"accept": True}, "t-1")
    await asyncio.to_thread((tmp_path / "dev" / exam["exam_id"] / "1" / "result.json").unlink)
    for _ in range(2):  # the second time as after a rebuild, or by a keeper that began before the first had ended
        await running.sql("UPDATE exams SET review_revision = 0")
        await apply(running)
    assert [each["problem"]["code"] for each in await kept(running)] == ["result_gone"]


async def test_what_could_not_be_graded_anew_is_asked_again_by_the_next_revision(
    running: Running, tmp_path: Path
) -> None:
    exam = await marked(running)
    parsed = tmp_path / "dev" / exam["exam_id"] / "1" / "parser.json"
    content = await asyncio.to_thread(parsed.read_bytes)
    item = (await items(running))[0]
    await decide(running, item, {"accept": True}, "t-1")
    await asyncio.to_thread(parsed.unlink)
    await apply(running)
    assert (await kept(running))[0]["problem"]["code"] == "artefact_gone"
    await asyncio.to_thread(parsed.write_bytes, content)
    again = await running.client.post(f"/api/v1/exams/{exam['exam_id']}/retry", json={"from": "analyzer"})
    await mark(running, again.json())
    assert item["id"] in {each["id"] for each in await items(running)}
    assert await kept(running) == []
