"""Every route of the API by every kind of caller that must get nothing, and by one that has it already.

Routes come from the app: none can be forgotten.
"""

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import websockets

from contracts.result import ResultQuestion
from services.gateway import auth
from services.gateway.api.application import create_app, openapi_document
from services.gateway.core.scopes import Scope, required
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import FORM, JPEG, Running, until

API = "/api/v1"
STRUCTURED = {"application/json", "application/merge-patch+json", "multipart/form-data"}


DOCUMENT = openapi_document()


@dataclass(frozen=True)
class Op:
    """An operation: method and the template of its path."""

    method: str
    path: str

    @property
    def media(self) -> str:
        """JSON, unless the operation takes neither JSON nor a form: a wrong type is refused before what it names is looked for."""
        body = DOCUMENT["paths"][self.path][self.method.lower()].get("requestBody", {})
        kinds = body.get("content", {}).keys()
        return "application/json" if not kinds or kinds & STRUCTURED else next(iter(kinds))

    def url(self, ids: dict[str, str]) -> str:
        family = self.path.removeprefix(API).split("/")[1]
        return re.sub(r"\{(\w+)\}", lambda found: ids.get(f"{family}.{found[1]}") or ids[found[1]], self.path)


OPS = [Op(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item if method != "head"]
SHAPES = {"number": "1", "question": "1", "revision": "1", "version": "1", "document": "result", "subject": "math"}
"""Parameters that are no ids: the same for every tenant."""
ITEM = {
    "id": "own-1", "subject": "math", "grade": 7, "points": ["math.01"], "type": "fill_blank", "stem": "1 + 1 = ____",
    "answer": "2", "score": 3,
}  # fmt: skip
BODY = json.dumps({"url": "https://example.com/x", "patch": {}, "verdict": "correct", "subject": "math"})


class Own(dict[str, str]):
    """One of each that the tenant has; what is no id is the same for all. A KeyError is a route whose id is forgotten."""

    def __missing__(self, name: str) -> str:
        return SHAPES[name]


class Anything(dict[str, str]):
    """An id that nothing has, for whatever parameter."""

    def __missing__(self, name: str) -> str:
        return SHAPES.get(name) or str(uuid.UUID(int=7))


@dataclass
class World:
    """A tenant with one of each, and keys of callers who are to get nothing."""

    running: Running
    ids: dict[str, str]
    keys: dict[str, str | None]

    async def ask(self, op: Op, ids: dict[str, str], key: str | None, *, strange: bool = False) -> httpx.Response:
        """`strange`: with a body of a type that nothing takes, for an answer of a type that nothing gives."""
        authorization = f"Bearer {key}" if key else ""
        headers = {"Content-Type": "text/x-none" if strange else op.media, "Authorization": authorization}
        if strange and not op.path.endswith("/events"):  # a ticket would be used up, and nothing answered
            headers["Accept"] = "text/x-none"
        body = BODY if op.method in {"POST", "PUT", "PATCH"} else None
        return await self.running.client.request(op.method, op.url(ids), content=body, headers=headers)


@pytest.fixture
async def world(running: Running) -> World:
    exam = await running.exam()
    await running.report(exam)
    files = [("files", ("p1.jpg", JPEG, "image/jpeg"))]
    batch = await running.client.post(f"{API}/batches", data=FORM, files=files)
    item = {"number": "1", "type": "single_choice", "answer": "A", "max_score": 3}
    template = await running.client.post(f"{API}/templates", json={"name": "t", "subject": "math", "items": [item]})
    assert (batch.status_code, template.status_code) == (202, 201), (batch.text, template.text)
    practice = await running.client.post(f"{API}/practice", json={"subject": "math", "points": ["math.07"]})
    assert practice.status_code == 201, practice.text
    bank = await running.client.post(f"{API}/items", json=ITEM)
    assert bank.status_code in {200, 201}, bank.text
    hook, delivery = "wh_" + "0" * 24, uuid.uuid4()
    await running.sql(
        """INSERT INTO webhook_endpoints (tenant, id, url, events, secret)
           VALUES ('dev', $1, 'https://example.com/', '{exam.completed}', 'secret')""",
        hook,
    )
    await running.sql(
        """INSERT INTO webhook_deliveries (id, tenant, endpoint_id, event_type, exam_id, body, state)
           VALUES ($1, 'dev', $2, 'exam.completed', $3, '{}', 'delivered')""",
        delivery,
        hook,
        uuid.UUID(exam["exam_id"]),
    )
    past = uuid.uuid4()
    await running.sql(
        "INSERT INTO imports (import_id, tenant, media_type, requested_by, ended_at) VALUES ($1, 'dev', 'text/csv', 'k', now())",
        past,
    )
    proposal = "crs_" + "0" * 32
    await running.sql(
        """INSERT INTO course_proposals (tenant, id, subject, title, document, fingerprint)
           VALUES ('dev', $1, 'math', 't', '{"engine": "rules", "points": []}', '')""",
        proposal,
    )

    async def looked_through() -> bool:
        return bool(await running.sql("SELECT 1 FROM exams WHERE review_revision = 1"))

    await until(looked_through)  # an item that comes before would be taken away again
    question = ResultQuestion(number="1", path=("1",), type="fill_blank", text="").model_dump_json()
    review = uuid.uuid4()
    await running.sql(
        """INSERT INTO review_items (item_id, exam_id, tenant, revision, place, path, reason, question, queued_at)
           VALUES ($1, $2, 'dev', 1, 0, '{1}', 'unread', $3::text::jsonb, now())""",
        review,
        uuid.UUID(exam["exam_id"]),
        question,
    )
    ids = {
        "items.item_id": "own-1", "review.item_id": str(review),
        "import_id": str(past), "student_id": FORM["student_id"],
        "exam_id": exam["exam_id"], "batch_id": batch.json()["batch_id"], "template_id": template.json()["id"],
        "webhook_id": hook, "delivery_id": str(delivery), "practice_id": practice.json()["id"],
        "proposal_id": proposal,
    }  # fmt: skip
    async with open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool:
        keys: dict[str, str | None] = {name: await auth.create_key(pool, "dev") for name in ("revoked", "expired")}
        await auth.revoke_key(pool, str(keys["revoked"]).split("_")[1])
        await pool.execute("UPDATE api_keys SET expires_at = now() WHERE id = $1", str(keys["expired"]).split("_")[1])
        keys["other"] = await auth.create_key(pool, "other-school")
        for scope in (Scope.USAGE, Scope.WEBHOOKS):
            keys[scope] = await auth.create_key(pool, "dev", scopes=[scope])
    return World(running, Own(ids), keys | {"none": None, "unknown": "rk_unknown_" + "x" * 43})


async def test_the_tenant_itself_has_one_of_each_and_is_not_sent_again_what_it_has(world: World) -> None:
    """Else another tenant's 404 would say nothing."""
    tagged, wrong = set[str](), []
    for op in OPS:
        if op.method != "GET" or op.path.endswith(("/events", ".pdf")):
            continue
        answer = await world.running.client.get(op.url(world.ids))
        assert answer.status_code == 200 or not op.path.endswith("_id}"), (op, answer.text)
        if answer.status_code != 200 or "etag" not in answer.headers:
            continue
        tagged.add(op.path)
        # Any tag: what counts seconds has another one by now.
        again = await world.running.client.get(op.url(world.ids), headers={"If-None-Match": "*"})
        if (again.status_code, again.content) != (304, b"") or "etag" not in again.headers:
            wrong.append((op, again.status_code))
    assert wrong == []
    assert len(tagged) > 30
    told = {op.path for op in OPS if "304" in DOCUMENT["paths"][op.path][op.method.lower()]["responses"]}
    assert tagged - told == set()


def test_the_matrix_has_every_route() -> None:
    assert len(OPS) > 40
    assert {parameter for op in OPS for parameter in op.path.split("{")[1:]} != set()
    assert create_app(None).openapi()["paths"].keys() == {op.path for op in OPS}


async def test_without_a_valid_key_every_route_answers_401_before_it_says_anything_else(world: World) -> None:
    expected = {"none": "unauthorized", "unknown": "unauthorized", "revoked": "key_revoked", "expired": "key_expired"}
    wrong = []
    for op in OPS:
        for name, code in expected.items():
            answer = await world.ask(op, world.ids, world.keys[name], strange=True)
            if (answer.status_code, answer.json().get("code")) != (
                401,
                code,
            ) or "www-authenticate" not in answer.headers:
                wrong.append((op, name, answer.status_code, answer.text[:200]))
    assert wrong == []


async def test_without_the_scope_every_route_answers_403_and_names_it(world: World) -> None:
    wrong = []
    for op in OPS:
        scope = required(op.method, op.path)
        assert scope is not None, op
        other = Scope.WEBHOOKS if scope is Scope.USAGE else Scope.USAGE
        answer = await world.ask(op, world.ids, world.keys[other], strange=True)
        if (answer.status_code, answer.json().get("scope")) != (403, scope.value):
            wrong.append((op, answer.status_code, answer.text[:200]))
    assert wrong == []


async def test_another_tenant_cannot_tell_what_exists_from_what_does_not(world: World) -> None:
    before = await books(world.running)
    wrong = []
    for op in OPS:
        real = await world.ask(op, world.ids, world.keys["other"])
        if "_id}" not in op.path:
            leaks = [value for value in world.ids.values() if value in real.text]
            if leaks or real.status_code >= 500:
                wrong.append((op, real.status_code, leaks))
            continue
        none = await world.ask(op, Anything({"webhook_id": "wh_" + "f" * 24}), world.keys["other"])
        if said(real) != said(none) or real.status_code < 400 or real.status_code >= 500:
            wrong.append((op, said(real), said(none)))
        if op.method in {"GET", "DELETE"} and real.status_code != 404:
            wrong.append((op, "not 404", said(real)))
    assert wrong == []
    assert await books(world.running) == before, "and nothing was changed"


@pytest.mark.parametrize("caller", ["none", "unknown", "revoked", "expired", "other", Scope.USAGE])
async def test_no_live_socket_opens_for_a_caller_who_must_get_nothing(world: World, caller: str) -> None:
    key = world.keys[caller]
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    url = f"ws://127.0.0.1:{world.running.port}{API}/exams/{world.ids['exam_id']}/ws"
    heard: list[Any] = []
    with pytest.raises((websockets.exceptions.InvalidStatus, websockets.exceptions.ConnectionClosed)):
        async with websockets.connect(url, additional_headers=headers, proxy=None, open_timeout=60) as socket:
            heard.append(await socket.recv())
    assert heard == []


def said(answer: httpx.Response) -> tuple[int, str, str]:
    """What an answer says, but for where and when."""
    document = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    return answer.status_code, str(document.get("code")), str(document.get("detail"))


async def books(running: Running) -> str:
    """What the tenant has, as a text."""
    tables = (
        "items",
        "practices",
        "review_items",
        "exams",
        "webhook_endpoints",
        "webhook_deliveries",
        "batches",
        "templates",
        "exam_tombstones",
        "imports",
    )
    rows = {table: await running.sql(f"SELECT * FROM {table} WHERE tenant = 'dev' ORDER BY 1, 2") for table in tables}
    volatile = {"updated_at", "heard_at", "intake_until", "last_event", "status", "review_revision", "metered"}
    volatile |= {"recorded_revision"}
    return str({
        table: [{name: value for name, value in dict(row).items() if name not in volatile} for row in found]
        for table, found in rows.items()
    })  # fmt: skip
