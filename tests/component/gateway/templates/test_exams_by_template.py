"""Uploads that name a template, and the rules of their subject."""

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from contracts.artefacts import Submission
from contracts.status import Status
from services.gateway import auth
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import FORM, JPEG, Running
from tests.component.gateway.templates.conftest import make, paper


async def stored(running: Running, exam: dict[str, Any], revision: int = 1) -> Submission:
    """What the stages read."""
    return Submission.model_validate_json(await running.blobs.read(f"dev/{exam['exam_id']}/{revision}/upload.json"))


async def change(running: Running, template: dict[str, Any], **changes: Any) -> None:
    answer = await running.client.put(f"/api/v1/templates/{template['id']}", json=paper(**changes))
    assert answer.status_code == 200, answer.text


async def test_the_key_of_the_template_is_copied_into_the_exam(running: Running) -> None:
    template = await make(running)
    exam = await running.exam(template_id=template["id"])
    submission = await stored(running, exam)
    assert submission.template is not None
    assert (submission.template.id, submission.template.version) == (template["id"], 1)
    assert submission.answer_key is not None
    told = [(i.number, i.type, i.answer, i.max_score, i.accepted) for i in submission.answer_key.questions]
    assert told == [
        ("1", "single_choice", "B", 3.0, ()),
        ("2", "multiple_choice", "ACD", 3.0, ()),
        ("3(1)", "calculation", "x=2", 4.0, ("2",)),
    ]
    assert submission.answer_key.questions[1].partial_score == 1.0
    assert exam["title"] == submission.title == "七年级数学期中试卷"
    own = await running.exam(template_id=template["id"], title="补考")
    assert own["title"] == "补考"
    assert (own["template_id"], own["template_version"]) == (template["id"], 1)
    without = await running.exam()
    assert (without["template_id"], without["template_version"]) == (None, None)
    for query, found in ((template["id"], {exam["exam_id"], own["exam_id"]}), ("x", set())):
        listed = (await running.get("/exams", params={"template_id": query})).json()["items"]
        assert {each["exam_id"] for each in listed} == found


async def test_the_next_upload_uses_a_new_version_and_earlier_exams_keep_theirs(running: Running) -> None:
    template = await make(running)
    first = await running.exam(template_id=template["id"])
    await change(running, template, items=[{"number": "1", "answer": "D"}])
    second = await running.exam(template_id=template["id"])
    for exam, version, answer in ((first, 1, "B"), (second, 2, "D")):
        submission = await stored(running, exam)
        assert submission.template is not None
        assert submission.answer_key is not None
        assert (submission.template.version, submission.answer_key.questions[0].answer) == (version, answer)


async def test_a_retried_exam_keeps_its_version_even_when_the_template_is_gone(running: Running) -> None:
    template = await make(running)
    exam = await running.exam(template_id=template["id"])
    await running.client.delete(f"/api/v1/templates/{template['id']}")
    await running.say(exam, Status.FAILED, stage="ocr")
    again = await running.client.post(f"/api/v1/exams/{exam['exam_id']}/retry")
    assert again.status_code == 202, again.text
    assert (await stored(running, exam, 2)).template == (await stored(running, exam, 1)).template


async def test_templates_that_do_not_exist_or_fit_are_refused_by_name(running: Running) -> None:
    template = await make(running)
    async with open_database(PostgresSettings(dsn=SecretStr(running.dsn), pool=2)) as pool:
        headers = {"Authorization": f"Bearer {await auth.create_key(pool, 'other')}"}
    files = [("files", ("p1.jpg", JPEG, "image/jpeg"))]
    async with httpx.AsyncClient(base_url=str(running.client.base_url), headers=headers, trust_env=False) as other:
        theirs = await other.post("/api/v1/exams", data={**FORM, "template_id": template["id"]}, files=files)
    for answer in (theirs, await running.upload(template_id="tpl_" + "0" * 32), await running.upload(template_id="x")):
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_template")
        assert answer.json()["errors"][0]["pointer"] == "/template_id"
    other_subject = await running.upload(template_id=template["id"], subject="physics")
    assert (other_subject.status_code, other_subject.json()["errors"][0]["pointer"]) == (422, "/template_id")
    both = await running.upload(template_id=template["id"], answer_key='{"questions": [{"number": "1"}]}')
    assert (both.status_code, both.json()["errors"][0]["pointer"]) == (422, "/answer_key")
    assert await running.sql("SELECT 1 FROM exams") == []


async def test_a_repeated_upload_is_the_same_whatever_its_template_says_by_now(running: Running) -> None:
    template = await make(running)
    headers = {"Idempotency-Key": "one"}
    first = await running.upload(headers=headers, template_id=template["id"])
    await change(running, template, title="anders")
    again = await running.upload(headers=headers, template_id=template["id"])
    assert (again.status_code, again.json()["exam_id"]) == (202, first.json()["exam_id"])
    await running.client.delete(f"/api/v1/templates/{template['id']}")
    again = await running.upload(headers=headers, template_id=template["id"])
    assert (again.status_code, again.json()["exam_id"]) == (202, first.json()["exam_id"])
    for changed in ({"template_id": "x"}, {}, {"template_id": template["id"], "title": "x"}):
        other = await running.upload(headers=headers, **changed)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


async def test_rules_of_a_subject_are_in_force_for_the_next_upload_of_that_subject_only(running: Running) -> None:
    url = "/api/v1/subjects/math"
    defaults = await running.client.get(url)
    assert (defaults.headers["etag"], defaults.json()["version"], defaults.json()["partial_choice"]) == ('"0"', 0, 0.5)
    before = await running.exam()
    put = await running.client.put(url, json={"partial_choice": 0, "weak_below": 0.7}, headers={"If-Match": '"0"'})
    assert (put.status_code, put.headers["etag"]) == (200, '"1"'), put.text
    after, other = await running.exam(), await running.exam(subject="physics")
    rules = [(await stored(running, exam)).rules for exam in (before, after, other)]
    assert [(each.partial_choice, each.weak_below, each.strong_from) for each in rules] == [
        (0.5, 0.6, 0.8), (0.0, 0.7, 0.8), (0.5, 0.6, 0.8),
    ]  # fmt: skip
    assert (await running.client.get(url, headers={"If-None-Match": '"1"'})).status_code == 304
    assert (await running.client.put(url, json={}, headers={"If-Match": '"0"'})).status_code == 412
    same = await running.client.put(url, json={"partial_choice": 0, "weak_below": 0.7})
    assert same.json()["version"] == 1
    assert (await running.client.put(url, json={})).json()["partial_choice"] == 0.5


WRONG: list[tuple[Any, str]] = [
    ({"partial_choice": 2}, "/partial_choice"),
    ({"weak_below": 0.9}, ""),
    ({"pass": 60}, "/pass"),
    ([], ""),
]


@pytest.mark.parametrize(("body", "pointer"), WRONG)
async def test_rules_that_make_no_sense_are_refused(running: Running, body: Any, pointer: str) -> None:
    answer = await running.client.put("/api/v1/subjects/math", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_subjects_that_do_not_exist_are_404(running: Running) -> None:
    for method in ("GET", "PUT"):
        answer = await running.client.request(method, "/api/v1/subjects/alchemy", json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_subject")
