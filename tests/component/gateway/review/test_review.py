"""The review queue: what is doubtful comes in, what is decided becomes one revision, and no decision is lost."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.errors import ErrorCode
from contracts.status import Status
from services.gateway import auth
from services.gateway.review.settings import ReviewSettings
from tests.component.gateway.corrections.marking import READ, begun, mark, marked
from tests.component.gateway.harness import Running, gateway, until

QUICK = ReviewSettings(poll_seconds=0.1, settle_seconds=1.0)
PATIENT = ReviewSettings(poll_seconds=0.1, settle_seconds=600)


@pytest.fixture
async def running(database: str, tmp_path: Path) -> AsyncIterator[Running]:
    async with gateway(database, tmp_path, opened={"reviewing": PATIENT}) as one:
        yield one


async def items(running: Running, query: str = "") -> list[dict[str, Any]]:
    answer = await running.get(f"/review{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def opened(running: Running, count: int, query: str = "") -> list[dict[str, Any]]:
    async def there() -> bool:
        return len(await items(running, query)) == count

    await until(there)
    return await items(running, query)


async def post(running: Running, item: dict[str, Any], what: str, body: Any = None, **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await running.client.post(f"/api/v1/review/{item['id']}/{what}", json=body, headers=given)


async def at_revision(running: Running, exam: dict[str, Any], revision: int) -> dict[str, Any]:
    async def there() -> bool:
        return bool((await begun(running, exam["exam_id"]))["revision"] == revision)

    await until(there)
    return await begun(running, exam["exam_id"])


async def test_doubtful_questions_of_completed_exams_are_listed_oldest_first_with_filters(running: Running) -> None:
    first = await marked(running, class_id="7-1")
    await opened(running, 3)
    second = await marked(running, class_id="7-2", subject="physics")
    found = await opened(running, 6)
    assert [(item["exam_id"], item["number"], item["reason"]) for item in found[:3]] == [
        (first["exam_id"], "1", "low_confidence"), (first["exam_id"], "3(1)", "unread"),
        (first["exam_id"], "3(2)", "no_verdict"),
    ]  # fmt: skip
    assert found[0]["question"]["student_answer"] == "D"
    assert len(await items(running, "?class_id=7-2")) == len(await items(running, "?subject=physics")) == 3
    assert len(await items(running, "?subject=物理")) == 3
    assert len(await items(running, f"?exam_id={second['exam_id']}&reason=unread")) == 1
    assert await items(running, "?exam_id=x") == []
    page = (await running.get("/review?limit=4")).json()
    rest = (await running.get("/review", params={"cursor": page["next_cursor"]})).json()
    assert (page["open"], rest["open"], rest["next_cursor"]) == (6, 6, None)
    assert [item["id"] for item in (*page["items"], *rest["items"])] == [item["id"] for item in found]
    assert (await running.get("/review?cursor=x")).json()["code"] == "invalid_cursor"
    assert (await running.get(f"/review/{found[0]['id']}")).json() == found[0]


async def test_a_lease_keeps_others_off_until_it_is_renewed_released_or_over(running: Running) -> None:
    await marked(running)
    item = (await opened(running, 3))[0]
    mine = (await post(running, item, "lease", {"minutes": 5}, Redink_Actor="t-1")).json()
    assert mine["item"]["leased_by"] == "t-1"
    other = await post(running, item, "lease", Redink_Actor="t-2")
    assert (other.status_code, other.json()["code"]) == (409, "review_item_leased")
    assert other.json()["leased_until"][:19] == mine["item"]["leased_until"][:19]
    assert (await post(running, item, "skip")).status_code == 409
    assert (await post(running, item, "decide", {"accept": True})).status_code == 409
    assert len(await items(running, "?free=true")) == 2
    renewed = (await post(running, item, "lease", {"minutes": 60, "lease": mine["lease"]})).json()
    assert renewed["lease"] == mine["lease"]
    assert renewed["item"]["leased_until"] > mine["item"]["leased_until"]
    await running.sql("UPDATE review_items SET leased_until = now() - interval '1 s'")
    taken = await post(running, item, "lease", Redink_Actor="t-2")
    assert taken.status_code == 200
    assert taken.json()["lease"] != mine["lease"]
    late = await post(running, item, "decide", {"accept": True, "lease": mine["lease"]})
    assert late.status_code == 409
    skipped = await post(running, item, "skip", {"lease": taken.json()["lease"]})
    assert (skipped.json()["skips"], skipped.json()["leased_by"]) == (1, None)
    assert (await items(running))[-1]["id"] == item["id"]


async def test_of_many_who_want_an_item_one_gets_it(running: Running) -> None:
    await marked(running)
    item = (await opened(running, 3))[0]
    answers = await asyncio.gather(*(post(running, item, "lease") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]


async def test_when_all_of_an_exam_is_decided_one_revision_has_all_of_it(running: Running) -> None:
    exam = await marked(running)
    one, two, three = await opened(running, 3)
    assert (await post(running, one, "decide", {"accept": True}, Redink_Actor="t-1")).status_code == 202
    again = await post(running, two, "decide", {"correction": {"verdict": "partial", "score": 2}})
    assert again.status_code == 202
    assert [item["id"] for item in await items(running)] == [three["id"]]
    assert (await begun(running, exam["exam_id"]))["revision"] == 1
    last = await post(running, three, "decide", {"correction": {"student_answer": "8", "verdict": "correct"}})
    assert last.json()["path"] == ["二", "3", "(2)"]
    await mark(running, await at_revision(running, exam, 2))
    result = (await running.get(f"/exams/{exam['exam_id']}/result")).json()
    found = {question["number"]: question for question in result["questions"]}
    assert (found["1"]["student_answer"], found["1"]["reviewed_by"], found["1"]["corrected_by"]) == (
        "D",
        "teacher",
        None,
    )
    assert (found["3"]["score"], result["score"]["needs_review"]) == (7.0, 0)
    log = (await running.get(f"/exams/{exam['exam_id']}/corrections")).json()["items"]
    assert {entry["id"] for entry in log} >= {again.json()["id"], last.json()["id"]}
    assert {entry["revision"] for entry in log} == {2}
    assert [entry["actor"] for entry in log if entry["kind"] == "accepted"] == ["t-1"]
    assert await items(running) == []

    async def emptied() -> bool:
        return not await running.sql("SELECT 1 FROM review_items")

    await until(emptied)


async def test_decisions_are_applied_a_while_after_the_last_one_and_the_rest_stays_open(
    database: str, tmp_path: Path
) -> None:
    async with gateway(database, tmp_path, opened={"reviewing": QUICK}) as running:
        exam = await marked(running)
        first = (await opened(running, 3))[0]
        await post(running, first, "decide", {"accept": True})
        now = await at_revision(running, exam, 2)
        assert await items(running) == []  # nothing is asked of a paper that is being worked on
        await mark(running, now)
        assert [item["number"] for item in await opened(running, 2)] == ["3(1)", "3(2)"]
        assert {item["revision"] for item in await items(running)} == {2}


async def test_what_is_decided_while_the_exam_is_worked_on_is_applied_afterwards(database: str, tmp_path: Path) -> None:
    async with gateway(database, tmp_path, opened={"reviewing": QUICK}) as running:
        exam = await marked(running)
        one, two, _ = await opened(running, 3)
        await post(running, one, "decide", {"accept": True})
        now = await at_revision(running, exam, 2)
        decided = await post(running, two, "decide", {"correction": {"score": 5}})
        assert decided.status_code == 202
        await mark(running, now)
        await mark(running, await at_revision(running, exam, 3))
        log = (await running.get(f"/exams/{exam['exam_id']}/corrections")).json()["items"]
        assert [(entry["question"], entry["revision"]) for entry in log] == [("3(1)", 3), ("1", 2)]


async def test_a_question_corrected_meanwhile_leaves_the_queue_and_the_first_word_holds(running: Running) -> None:
    exam = await marked(running)
    one, two, _ = await opened(running, 3)
    path = f"/api/v1/exams/{exam['exam_id']}/questions/1"
    await running.client.patch(path, json={"score": 4}, headers={"If-Match": "*"})
    assert (await post(running, one, "lease")).json()["code"] == "review_item_not_found"
    assert (await post(running, one, "decide", {"correction": {"score": 0}})).status_code == 202
    assert (await post(running, two, "decide", {"correction": {"score": 5}})).status_code == 202
    await mark(running, await at_revision(running, exam, 2))
    assert [item["number"] for item in await opened(running, 1)] == ["3(2)"]
    decided = await running.sql("SELECT path FROM review_items WHERE decided_at IS NOT NULL")
    assert [row["path"] for row in decided] == [["二", "3", "(1)"]]


async def test_a_decision_is_kept_through_a_revision_that_fails(database: str, tmp_path: Path) -> None:
    async with gateway(database, tmp_path, opened={"reviewing": QUICK}) as running:
        exam = await marked(running)
        one, two, _ = await opened(running, 3)
        await post(running, one, "decide", {"accept": True})
        await running.say(await at_revision(running, exam, 2), Status.ANALYZING, code=ErrorCode.INTERNAL)
        await post(running, two, "decide", {"correction": {"score": 5}})
        await asyncio.sleep(1.5)
        again = await running.client.post(f"/api/v1/exams/{exam['exam_id']}/retry", json={"from": "analyzer"})
        assert again.json()["revision"] == 3
        await mark(running, again.json())
        await mark(running, await at_revision(running, exam, 4))
        log = (await running.get(f"/exams/{exam['exam_id']}/corrections")).json()["items"]
        assert [(entry["question"], entry["revision"]) for entry in log] == [("3(1)", 4), ("1", 2)]


@pytest.mark.parametrize(("body", "pointer"), [
    ({}, ""), ({"accept": True, "correction": {"score": 1}}, ""), ({"correction": {}}, ""), ({"accept": False}, ""),
    ({"correction": {"score": 9}}, "/correction/score"), ({"correction": {"verdict": "partial"}}, "/correction/score"),
    ({"correction": {"score": "1"}}, "/correction/score"),
])  # fmt: skip
async def test_a_decision_that_can_not_hold_is_refused_at_once(running: Running, body: Any, pointer: str) -> None:
    await marked(running)
    refused = await post(running, (await opened(running, 3))[0], "decide", body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer), refused.text
    assert len(await items(running)) == 3


async def test_the_same_decision_again_is_one_and_another_comes_too_late(running: Running) -> None:
    await marked(running)
    item = (await opened(running, 3))[0]
    first = await post(running, item, "decide", {"correction": {"knowledge_points": [{"name": "减法"}]}})
    again = await post(running, item, "decide", {"correction": {"knowledge_points": [{"name": "减法"}]}})
    assert (again.status_code, again.json()) == (202, first.json())
    other = await post(running, item, "decide", {"accept": True})
    assert (other.status_code, other.json()["code"]) == (404, "review_item_not_found")
    for what in ("lease", "skip"):
        assert (await post(running, item, what)).status_code == 404
    assert (await running.get("/review/x")).json()["code"] == "review_item_not_found"
    assert (await post(running, {"id": str(uuid.uuid4())}, "decide", {"accept": True})).status_code == 404


async def test_another_tenants_items_are_no_ones(running: Running) -> None:
    await marked(running)
    item = (await opened(running, 3))[0]
    import asyncpg  # noqa: PLC0415 - one test needs it

    async with asyncpg.create_pool(running.dsn, min_size=1, max_size=1) as pool:
        theirs = {"Authorization": f"Bearer {await auth.create_key(pool, 'others')}"}
    assert (await running.get("/review", headers=theirs)).json()["items"] == []
    for what, body in (("lease", None), ("skip", None), ("decide", {"accept": True})):
        answer = await running.client.post(f"/api/v1/review/{item['id']}/{what}", json=body, headers=theirs)
        assert (answer.status_code, answer.json()["code"]) == (404, "review_item_not_found")


async def test_the_queue_is_derived_again_when_its_rows_were_lost(running: Running) -> None:
    await marked(running)
    await opened(running, 3)
    await running.sql("DELETE FROM review_items")
    await running.sql("UPDATE exams SET review_revision = 0")  # as after a rebuild of the exams' rows
    assert [item["number"] for item in await opened(running, 3)] == ["1", "3(1)", "3(2)"]


async def test_a_result_that_is_gone_holds_up_nobody(running: Running, tmp_path: Path) -> None:
    lost = await marked(running, answers=READ[1:2])
    await asyncio.to_thread((tmp_path / "dev" / lost["exam_id"] / "1" / "result.json").unlink)
    await running.sql("UPDATE exams SET review_revision = 0 WHERE exam_id = $1", lost["exam_id"])
    await marked(running)
    await opened(running, 3)
