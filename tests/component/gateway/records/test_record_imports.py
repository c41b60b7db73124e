"""Past records as a file: each row taken once, each wrong one told by its line, whatever dies in the middle."""

import asyncio
import csv
import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from prometheus_client import REGISTRY

from services.gateway import auth
from services.gateway.database import open_database
from services.gateway.records.importer import Importer
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import Running, gateway, until
from tests.component.gateway.records.played import POINT, point_of, sat, submission_of

HEADER = ("student_id", "class_id", "subject", "date", "paper", "item", "knowledge_points", "earned", "max", "facility")


@pytest.fixture
async def running(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setenv("REDINK_RECORD_POLL_SECONDS", "0.1")
    monkeypatch.setenv("REDINK_RECORD_BATCH_ROWS", "100")
    async with gateway(database, tmp_path) as one:
        yield one


async def idle(_importer: Importer) -> None:
    await asyncio.Event().wait()


def row(item: int, **more: Any) -> dict[str, Any]:
    known = {
        "student_id": "s-1", "class_id": "7-1", "subject": "math", "date": "2025-06-30", "paper": "期末",
        "item": str(item), "knowledge_points": POINT.name, "earned": 3, "max": 3,
    }  # fmt: skip
    return known | more


def sheet(rows: Iterable[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADER)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


async def send(running: Running, data: bytes, kind: str = "text/csv", **headers: str) -> httpx.Response:
    given = {"Content-Type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    return await running.client.post("/api/v1/imports", content=data, headers=given)


async def ended(running: Running, sent: httpx.Response) -> dict[str, Any]:
    assert sent.status_code == 202, sent.text
    found: dict[str, Any] = {}

    async def there() -> bool:
        found.update((await running.client.get(sent.headers["Location"])).json())
        return found["status"] in {"COMPLETED", "STOPPED"}

    await until(there, 90)
    return found


def counted(outcome: dict[str, Any]) -> tuple[int, ...]:
    return tuple(outcome[name] for name in ("rows", "created", "updated", "unchanged", "refused"))


async def test_the_same_file_changes_nothing_and_a_corrected_one_corrects(running: Running) -> None:
    rows = [row(item) for item in range(250)]
    first = await ended(running, await send(running, sheet(rows)))
    assert (first["status"], counted(first)) == ("COMPLETED", (250, 250, 0, 0, 0))
    before = await running.sql("SELECT * FROM responses ORDER BY response_id")
    again = await ended(running, await send(running, sheet(rows)))
    assert counted(again) == (250, 0, 0, 250, 0)
    assert await running.sql("SELECT * FROM responses ORDER BY response_id") == before
    other = await ended(running, await send(running, sheet([row(0, earned=1), *rows[1:]])))
    assert counted(other) == (250, 0, 1, 249, 0)
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in rows)
    same = await ended(running, await send(running, lines, "application/x-ndjson"))
    assert counted(same) == (250, 0, 1, 249, 0), "in whichever form: only the correction is taken back"

    async def gone() -> bool:
        return await running.blobs.listing("dev/imports") == {}

    await until(gone, 60)


async def test_wrong_rows_are_told_by_their_line_and_the_others_are_taken(running: Running) -> None:
    rows = [
        row(1), row(2, earned=4), row(3, date="2025-02-30"), row(4, subject="alchemy"), row(1), row(5, student_id=""),
        row(6, max="many"), row(7, knowledge_points=""), row(8),
    ]  # fmt: skip
    outcome = await ended(running, await send(running, sheet(rows) + b'"s-1,7-1\n\xff\xff\n'))
    assert counted(outcome) == (11, 2, 0, 0, 9)
    errors = f"/imports/{outcome['import_id']}/errors"
    page = (await running.get(f"{errors}?limit=5")).json()
    rest = (await running.get(errors, params={"cursor": page["next_cursor"]})).json()
    found = [(each["line"], each["code"], each["field"]) for each in (*page["items"], *rest["items"])]
    assert found == [
        (3, "earned_above_max", "earned"), (4, "bad_date", "date"), (5, "unknown_subject", "subject"),
        (6, "duplicate_row", None), (7, "missing_field", "student_id"), (8, "bad_value", "max"),
        (9, "missing_field", "knowledge_points"), (11, "bad_csv", None), (12, "bad_encoding", None),
    ]  # fmt: skip
    assert all(each["detail"] for each in page["items"])
    assert (await running.get(f"{errors}?cursor=x")).json()["code"] == "invalid_cursor"


async def test_an_imported_past_narrows_the_first_exam_and_stands_in_the_trend(running: Running) -> None:
    alone = await point_of(running, await sat(running, 1.0, 0.0, 1.0, student_id="s-2"))
    past = [row(n, earned=3 * (n % 2), student_id="s-3", facility=0.4 + n / 10) for n in range(4)]
    await ended(running, await send(running, sheet(past)))
    before = (await running.get("/students/s-3/mastery")).json()["points"]
    assert [(each["basis"], each["sufficient"]) for each in before] == [("records", True)]
    exam = await sat(running, 1.0, 0.0, 1.0, student_id="s-3")
    assert [row.difficulty for row in (await submission_of(running, exam)).background.history] == [0.45]
    known = await point_of(running, exam)
    assert known["high"] - known["low"] < alone["high"] - alone["low"]
    (point,) = (await running.get("/students/s-3/mastery?subject=math")).json()["points"]
    assert (point["basis"], point["mastery"], point["low"], point["high"]) == (
        "exam", known["mastery"], known["low"], known["high"]
    )  # fmt: skip
    assert [(each["exam_id"], each["share"]) for each in point["trend"]] == [(None, 0.5), (exam["exam_id"], 0.6667)]
    assert (await running.get("/students/s-3/mastery?subject=physics")).json()["points"] == []


async def test_what_cannot_be_taken_at_all_is_refused_at_once(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    for data, kind, code in (
        (b"", "text/csv", "empty_file"),
        (b"name,points\na,1\n", "text/csv", "validation_failed"),
        (b"{}", "application/json", "unsupported_content_type"),
    ):
        refused = await send(running, data, kind)
        assert refused.json()["code"] == code, refused.text
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(
        f"POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: {running.client.headers['authorization']}\r\n"
        "Content-Type: text/csv\r\nContent-Length: 100000001\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n".encode()
    )
    assert b" 413 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
    text = {"Content-Type": "text/csv"}
    unknown = await running.client.post("/api/v1/imports?subject=x", content=b"a", headers=text)
    assert unknown.json()["errors"][0]["pointer"] == "/subject"
    assert await running.sql("SELECT 1 FROM imports") == []


async def test_an_import_is_made_once_under_a_key_and_is_its_tenants(running: Running) -> None:
    sent = await send(running, sheet([row(1)]), Idempotency_Key="k-1")
    again = await send(running, sheet([row(1)]), Idempotency_Key="k-1")
    assert (again.json()["import_id"], again.headers["Idempotent-Replayed"]) == (sent.json()["import_id"], "true")
    other = await send(running, sheet([row(2)]), Idempotency_Key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    outcome = await ended(running, sent)
    async with open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool:
        theirs = {"Authorization": f"Bearer {await auth.create_key(pool, 'other')}"}
    for method, path in (
        ("GET", sent.headers["Location"]), ("GET", outcome["links"]["errors"]), ("DELETE", sent.headers["Location"]),
        ("GET", "/api/v1/students/s-1/mastery"), ("DELETE", "/api/v1/students/s-1"),
    ):  # fmt: skip
        assert (await running.client.request(method, path, headers=theirs)).status_code == 404
    gone = await running.client.delete(sent.headers["Location"])
    assert gone.json()["responses"] == 1
    assert (await running.client.get(sent.headers["Location"])).json()["code"] == "import_not_found"
    assert await running.sql("SELECT 1 FROM responses") == []


async def test_a_deleted_student_leaves_nothing(running: Running) -> None:
    await ended(running, await send(running, sheet([row(1), row(2, student_id="s-2")])))
    exam = await sat(running, 1.0, 1.0, 1.0)
    assert (await running.client.delete("/api/v1/students/s-1")).json() == {
        "student_id": "s-1", "exams": 1, "responses": 1,
    }  # fmt: skip
    assert (await running.get(f"/exams/{exam['exam_id']}")).status_code == 404
    assert (await running.get("/students/s-1/mastery")).json()["code"] == "student_not_found"
    assert [each["student_id"] for each in await running.sql("SELECT student_id FROM responses")] == ["s-2"]
    waiting = await running.exam(student_id="s-2")
    refused = await running.client.delete("/api/v1/students/s-2")
    assert (refused.status_code, refused.json()["code"]) == (409, "exam_in_flight")
    assert waiting["exam_id"] in refused.json()["detail"]
    assert (await submission_of(running, waiting)).background.history != ()


@pytest.mark.parametrize("student", ["7/2/15", "/15", "mastery/s", "七年级 2班#15?"])
async def test_a_student_of_any_id_that_uploads_take_is_found_and_deleted(running: Running, student: str) -> None:
    await ended(running, await send(running, sheet([row(1, student_id=student)])))
    exam = await sat(running, 1.0, 1.0, 1.0, student_id=student)
    address = f"/api/v1/students/{quote(student, safe='')}"
    assert (await running.client.get(f"{address}/mastery")).json()["student_id"] == student
    assert (await running.client.delete(f"{address}/mastery")).headers["allow"] == "GET, HEAD"
    assert (await running.client.delete(address)).json() == {"student_id": student, "exams": 1, "responses": 1}
    assert (await running.get(f"/exams/{exam['exam_id']}")).status_code == 404
    assert await running.sql("SELECT 1 FROM responses") == []
    counted_as = {"method": "GET", "route": "/students/{student_id}/mastery", "status": "2xx"}
    assert REGISTRY.get_sample_value("redink_http_requests_total", counted_as)


async def killed_in_the_middle(dsn: str, folder: Path) -> None:
    command = (sys.executable, "-m", "tests.component.gateway.records.importing", dsn, str(folder))
    root = Path(__file__).parents[4]
    dying = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=root)
    assert dying.stdout is not None
    for _ in range(3):
        await asyncio.wait_for(dying.stdout.readline(), 90)
    os.kill(dying.pid, signal.SIGKILL)
    await dying.wait()


async def test_after_a_kill_in_the_middle_another_gateway_ends_the_import_and_no_row_counts_twice(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDINK_RECORD_BATCH_ROWS", "50")
    monkeypatch.setenv("REDINK_RECORD_LEASE_SECONDS", "2")
    monkeypatch.setenv("REDINK_RECORD_POLL_SECONDS", "0.1")
    rows = [row(item, earned=4 if item % 10 == 0 else 1) for item in range(2000)]
    with monkeypatch.context() as patched:
        patched.setattr(Importer, "run", idle)  # this gateway only receives
        async with gateway(database, tmp_path) as running:
            sent = await send(running, sheet(rows))
            await killed_in_the_middle(database, tmp_path)
            done = await running.sql("SELECT sum(rows) AS rows FROM import_batches")
            assert 150 <= done[0]["rows"] <= 350, "three batches were told, and three may have been on their way"
    async with gateway(database, tmp_path) as running:
        outcome = await ended(running, sent)
        assert counted(outcome) == (2000, 1800, 0, 0, 200)
        assert (await running.sql("SELECT count(*) AS n FROM responses"))[0]["n"] == 1800
        assert outcome["errors_kept"] == 200
