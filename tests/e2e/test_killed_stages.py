"""`kill -9` of any stage process in the middle of 20 papers loses none and reports none twice."""

import asyncio
import time
from collections import Counter
from typing import Any

from tests.e2e.pipeline import STAGES, Client, Processes
from tests.e2e.tiny_paper import tiny_paper

PAPERS = 20


def test_kill_nine_of_every_stage_in_turn_loses_no_paper(processes: Processes, client: Client) -> None:
    key = {"questions": [{"number": "1", "answer": "B"}, {"number": "2", "answer": "12"}]}
    form: dict[str, Any] = {"subject": "math", "grade": 7, "answer_key": key}
    exams = []
    for n in range(PAPERS):
        answer = client.upload([(f"{n}.pdf", tiny_paper(n), "application/pdf")], form)
        assert answer.status_code == 202, answer.text
        exams.append(answer.json()["exam_id"])
    for name in STAGES:
        _let_some_pass(client, exams)
        processes.kill(name)
        processes.start(name)
    ended = [client.wait(exam, within=240) for exam in exams]
    assert Counter(e["status"] for e in ended) == {"COMPLETED": PAPERS}
    assert asyncio.run(_terminal_events(processes, exams)) == dict.fromkeys(exams, 1)
    processes.wait_ready(*STAGES)


def test_a_stage_told_to_stop_drains_and_exits_cleanly(processes: Processes, client: Client) -> None:
    answer = client.upload([("p.pdf", tiny_paper(99), "application/pdf")], {"subject": "math", "grade": 7})
    exam = answer.json()["exam_id"]
    assert processes.stop("parser") == 0, processes.tail("parser")
    processes.start("parser")
    assert client.wait(exam)["status"] == "COMPLETED"


def _let_some_pass(client: Client, exams: list[str]) -> None:
    """Kill in the middle: as soon as some exam has left the queue, at the latest after 3 s."""
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        ranks = Counter(client.status(e)["status"] for e in exams[:6])
        if ranks["COMPLETED"] or any(s != "UPLOADED" for s in ranks):
            return
        time.sleep(0.1)


async def _terminal_events(processes: Processes, exams: list[str]) -> dict[str, int]:
    import asyncpg  # noqa: PLC0415 - only this test looks into the database

    connection = await asyncpg.connect(processes.env["REDINK_POSTGRES_DSN"])
    try:
        rows = await connection.fetch(
            "SELECT exam_id::text AS exam, count(*) AS n FROM exam_events WHERE status = 'COMPLETED' GROUP BY exam_id"
        )
    finally:
        await connection.close()
    return {row["exam"]: row["n"] for row in rows if row["exam"] in exams}
