"""A teacher corrects the sample: the real stages grade, diagnose and report it again, and what was there stays until then."""

import io
import time
from typing import Any

import pypdfium2
import pytest

from tests.e2e.pipeline import Client

Sample = tuple[list[tuple[str, bytes, str]], dict[str, Any]]


@pytest.fixture(scope="module")
def exam(client: Client, sample: Sample) -> str:
    """The sample once more, to be changed."""
    exam_id = str(client.upload(*sample).json()["exam_id"])
    assert client.wait(exam_id, within=240)["status"] == "COMPLETED"
    return exam_id


def test_a_corrected_question_is_graded_diagnosed_and_reported_as_the_next_revision(client: Client, exam: str) -> None:
    base = f"/api/v1/exams/{exam}"
    before = client.http.get(f"{base}/result")
    result = before.json()
    wrong = next(q for q in result["questions"] if q["verdict"] == "wrong" and q["max_score"] and q["correct_answer"])
    answer = client.http.patch(
        f"{base}/questions/{wrong['number']}",
        json={"student_answer": wrong["correct_answer"], "comment": "Read it again."},
        headers={"If-Match": before.headers["etag"], "Prefer": "wait=60", "Redink-Actor": "t-1"},
    )
    assert answer.status_code in {200, 202}, answer.text  # a busy machine may need longer than one may wait
    assert answer.json()["revision"] == 2
    assert client.wait(exam)["status"] == "COMPLETED"
    after = client.http.get(f"{base}/result").json()
    found = next(q for q in after["questions"] if q["path"] == wrong["path"])
    assert (found["verdict"], found["score"], found["corrected_by"]) == ("correct", wrong["max_score"], "teacher")
    assert (found["needs_review"], found["answer_confidence"], found["feedback"]) == (False, 1.0, "Read it again.")
    assert after["score"]["earned"] == result["score"]["earned"] + wrong["max_score"]
    assert (after["revision"], result["revision"]) == (2, 1)
    others = [q for q in after["questions"] if q["path"] != wrong["path"] and q["path"] != wrong["path"][:-1]]
    assert all(q in result["questions"] for q in others)
    old = client.http.get(f"{base}/revisions/1/result")
    assert old.content == before.content
    assert _words(client, f"{base}/report.pdf") != _words(client, f"{base}/revisions/1/report.pdf")
    again = client.http.post(f"{base}/retry", json={"from": "parser"})
    assert again.json()["revision"] == 3
    client.wait(exam)
    kept = next(q for q in client.http.get(f"{base}/result").json()["questions"] if q["path"] == wrong["path"])
    assert (kept["verdict"], kept["corrected_by"]) == ("correct", "teacher")


def test_what_the_stages_doubt_is_in_the_review_queue_and_leaves_it_when_decided(client: Client, exam: str) -> None:
    doubtful = client.http.get(f"/api/v1/exams/{exam}/result").json()["score"]["needs_review"]
    items = _queue(client, exam, doubtful)
    assert doubtful == len(items)
    for item in items:
        answer = client.http.post(f"/api/v1/review/{item['id']}/decide", json={"accept": True})
        assert answer.status_code == 202, answer.text
    assert _queue(client, exam, 0) == []


def _queue(client: Client, exam: str, count: int) -> list[dict[str, Any]]:
    """The exam's open items, as soon as there are so many."""
    deadline = time.monotonic() + 120
    while True:
        found = client.http.get("/api/v1/review", params={"exam_id": exam, "limit": 100}).json()["items"]
        if len(found) == count or time.monotonic() > deadline:
            return list(found)
        time.sleep(0.2)


def _words(client: Client, path: str) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(client.http.get(path).content))
    return "".join(page.get_textpage().get_text_range() for page in document)
