"""A student's history: recorded when an exam completes, told to the next one, and gone with the exam."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.artefacts.diagnosis import Background
from contracts.topics import SUBMISSION, artefact_path
from services.gateway import auth
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import Running, gateway
from tests.component.gateway.records.played import PAPER, POINT, answers, judged, point_of, recorded, sat, submission_of


@pytest.fixture
async def running(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setenv("REDINK_RECORD_POLL_SECONDS", "0.1")
    async with gateway(database, tmp_path) as one:
        yield one


async def test_the_second_exam_knows_the_first_and_is_surer_of_the_point(running: Running) -> None:
    first = await sat(running, 1.0, 0.0, 1.0)
    second = await sat(running, 1.0, 1.0, 0.0)
    alone, known = await point_of(running, first), await point_of(running, second)
    assert known["high"] - known["low"] < alone["high"] - alone["low"]
    assert known["earlier"] == pytest.approx(2 / 3, abs=1e-3)
    assert alone["trend"] == []
    assert [(row["mastery"], row["low"], row["high"]) for row in known["trend"]] == [
        (alone["mastery"], alone["low"], alone["high"])
    ]
    (past,) = (await submission_of(running, second)).background.history
    assert (past.code, past.questions, past.exams_ago) == (POINT.code, 3.0, 1)
    third = (await submission_of(running, await running.exam())).background
    assert [(row.exams_ago, row.share) for row in third.history] == [(1, 0.6667), (2, 0.6667)]
    assert len(third.trend) == 2


async def test_others_have_no_part_in_a_history(running: Running) -> None:
    await sat(running, 1.0, 1.0, 1.0)
    for form in ({"student_id": "s-2"}, {"subject": "physics"}, {"student_id": ""}):
        assert (await submission_of(running, await running.exam(**form))).background == Background(), form
    await sat(running, 1.0, 1.0, 1.0, student_id="")
    assert (await submission_of(running, await running.exam(student_id=""))).background == Background()
    async with open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool:
        other = {"Authorization": f"Bearer {await auth.create_key(pool, 'other')}"}
    theirs = (await running.upload(headers=other)).json()
    path = artefact_path("other", theirs["exam_id"], 1, SUBMISSION)
    assert b'"history":[]' in await running.blobs.read(path)


async def test_a_history_stays_as_it_was_at_the_upload_and_a_repeated_upload_is_the_same_one(running: Running) -> None:
    key = {"Idempotency-Key": "one-and-only"}
    uploaded = (await running.upload(headers=key)).json()
    await sat(running, 1.0, 1.0, 1.0)
    again = await running.upload(headers=key)
    assert (again.status_code, again.json()["exam_id"]) == (202, uploaded["exam_id"])
    assert (await submission_of(running, uploaded)).background == Background()


async def test_a_correction_replaces_what_was_recorded(running: Running) -> None:
    exam = await sat(running, 0.0, 0.0, None)
    url = f"/api/v1/exams/{exam['exam_id']}/questions/2"
    made = await running.client.patch(url, json={"verdict": "correct"}, headers={"If-Match": "*"})
    assert made.status_code == 202, made.text
    await judged(running, exam | {"revision": 2}, answers(0.0, 0.0, None))
    await recorded(running, exam["exam_id"], 2)
    (past,) = (await submission_of(running, await running.exam())).background.history
    assert (past.share, past.questions) == (0.5, 2.0), "an ungraded question is no 0 points"


async def test_a_deleted_exam_is_no_history_any_more(running: Running) -> None:
    exam = await sat(running, 1.0, 1.0, 1.0)
    assert (await running.client.delete(f"/api/v1/exams/{exam['exam_id']}")).status_code == 200
    assert await running.sql("SELECT 1 FROM responses UNION ALL SELECT 1 FROM masteries") == []
    assert (await submission_of(running, await running.exam())).background == Background()


async def test_classmates_are_those_who_wrote_the_same_paper_without_their_names(running: Running) -> None:
    item = {"number": "1", "type": "fill_blank", "answer": "7", "max_score": 3}
    made = await running.client.post("/api/v1/templates", json={"name": "t", "subject": "math", "items": [item]})
    paper = {"template_id": made.json()["id"]}
    await sat(running, 1.0, 0.0, None, student_id="s-2", class_id="7-1", **paper)
    await sat(running, 0.0, 0.0, 0.0, student_id="s-3", class_id="7-2", **paper)
    await sat(running, 1.0, 1.0, 1.0, student_id="s-3", class_id="7-2")
    own = await sat(running, 0.5, 0.5, 0.5, student_id="s-1", class_id="7-2", **paper)
    assert (await submission_of(running, own)).background.classmates.shares == ((0.0, 0.0, 0.0), (1.0, 0.0, None))
    again = (await submission_of(running, await running.exam(student_id="s-1", **paper))).background
    assert again.classmates.paths == tuple(question.path for question in PAPER.questions)
    assert len(again.classmates.shares) == 2, "one's own earlier try is no classmate's"
    assert "s-3" not in again.model_dump_json()
