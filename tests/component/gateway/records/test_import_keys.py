"""What the audit makes of an Idempotency-Key under which an import was sent."""

import asyncpg

from services.gateway.tools.books import read_books
from tests.component.gateway.harness import Running

PAST = "student_id,date,item,knowledge_points,earned,max\ns-1,2025-06-30,1,绝对值,3,3\n"


async def test_the_key_of_an_import_promises_no_exam_neither_while_it_is_there_nor_when_it_was_taken_back(
    running: Running,
) -> None:
    headers = {"Content-Type": "text/csv", "Idempotency-Key": "past"}
    sent = await running.client.post("/api/v1/imports?subject=math", content=PAST.encode(), headers=headers)
    assert sent.status_code == 202, sent.text
    exam = (await running.upload(headers={"Idempotency-Key": "exam"})).json()["exam_id"]
    assert await promised(running) == {exam}
    await running.client.delete(sent.headers["Location"])
    assert await promised(running) == {exam}


async def promised(running: Running) -> set[str]:
    connection = await asyncpg.connect(running.dsn)
    try:
        return {str(exam_id) for exam_id in (await read_books(connection)).promised}
    finally:
        await connection.close()
