"""The canary's key, which the gateway makes valid by itself."""

from pydantic import SecretStr

from services.gateway.canary.key import ensure_canary
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import Running

KEY = SecretStr("rk_canary_" + "c" * 48)


async def test_the_canary_uploads_and_deletes_for_a_tenant_that_is_not_billed(running: Running) -> None:
    async with open_database(PostgresSettings(dsn=SecretStr(running.dsn), pool=2)) as pool:
        await ensure_canary(pool, None)
        await ensure_canary(pool, KEY)
        await ensure_canary(pool, KEY)
    mine = {"Authorization": f"Bearer {KEY.get_secret_value()}"}
    exam = (await running.upload(headers=mine)).json()["exam_id"]
    assert (await running.get(f"/exams/{exam}/status", headers=mine)).status_code == 200
    assert (await running.get(f"/exams/{exam}/status")).status_code == 404
    await running.client.post(f"/api/v1/exams/{exam}/cancel", headers=mine)
    deleted = await running.client.delete(f"/api/v1/exams/{exam}", headers=mine)
    assert deleted.status_code in {200, 202, 204}, deleted.text
    [tenant] = await running.sql("SELECT canary FROM tenants WHERE name = 'canary'")
    assert tenant["canary"] is True
