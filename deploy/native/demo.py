"""The demo: upload the sample paper over HTTP as a client would, watch it, and say in words what came of it."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.native.services import ROOT

SAMPLES = ROOT / "samples"
TIME_LIMIT = 180.0
TERMINAL = {"COMPLETED", "FAILED", "CANCELLED", "EXPIRED"}
MARKS = {"correct": "[green]✓[/]", "wrong": "[red]✗[/]", "partial": "[yellow]◐[/]", "blank": "[red]空[/]"}


def run(base: str, key: str, folder: Path) -> None:
    """Raise SystemExit unless the paper is completed and both reports are on disk."""
    try:
        _run(base, key, folder)
    except httpx.TransportError as error:
        raise SystemExit(f"the gateway at {base} went away: {error}; see {folder}") from None


def _run(base: str, key: str, folder: Path) -> None:
    console = Console()
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False) as client:
        started = time.monotonic()
        exam = _upload(client)
        console.print(f"uploaded {SAMPLES.name}/paper.jpg as exam {exam}")
        status = _watch(client, exam, console)
        took = time.monotonic() - started
        if status["status"] != "COMPLETED":
            raise SystemExit(f"the exam ended as {status['status']}: {status.get('error_message')}")
        result = _get(client, f"/api/v1/exams/{exam}/result").json()
        _tell(result, console)
        console.print(f"{took:.1f} s from upload to report")
        _download(client, exam, folder, console)


def _get(client: httpx.Client, path: str) -> httpx.Response:
    response = client.get(path)
    if response.is_error:
        raise SystemExit(f"GET {path} answered {response.status_code}: {response.text}")
    return response


def _upload(client: httpx.Client) -> str:
    request: dict[str, Any] = json.loads((SAMPLES / "request.json").read_text("utf-8"))
    names = request.pop("files", ["paper.jpg"])
    form = {k: v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for k, v in request.items()}
    form.setdefault("student_id", "demo")
    files = [("files", (name, (SAMPLES / name).read_bytes(), "image/jpeg")) for name in names]
    response = client.post("/api/v1/exams", data=form, files=files)
    if response.is_error:
        raise SystemExit(f"the upload was answered {response.status_code}: {response.text}")
    return str(response.json()["exam_id"])


def _watch(client: httpx.Client, exam: str, console: Console) -> dict[str, Any]:
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TextColumn("{task.description}"))
    deadline = time.monotonic() + TIME_LIMIT
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("", total=100)
        while time.monotonic() < deadline:
            status: dict[str, Any] = _get(client, f"/api/v1/exams/{exam}/status").json()
            progress.update(task, completed=status["progress"], description=status["current_step"])
            if status["status"] in TERMINAL:
                return status
            time.sleep(0.2)
    raise SystemExit(f"no result after {TIME_LIMIT:.0f} s; last status {status['status']}")


def _tell(result: dict[str, Any], console: Console) -> None:
    score = result["score"]
    console.print(
        f"\n[bold]{result.get('title') or ''}[/]  score {_points(score['earned'], score['max'], 'of')}", end=""
    )
    console.print(f"  ({score['graded']} graded, {score['needs_review']} to be reviewed by a teacher)")
    console.print(_questions(result["questions"]))
    diagnosis = result.get("diagnosis") or {}
    for title, lines in (
        ("Weak points", diagnosis.get("weak_points", [])),
        ("Suggestions", [item["text"] for item in diagnosis.get("suggestions", [])]),
    ):
        console.print(f"[bold]{title}[/]")
        for line in lines or ["none"]:
            console.print(f"  · {line}", markup=False)


def _questions(questions: list[dict[str, Any]]) -> Table:
    table = Table("question", "verdict", "answer", "expected", "points")
    for question in questions:
        verdict = question["verdict"] + (" (review)" if question.get("needs_review") else "")
        points = _points(question.get("score"), question.get("max_score"), "/")
        answers = [_plain(question.get(name)) for name in ("student_answer", "correct_answer")]
        table.add_row(question["number"], f"{MARKS.get(question['verdict'], ' ')} {verdict}", *answers, points)
    return table


def _plain(text: str | None) -> str:
    """An answer as table text: short, and its brackets no markup."""
    return (text or "").replace("\n", " ").replace("[", "\\[")[:32]


def _download(client: httpx.Client, exam: str, folder: Path, console: Console) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, start in (("report.html", b"<"), ("report.pdf", b"%PDF")):
        content = _get(client, f"/api/v1/exams/{exam}/{name}").content
        if not content.lstrip().startswith(start):
            raise SystemExit(f"{name} is empty or not what its name says")
        (folder / name).write_bytes(content)
        console.print(f"{name}: {folder / name}", soft_wrap=True)


def _points(earned: float | None, most: float | None, between: str) -> str:
    return f"{'–' if earned is None else f'{earned:g}'} {between} {'–' if most is None else f'{most:g}'}"
