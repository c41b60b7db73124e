"""Signatures, ids and bodies of webhooks, and what an attempt means."""

import base64
import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ErrorCode
from contracts.status import Status
from services.gateway.api.application import openapi_document
from services.gateway.api.webhook_messages import WebhookMessage
from services.gateway.core.progress import Position
from services.gateway.exams import Exam
from services.gateway.webhooks.messages import body_of_end, delivery_id
from services.gateway.webhooks.schedule import JITTER, Attempt, Outcome, judge
from services.gateway.webhooks.settings import WebhookSettings
from services.gateway.webhooks.signing import new_secret, shown, signed_headers

AT = datetime(2026, 11, 22, 3, 14, 15, 926535, tzinfo=UTC)
EXAM = Exam(
    exam_id=uuid.UUID("0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d"),
    tenant="dev",
    position=Position(1, Status.COMPLETED, 100),
    priority="interactive",
    subject="math",
    grade=7,
    student_id="CANARY-student",
    class_id="CANARY-class",
    title="CANARY-title",
    locale="zh-CN",
    files=1,
    traceparent=None,
    created_at=AT,
    deadline=AT,
    updated_at=AT,
    status_at=AT,
    completed_at=AT,
    last_event=9,
    republished=0,
    report=None,
)


def test_the_signature_is_that_of_the_reference_implementations() -> None:
    # The vector of the test suites of Standard Webhooks.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [secret])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert shown(secret) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_a_secret_is_of_the_size_the_standard_wants_and_never_the_same() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert all(24 <= len(secret) <= 64 for secret in made)


def test_the_id_is_the_same_however_often_it_is_derived_and_differs_by_exam_revision_end_and_endpoint() -> None:
    failed = replace(EXAM, position=replace(EXAM.position, status=Status.FAILED))
    again = replace(EXAM, position=replace(EXAM.position, revision=2))
    other = replace(EXAM, exam_id=uuid.uuid4())
    assert delivery_id(EXAM, "a") == delivery_id(replace(EXAM), "a")
    ids = [delivery_id(EXAM, "a"), delivery_id(EXAM, "b"), *(delivery_id(exam, "a") for exam in (failed, again, other))]
    assert len(set(ids)) == len(ids)


def test_the_body_has_ids_status_times_and_links_and_nothing_of_the_student() -> None:
    text = body_of_end(EXAM)
    body = json.loads(text)
    assert "CANARY" not in text
    assert (body["type"], body["timestamp"]) == ("exam.completed", "2026-11-22T03:14:15.926Z")
    assert body["data"]["exam_id"] == str(EXAM.exam_id)
    assert (body["data"]["status"], body["data"]["revision"]) == ("COMPLETED", 1)
    assert body["data"]["links"]["result"] == f"/api/v1/exams/{EXAM.exam_id}/result"


@pytest.mark.parametrize("status", [status for status in Status if status.terminal])
def test_each_end_has_the_body_that_the_api_describes(status: Status) -> None:
    text = body_of_end(replace(EXAM, position=Position(1, status, 100)))
    message = WebhookMessage.model_validate_json(text)
    assert json.loads(message.model_dump_json(exclude_unset=True)).keys() == json.loads(text).keys()
    assert message.model_dump(mode="json", exclude_unset=True)["data"].keys() == json.loads(text)["data"].keys()
    operation = openapi_document()["webhooks"][message.type.value]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/WebhookMessage"}


def test_the_body_of_a_failure_says_why_and_links_no_result() -> None:
    position = Position(1, Status.FAILED, 30, code=ErrorCode.INTERNAL)
    data = json.loads(body_of_end(replace(EXAM, position=position)))["data"]
    assert data["error_code"] == "internal"
    assert data["error_message"]
    assert set(data["links"]) == {"self", "status"}


DELAYS = WebhookSettings().retry_seconds


def test_retries_span_days_as_the_standard_recommends() -> None:
    assert (len(DELAYS), sum(DELAYS)) == (9, 75 * 3600 + 35 * 60 + 5)


@given(st.integers(100, 599), st.integers(0, 20), st.floats(0, 1))
def test_only_2xx_delivers_only_410_gives_up_at_once_and_the_rest_is_retried_while_attempts_last(
    status: int, failures: int, roll: float
) -> None:
    verdict = judge(Attempt(status), failures, DELAYS, roll)
    if 200 <= status < 300:
        assert verdict.outcome is Outcome.DELIVERED
    elif status == 410:
        assert verdict.outcome is Outcome.GONE
    elif failures < len(DELAYS):
        assert verdict.outcome is Outcome.RETRY
        assert verdict.delay == pytest.approx(DELAYS[failures], rel=JITTER + 1e-9)
    else:
        assert verdict.outcome is Outcome.EXHAUSTED


def test_a_receiver_may_ask_for_more_time_but_not_for_more_than_a_day() -> None:
    assert judge(Attempt(503, retry_after=600), 0, DELAYS, 0.5).delay == 600
    assert judge(Attempt(503, retry_after=1), 1, DELAYS, 0.5).delay == pytest.approx(300)
    assert judge(Attempt(429, retry_after=1e8), 0, DELAYS, 0.5).delay == 86400
