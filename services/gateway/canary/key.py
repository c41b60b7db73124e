"""The canary's key, from the setting that the canary itself has: nobody has to make one by hand."""

import asyncpg
from pydantic import SecretStr

from services.gateway.core import keys
from services.gateway.core.scopes import Scope

TENANT = "canary"
_SCOPES = [Scope.EXAMS_READ.value, Scope.EXAMS_WRITE.value, Scope.EXAMS_DELETE.value]


async def ensure_canary(pool: asyncpg.Pool, text: SecretStr | None) -> None:
    """Make the key, if there is one, valid for the tenant `canary`, which is measured and not billed.

    ValueError when it is no key.
    """
    if text is None:
        return
    key = keys.parse(text.get_secret_value())
    if key is None:
        raise ValueError("REDINK_CANARY_KEY: not an API key; it looks like rk_<id>_<secret>")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO tenants (name, canary) VALUES ($1, true) ON CONFLICT (name) DO UPDATE SET canary = true",
            TENANT,
        )
        await connection.execute(
            """INSERT INTO api_keys (id, tenant, secret_sha256, label, scopes) VALUES ($1, $2, $3, 'canary', $4)
               ON CONFLICT (id) DO UPDATE SET secret_sha256 = excluded.secret_sha256, revoked_at = NULL
               WHERE api_keys.tenant = excluded.tenant""",
            key.id,
            TENANT,
            key.hash,
            _SCOPES,
        )
