"""Keys: what they may, until when, and how one is replaced."""

import asyncpg

from services.gateway import auth
from services.gateway.core.scopes import Scope
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import FORM, JPEG, Running


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def owner(running: Running) -> asyncpg.Pool:
    return open_database(PostgresSettings(dsn=running.dsn, pool=2))


async def test_a_key_does_what_its_scopes_say_and_is_told_what_it_lacks(running: Running) -> None:
    exam = await running.exam()
    async with owner(running) as pool:
        reader = bearer(await auth.create_key(pool, "dev", scopes=[Scope.EXAMS_READ]))
    assert (await running.get(f"/exams/{exam['exam_id']}", headers=reader)).status_code == 200
    for method, path, scope in (
        ("POST", f"/exams/{exam['exam_id']}/cancel", "exams:write"),
        ("DELETE", f"/exams/{exam['exam_id']}", "exams:delete"),
        ("GET", "/webhooks", "webhooks"),
        ("GET", "/usage", "usage"),
    ):
        answer = await running.client.request(method, f"/api/v1{path}", headers=reader)
        assert (answer.status_code, answer.json()["code"], answer.json()["scope"]) == (403, "insufficient_scope", scope)
        assert f'scope="{scope}"' in answer.headers["www-authenticate"]
    files = [("files", ("p1.jpg", JPEG, "image/jpeg"))]
    refused = await running.client.post("/api/v1/exams", data=FORM, files=files, headers=reader)
    assert refused.status_code == 403
    assert (await running.status(exam["exam_id"]))["status"] == "UPLOADED"


async def test_revoked_and_expired_keys_are_told_apart_only_to_who_has_the_secret(running: Running) -> None:
    async with owner(running) as pool:
        revoked, expired = await auth.create_key(pool, "dev"), await auth.create_key(pool, "dev")
        await auth.revoke_key(pool, revoked.split("_")[1])
        await pool.execute("UPDATE api_keys SET expires_at = now() WHERE id = $1", expired.split("_")[1])
    forged = revoked.rpartition("_")[0] + "_" + "x" * 43
    codes = {}
    for name, key in (("revoked", revoked), ("expired", expired), ("forged", forged), ("no key", "rk_")):
        answer = await running.get("/exams", headers=bearer(key))
        assert (answer.status_code, "www-authenticate" in answer.headers) == (401, True)
        codes[name] = answer.json()["code"]
    assert codes == {
        "revoked": "key_revoked", "expired": "key_expired", "forged": "unauthorized", "no key": "unauthorized",
    }  # fmt: skip


async def test_a_rotated_key_works_beside_its_successor_for_the_overlap_and_is_rotated_once(running: Running) -> None:
    async with owner(running) as pool:
        old = await auth.create_key(pool, "dev", "app", scopes=[Scope.EXAMS_READ])
        new = await auth.rotate_key(pool, old.split("_")[1], 3600)
        assert new is not None
        for key in (old, new):
            assert (await running.get("/exams", headers=bearer(key))).status_code == 200
        assert (await running.get("/usage", headers=bearer(new))).status_code == 403, "it has the scopes of the old one"
        assert await auth.rotate_key(pool, old.split("_")[1], 3600) is None
        await pool.execute(
            "UPDATE api_keys SET expires_at = expires_at - interval '1 hour' WHERE id = $1", old.split("_")[1]
        )
        assert (await running.get("/exams", headers=bearer(old))).json()["code"] == "key_expired"
        assert (await running.get("/exams", headers=bearer(new))).status_code == 200
        listed = {key.id: key for key in await auth.list_keys(pool, "dev")}
    assert listed[old.split("_")[1]].replaced_by == new.split("_")[1]
    assert listed[new.split("_")[1]].last_used_at is not None
    assert await auth_refuses_unknown_scopes()


async def auth_refuses_unknown_scopes() -> bool:
    try:
        await auth.create_key(None, "dev", scopes=["everything"])  # type: ignore[arg-type]
    except ValueError as error:
        return "exams:read" in str(error)
    return False
