"""The resource /templates: what a client developer sees of it."""

import asyncio
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.gateway import auth
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import Running
from tests.component.gateway.templates.conftest import PAPER, make, paper, post

UNKNOWN = "tpl_" + "0" * 32


def said(answer: dict[str, Any]) -> dict[str, Any]:
    """What the client wrote of what it was answered."""
    return {name: answer[name] for name in PAPER}


async def test_a_template_is_answered_as_it_was_written_with_its_version_as_etag(running: Running) -> None:
    made = await post(running, PAPER)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    body = made.json()
    assert made.headers["location"] == f"/api/v1/templates/{body['id']}"
    assert (body["version"], body["items"][0]["answer"], body["warnings"]) == (1, "B", [])
    shown = await running.get(f"/templates/{body['id']}")
    assert shown.json() == body
    assert shown.headers["etag"] == '"1"'
    listed = (await running.get("/templates")).json()
    assert listed["next_cursor"] is None
    assert [(each["id"], each["items"]) for each in listed["items"]] == [(body["id"], 3)]


async def test_who_has_the_current_version_is_told_so_without_it(running: Running) -> None:
    made = await make(running)
    path = f"/templates/{made['id']}"
    for tag in ('"1"', 'W/"1"', '"7", "1"', "*"):
        answer = await running.get(path, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"1"')
    assert (await running.get(path, headers={"If-None-Match": '"2"'})).status_code == 200


async def test_a_put_is_a_new_version_and_the_old_one_stays(running: Running) -> None:
    made = await make(running)
    url = f"/api/v1/templates/{made['id']}"
    made["items"][0]["answer"] = "C"  # fetched, changed, sent back with all that the answer has
    changed = await running.client.put(url, json=made, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"], changed.json()["version"]) == (200, '"2"', 2)
    assert (await running.get(f"/templates/{made['id']}")).json() == changed.json()
    versions = (await running.get(f"/templates/{made['id']}/versions")).json()["items"]
    assert [each["version"] for each in versions] == [2, 1]
    first = (await running.get(f"/templates/{made['id']}/versions/1")).json()
    assert (first["version"], first["items"][0]["answer"], first["id"]) == (1, "B", made["id"])
    assert first["updated_at"] == versions[1]["created_at"]
    for number in ("3", "0", "x", "9" * 30):
        answer = await running.get(f"/templates/{made['id']}/versions/{number}")
        assert (answer.status_code, answer.json()["code"]) == (404, "template_not_found")


async def test_the_same_document_again_is_no_new_version(running: Running) -> None:
    made = await make(running)
    url = f"/api/v1/templates/{made['id']}"
    again = await running.client.put(url, json=PAPER)
    assert (again.status_code, again.json()) == (200, made)


async def test_a_change_that_builds_on_an_old_version_is_refused_and_loses_nothing(running: Running) -> None:
    made = await make(running)
    url = f"/api/v1/templates/{made['id']}"
    bodies = [paper(title=f"试卷 {n}") for n in range(6)]
    answers = await asyncio.gather(*(running.client.put(url, json=b, headers={"If-Match": '"1"'}) for b in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
    refused = next(answer for answer in answers if answer.status_code == 412).json()
    assert (refused["code"], refused["version"]) == ("precondition_failed", 2)
    for tag in ("nonsense", 'W/"2"', '"1", "2"'):
        assert (await running.client.delete(url, headers={"If-Match": tag})).status_code == 412
    assert (await running.client.put(url, json=PAPER, headers={"If-Match": "*"})).status_code == 200


async def test_a_deleted_template_is_gone_with_its_versions(running: Running) -> None:
    made = await make(running)
    url = f"/api/v1/templates/{made['id']}"
    assert (await running.client.delete(url, headers={"If-Match": '"1"'})).status_code == 204
    for path in ("", "/versions", "/versions/1"):
        assert (await running.client.get(url + path)).status_code == 404
    assert (await running.client.delete(url)).status_code == 404
    assert await running.sql("SELECT 1 FROM template_versions") == []


async def test_names_are_unique_within_the_tenant_whatever_the_case(running: Running) -> None:
    first = await make(running, name="Midterm A")
    taken = await post(running, paper(name="MIDTERM a"))
    assert (taken.status_code, taken.json()["code"]) == (409, "template_name_taken")
    assert taken.json()["template_id"] == first["id"]
    other = await make(running, name="Midterm B")
    renamed = await running.client.put(f"/api/v1/templates/{other['id']}", json=paper(name="midterm a"))
    assert renamed.status_code == 409
    kept = await running.client.put(f"/api/v1/templates/{first['id']}", json=paper(name="midterm a"))
    assert (kept.status_code, kept.json()["version"]) == (200, 2)


async def test_of_many_who_want_a_name_at_once_one_gets_it(running: Running) -> None:
    answers = await asyncio.gather(*(post(running, paper(title=str(n))) for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


async def test_a_repeated_request_with_its_key_gets_the_template_it_made(running: Running) -> None:
    answers = await asyncio.gather(*(post(running, PAPER, **{"Idempotency-Key": "one"}) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 4
    other = await post(running, paper(title="anders"), **{"Idempotency-Key": '"one"'})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    bad = await post(running, PAPER, **{"Idempotency-Key": "a b"})
    assert (bad.status_code, bad.json()["code"]) == (400, "invalid_idempotency_key")


async def test_a_tenant_has_no_more_templates_than_allowed(database: str, tmp_path: Any) -> None:
    from tests.component.gateway.harness import gateway  # noqa: PLC0415 - the only test with a gateway of its own

    async with gateway(database, tmp_path, max_templates=2) as running:
        for name in ("a", "b"):
            await make(running, name=name)
        refused = await post(running, paper(name="c"))
        assert (refused.status_code, refused.json()["code"], refused.json()["limit"]) == (409, "template_limit", 2)


async def test_lists_are_paged_newest_first_and_filtered(running: Running) -> None:
    names = [f"卷 {n}" for n in range(5)]
    for name in names:
        await make(running, name=name, subject="physics" if name == "卷 3" else "math")
    seen, cursor = [], None
    while True:
        page = (await running.get("/templates", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [each["name"] for each in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == names[::-1]
    for query, found in (({"subject": "physics"}, ["卷 3"]), ({"name": "卷 1"}, ["卷 1"]), ({"name": "%"}, [])):
        assert [each["name"] for each in (await running.get("/templates", params=query)).json()["items"]] == found
    assert (await running.get("/templates", params={"cursor": "x"})).json()["code"] == "invalid_cursor"


WRONG: list[tuple[Any, str]] = [
    ([], ""),
    ({}, "/name"),
    (paper(name=" "), "/name"),
    (paper(subject="alchemy"), "/subject"),
    (paper(grade=13), "/grade"),
    (paper(items=[]), "/items"),
    (paper(items=[{"number": "1"}] * 1001), "/items"),
    (paper(items=[{"answer": "B"}], sections=[]), "/items/0/number"),
    (paper(items=[{"number": "1"}, {"number": "1"}]), "/items/1/number"),
    (paper(items=[{"number": "1", "section": "九"}]), "/items/0/section"),
    (paper(items=[{"number": "1", "max_score": -1}]), "/items/0/max_score"),
    (paper(items=[{"number": "1", "max_score": 2, "partial_score": 3}]), "/items/0"),
    (paper(items=[{"number": "1", "accepted": ["B"]}]), "/items/0"),
    (paper(items=[{"number": "1", "type": "guess"}]), "/items/0/type"),
    (paper(items=[{"number": "1", "answer": "\x00"}]), "/items/0/answer"),
    (paper(items=[{"number": "1", "scores": 1}]), "/items/0/scores"),
    (paper(sections=[{"number": "一"}, {"number": "一"}]), "/sections/0/number"),
]


@pytest.mark.parametrize(("body", "pointer"), WRONG, ids=[f"{n}:{p}" for n, (_, p) in enumerate(WRONG)])
async def test_what_is_wrong_is_named_by_its_place(running: Running, body: Any, pointer: str) -> None:
    answer = await post(running, body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_bodies_that_are_no_json_or_too_long_are_refused(running: Running) -> None:
    url = "/api/v1/templates"
    for content in (b"", b"{", b"\xff", b'{"name": NaN}', b"[" * 100_000):
        answer = await running.client.post(url, content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), content[:20]
    big = b" " * (1024 * 1024 + 1)
    answer = await running.client.post(url, content=big, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    answer = await running.client.post(url, content=b"a,b", headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_content_type")


async def test_what_looks_like_a_mistake_is_said_and_taken(running: Running) -> None:
    made = await make(running, total_score=100, items=[{"number": "1"}, {"number": "2", "answer": "A", "max_score": 5}])
    assert made["warnings"] == [
        "no answer for 1: graded by marks on the paper, or not at all",
        "no points for 1: right or wrong is told, no score",
    ]
    made = await make(running, name="b", total_score=100, items=[{"number": "2", "answer": "A", "max_score": 5}])
    assert made["warnings"] == ["the items add up to 5 points, total_score says 100"]


ROUTES = [("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/versions"), ("GET", "/versions/1")]


async def test_another_tenants_template_and_one_that_never_was_are_404(running: Running) -> None:
    made = await make(running)
    async with open_database(PostgresSettings(dsn=SecretStr(running.dsn), pool=2)) as pool:
        headers = {"Authorization": f"Bearer {await auth.create_key(pool, 'other')}"}
    base = str(running.client.base_url)
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=20, trust_env=False) as other:
        for client, known in ((other, made["id"]), (running.client, UNKNOWN), (running.client, "%00"), (other, "x")):
            for method, path in ROUTES:
                url = f"/api/v1/templates/{known}{path}"
                answer = await client.request(method, url, json=PAPER if method == "PUT" else None)
                assert (answer.status_code, answer.json()["code"]) == (404, "template_not_found"), (method, path)
        assert (await other.get("/api/v1/templates")).json() == {"items": [], "next_cursor": None}
        assert (await other.post("/api/v1/templates", json=PAPER)).status_code == 201  # names are their own
    assert said((await running.get(f"/templates/{made['id']}")).json()) == said(made)
