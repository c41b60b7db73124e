"""A customer uploads a photo and gets a graded result and a report."""

import io
import json
from typing import Any

import httpx
import pypdfium2

from contracts.result import Result
from tests.e2e.pipeline import Client, Processes

Sample = tuple[list[tuple[str, bytes, str]], dict[str, Any]]


def test_a_photo_ends_completed_with_a_full_status(ended: dict[str, Any]) -> None:
    assert ended["status"] == "COMPLETED"
    assert ended["progress"] == 100
    assert ended["current_step"] == "处理完成"
    assert ended["estimated_remaining_time"] == 0
    assert ended["error_message"] is None
    assert ended["completed_at"] > ended["created_at"]


def test_the_result_grades_the_sample_as_its_key_says(client: Client, ended: dict[str, Any], sample: Sample) -> None:
    answer = client.http.get(f"/api/v1/exams/{ended['exam_id']}/result")
    result = Result.model_validate(answer.json())
    keyed = {item["number"] for item in sample[1]["answer_key"]["questions"]}
    found = {q.number: q for q in result.questions}
    assert keyed <= set(found)
    assert sum(q.verdict in ("correct", "wrong", "partial", "blank") for q in found.values()) >= 0.8 * len(keyed)
    verdicts = {q.verdict for q in result.questions}
    assert {"correct", "wrong"} <= verdicts
    assert result.score.earned is not None
    assert result.score.max is not None
    assert 0 < result.score.earned < result.score.max
    numbers = {q.number for q in result.questions}
    assert result.diagnosis.suggestions
    assert all(s.evidence and set(s.evidence) <= numbers for s in result.diagnosis.suggestions)


def test_the_reports_are_html_and_pdf_in_chinese(client: Client, ended: dict[str, Any]) -> None:
    html = client.http.get(f"/api/v1/exams/{ended['exam_id']}/report.html")
    assert html.status_code == 200
    assert html.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in html.headers["content-security-policy"]
    assert "得分" in html.text
    assert "http://" not in html.text.replace("http://www.w3.org", "")
    pdf = client.http.get(f"/api/v1/exams/{ended['exam_id']}/report.pdf")
    document = pypdfium2.PdfDocument(io.BytesIO(pdf.content))
    text = "".join(page.get_textpage().get_text_range() for page in document)
    assert "得分" in text


def test_the_events_of_an_ended_exam_are_replayed_in_order_and_resume_without_repeat(
    client: Client, ended: dict[str, Any]
) -> None:
    url = f"/api/v1/exams/{ended['exam_id']}/events"
    everything = _events(client.http.get(url))
    ids = [int(e["id"]) for e in everything]
    assert ids == sorted(set(ids))
    assert everything[-1]["data"]["status"] == "COMPLETED"
    resumed = _events(client.http.get(url, headers={"Last-Event-ID": str(ids[2])}))
    assert [int(e["id"]) for e in resumed] == ids[3:]


def test_an_unreadable_file_fails_with_advice_and_no_dead_letter(client: Client) -> None:
    answer = client.upload(
        [("x.pdf", b"%PDF-1.7\n" + b"garbage " * 50, "application/pdf")], {"subject": "math", "grade": 7}
    )
    assert answer.status_code == 202, answer.text
    ended = client.wait(answer.json()["exam_id"])
    assert ended["status"] == "FAILED"
    assert "重新" in ended["error_message"]


def test_an_upload_that_is_no_paper_is_refused_with_a_problem_that_says_what_to_do(client: Client) -> None:
    answer = client.upload(
        [("x.exe", b"MZ" + b"\0" * 100, "application/octet-stream")], {"subject": "math", "grade": 7}
    )
    assert answer.status_code == 415
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "code", "trace_id"} <= set(problem)


def test_every_process_is_alive_ready_and_measured(processes: Processes) -> None:
    processes.wait_ready(*processes.ports)
    for name, port in processes.ports.items():
        for path in ("healthz", "readyz", "metrics"):
            answer = httpx.get(f"http://127.0.0.1:{port}/{path}", timeout=60)
            assert answer.status_code == 200, (name, path, answer.text)
        assert "redink_" in answer.text


def test_no_log_line_holds_the_pupils_name_or_exam_text(
    processes: Processes, client: Client, ended: dict[str, Any]
) -> None:
    result = client.http.get(f"/api/v1/exams/{ended['exam_id']}/result").json()
    secrets = [v for v in result["student"].values() if v and len(v) > 1]
    secrets += [q["text"][:12] for q in result["questions"] if len(q["text"]) >= 12]
    assert secrets
    for log in processes.log.glob("*.log"):
        text = log.read_text(encoding="utf-8")
        assert not [s for s in secrets if s in text], log.name
        whole = text.rpartition("\n")[0].splitlines()  # the last line may be on its way
        assert all(isinstance(json.loads(line), dict) for line in whole if line.startswith("{"))


def _events(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = []
    for block in answer.text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "data" in fields and "id" in fields:
            events.append({"id": fields["id"], "data": json.loads(fields["data"])})
    return events
