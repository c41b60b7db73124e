"""A newer release migrates the schema while this one answers."""

from pathlib import Path

import asyncpg
from pydantic import SecretStr

from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import gateway


async def test_a_column_that_is_added_under_a_running_gateway_is_no_defect_of_the_request(
    database: str, tmp_path: Path
) -> None:
    one = PostgresSettings(dsn=SecretStr(database), pool=2)
    async with gateway(database, tmp_path, postgres=one) as running:
        exam = (await running.exam())["exam_id"]
        for _ in range(6):
            assert (await running.get(f"/exams/{exam}")).status_code == 200
        newer = await asyncpg.connect(database)
        await newer.execute("ALTER TABLE exams ADD COLUMN added_by_the_next_release int")
        await newer.close()
        answers = [await running.get(f"/exams/{exam}") for _ in range(8)]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert answers[-1].status_code == 200
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 503)
