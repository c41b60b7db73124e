"""What the command says of files that it can't use: which one, and what is wrong, before anything is sent."""

from pathlib import Path

import pytest

from redink.cli import main
from tests.component.gateway.harness import DEV_KEY

NOWHERE = ["--url", "http://127.0.0.1:1", "--api-key", DEV_KEY]


@pytest.mark.parametrize("command", ["submit", "batch", "essay"])
def test_a_file_that_is_not_json_is_named(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "key.csv").write_text("1,B\n", "utf-8")
    (tmp_path / "a.txt").write_text("text", "utf-8")
    option = "--rubric" if command == "essay" else "--key"
    words = [
        command,
        str(tmp_path / "a.txt"),
        "--subject",
        "english",
        "--grade",
        "7",
        option,
        str(tmp_path / "key.csv"),
    ]
    assert main([*NOWHERE, *words]) == 2
    assert "key.csv: not JSON" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["report", "class-report"])
def test_a_report_of_a_kind_that_there_is_not_is_refused_and_no_file_made(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.docx"
    assert main([*NOWHERE, command, "0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d", "--out", str(out)]) == 2
    assert "must end in .html or .pdf" in capsys.readouterr().err
    assert not out.exists()
