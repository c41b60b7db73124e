"""A teacher uploads a class in one ZIP and gets a report on it, made of what the real stages read."""

import io
import time
import zipfile
from typing import Any

import pypdfium2

from tests.e2e.pipeline import Client
from tests.e2e.tiny_paper import tiny_paper

KEY = (
    '{"questions": [{"number": "1", "type": "single_choice", "answer": "B", "max_score": 3},'
    ' {"number": "2", "type": "fill_blank", "answer": "12", "max_score": 5}]}'
)


def class_in_a_zip() -> bytes:
    """Three papers, a file that is none, and a manifest."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for n in range(3):
            archive.writestr(f"7-2/{n}.pdf", tiny_paper(n))
        archive.writestr("7-2/notes.txt", "not a paper")
        rows = "".join(f"{n}.pdf,s-{n},7-2\n" for n in range(3))
        archive.writestr("7-2/manifest.csv", f"file,student_id,class_id\n{rows}")
    return buffer.getvalue()


def ended(client: Client, batch: str, within: float = 240) -> dict[str, Any]:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        view: dict[str, Any] = client.http.get(f"/api/v1/batches/{batch}").json()
        if view["ended_at"]:
            return view
        time.sleep(0.3)
    raise AssertionError(f"not ended in {within} s: {view}")


def test_a_class_in_one_zip_becomes_a_class_report(client: Client) -> None:
    form = {"subject": "math", "grade": "7", "name": "七年级2班", "answer_key": KEY}
    files = {"archive": ("class.zip", class_in_a_zip(), "application/zip")}
    answer = client.http.post("/api/v1/batches", data=form, files=files)
    assert answer.status_code == 202, answer.text
    batch = answer.json()
    assert [outcome["state"] for outcome in batch["outcomes"]] == ["accepted"] * 3 + ["refused"]

    done = ended(client, batch["batch_id"])
    assert (done["status"], done["counts"]) == ("COMPLETED", {"COMPLETED": 3})

    report = client.http.get(f"/api/v1/batches/{batch['batch_id']}/class-report").json()
    assert (report["coverage"]["reported"], report["classes"]) == (3, ["7-2"])
    items = {item["number"]: item for item in report["items"]}
    assert {"1", "2"} <= set(items)
    assert (items["1"]["key"], items["2"]["max_score"]) == ("B", 5)
    assert sum(item["graded"] for item in items.values()) >= 3
    assert [student["student_id"] for student in report["students"]] == ["s-0", "s-1", "s-2"]
    assert report["unsaid"]

    pdf = client.http.get(f"/api/v1/batches/{batch['batch_id']}/class-report.pdf")
    assert pdf.status_code == 200, pdf.text
    document = pypdfium2.PdfDocument(io.BytesIO(pdf.content))
    assert "班级学情报告" in document[0].get_textpage().get_text_range()
