"""An essay as text through all processes: no page is read, and everything else is as for a paper."""

from tests.e2e.pipeline import Client

ESSAY = {
    "title": "My weekend",
    "subject": "english",
    "grade": 8,
    "prompt": "Write about your weekend, at least 60 words.",
    "content": "Last weekend we saw a old museum,it was good.\n\nI was happy to recieve a present.",
    "max_score": 15,
    "locale": "en",
}


def test_an_essay_comes_back_with_its_mistakes_marked_and_its_score_left_to_a_teacher(client: Client) -> None:
    answer = client.http.post("/api/v1/essays", json=ESSAY, headers={"Idempotency-Key": "essay-e2e"})
    assert answer.status_code == 202, answer.text
    exam = answer.json()["exam_id"]
    assert client.wait(exam)["status"] == "COMPLETED"
    result = client.http.get(f"/api/v1/exams/{exam}/result").json()
    (question,) = result["questions"]
    assert (question["verdict"], question["score"], question["needs_review"]) == ("ungraded", None, True)
    review, text = question["essay"], question["student_answer"]
    assert [(m["quote"], m["correction"]) for m in review["mistakes"]] == [
        ("a", "an"),
        (",", ", "),
        ("recieve", "receive"),
    ]
    assert all(text[m["start"] : m["end"]] == m["quote"] for m in review["mistakes"])
    assert (review["measures"]["length"], review["measures"]["least"]) == (17, 60)
    assert "<mark>recieve</mark><sup>3</sup>" in client.http.get(f"/api/v1/exams/{exam}/report.html").text
    assert client.http.get(f"/api/v1/exams/{exam}/report.pdf").content.startswith(b"%PDF")
