"""Idempotency-Key."""

import asyncio
from collections import Counter

from tests.component.gateway.harness import JPEG, Running, until

KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


async def test_a_repeated_request_gets_the_first_answer_and_makes_no_second_exam(running: Running) -> None:
    first = await running.upload(headers=KEY)
    second = await running.upload(headers=KEY)
    assert second.status_code == first.status_code == 202
    assert second.json() == first.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert len(await running.sql("SELECT 1 FROM exams")) == 1


async def test_the_same_key_with_another_field_or_file_is_a_422(running: Running) -> None:
    await running.upload(headers=KEY)
    other_field = await running.upload(headers=KEY, title="另一份")
    files = [("files", ("p1.jpg", JPEG + b"!", "image/jpeg"))]
    other_file = await running.client.post(
        "/api/v1/exams", data={"subject": "math", "grade": "7", "student_id": "s-1"}, files=files, headers=KEY
    )
    assert {other_field.json()["code"], other_file.json()["code"]} == {"idempotency_mismatch"}
    assert other_file.status_code == 422


async def test_of_concurrent_requests_with_one_key_one_is_accepted_and_the_others_are_told(running: Running) -> None:
    answers = await asyncio.gather(*(running.upload(headers=KEY) for _ in range(8)))
    codes = Counter(answer.status_code for answer in answers)
    assert set(codes) <= {202, 409}
    assert codes[202] >= 1
    assert len({answer.json()["exam_id"] for answer in answers if answer.status_code == 202}) == 1
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"idempotency_in_flight"}
    assert len(await running.sql("SELECT 1 FROM exams")) == 1
    await until(lambda: running.bus.published)
    assert len(running.bus.published) == 1


async def test_a_refused_request_gives_its_key_back(running: Running) -> None:
    refused = await running.upload(headers=KEY, grade="99")
    assert refused.status_code == 422
    assert (await running.upload(headers=KEY)).status_code == 202


async def test_a_key_whose_process_died_is_free_again_after_its_lease(running: Running) -> None:
    insert = """INSERT INTO idempotency (tenant, key, owner, lease_until)
                VALUES ('dev', 'k', gen_random_uuid(), now() + make_interval(secs => $1))"""
    await running.sql(insert, 60.0)
    held = await running.upload(headers={"Idempotency-Key": "k"})
    assert (held.status_code, held.json()["code"]) == (409, "idempotency_in_flight")
    await running.sql("UPDATE idempotency SET lease_until = now() - interval '1 second'")
    assert (await running.upload(headers={"Idempotency-Key": "k"})).status_code == 202


async def test_a_key_must_be_printable_and_short(running: Running) -> None:
    assert (await running.upload(headers={"Idempotency-Key": "a" * 256})).json()["code"] == "invalid_idempotency_key"
    assert (await running.upload(headers={"Idempotency-Key": "two words"})).status_code == 400
