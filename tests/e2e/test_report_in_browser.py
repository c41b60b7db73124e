"""The report as a browser shows it: nothing blocked, nothing fetched, everything there, and it prints."""

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from tests.e2e.pipeline import Client

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--v=0",
]


@pytest.fixture(scope="module")
def page(client: Client, ended: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report as a file, to be opened without any server: it must need none."""
    html = client.http.get(f"/api/v1/exams/{ended['exam_id']}/report.html")
    path = Path(tmp_path_factory.mktemp("report")) / "report.html"
    path.write_bytes(html.content)
    return path


def browse(page: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Open the page in Chromium; it writes its console to stderr."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, "the page is tested in a real browser: install chromium"
    profile = page.parent / "profile"
    argv = [chromium, *FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True)


def test_the_browser_shows_every_question_and_blocks_nothing(page: Path, client: Client, ended: dict[str, Any]) -> None:
    seen = browse(page, "--dump-dom")
    result = client.http.get(f"/api/v1/exams/{ended['exam_id']}/result").json()
    assert all(f">{q['number']}<" in seen.stdout for q in result["questions"])
    assert "Refused to" not in seen.stderr
    assert "Content Security Policy" not in seen.stderr
    assert "<script" not in seen.stdout


def test_the_page_prints_on_a4_with_its_pictures(page: Path) -> None:
    target = page.parent / "printed.pdf"
    browse(page, f"--print-to-pdf={target}", "--no-pdf-header-footer")
    document = pypdfium2.PdfDocument(io.BytesIO(target.read_bytes()))
    width, height = document[0].get_size()
    assert (round(width), round(height)) == (595, 842)
    assert 1 <= len(document) <= 8
    kinds = [o.type for one in document for o in one.get_objects(max_depth=4)]
    assert pypdfium2.raw.FPDF_PAGEOBJ_IMAGE in kinds
