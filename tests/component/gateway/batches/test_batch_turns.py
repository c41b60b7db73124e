"""Whose batch is next: papers of one tenant that wait for room hold up no others' papers."""

import uuid
from typing import Any

from services.gateway import auth
from services.gateway.batches import claims
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings


async def test_a_tenant_with_many_waiting_batches_holds_up_no_other_tenants(database: str) -> None:
    async with open_database(PostgresSettings(dsn=database, pool=2)) as pool:
        for tenant in ("large", "small"):
            await auth.create_key(pool, tenant)
        large = [await _waiting(pool, "large") for _ in range(4)]
        small = await _waiting(pool, "small")
        found = [batch.batch_id for batch in await claims.to_take_in(pool, 3)]
    assert found == [large[0], small, large[1]]


async def _waiting(pool: Any, tenant: str) -> uuid.UUID:
    """A batch with a paper that waits."""
    batch_id = uuid.uuid4()
    await pool.execute("INSERT INTO batches (batch_id, tenant) VALUES ($1, $2)", batch_id, tenant)
    await pool.execute(
        "INSERT INTO batch_papers (batch_id, number, tenant, name, files, state) VALUES ($1, 1, $2, 'a', 1, 'waiting')",
        batch_id,
        tenant,
    )
    return batch_id
