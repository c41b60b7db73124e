"""The units of a single host."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from contracts.topics import STAGES

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "deploy" / "native" / "systemd"
ANALYZE = shutil.which("systemd-analyze")
EXPOSED = 30
"""In tenths, as `systemd-analyze security` counts from 0 (nothing) to 10 (everything); a plain service has 9.6."""


def lines(unit: str) -> list[str]:
    return (UNITS / unit).read_text().splitlines()


def test_the_target_wants_every_service() -> None:
    wanted = {word for line in lines("redink.target") if line.startswith("Wants=") for word in line[6:].split()}
    names = [*(row.name for row in STAGES), "gateway"]
    assert wanted == {f"redink@{name}.service" for name in names} | {"redink-setup.service", "redink-opener.service"}


def test_a_service_may_drain_and_does_not_run_into_a_wall_again_and_again() -> None:
    unit = lines("redink@.service")
    for line in ("KillMode=mixed", "TimeoutStopSec=95", "Restart=on-failure", "RestartPreventExitStatus=70 78"):
        assert line in unit


def test_the_opener_has_no_network_and_no_secrets() -> None:
    unit = lines("redink-opener.service")
    assert "PrivateNetwork=yes" in unit
    assert not any(line.startswith(("LoadCredential", "EnvironmentFile")) for line in unit)


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed (Debian: systemd)")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for path in UNITS.iterdir():
        shutil.copy(path, tmp_path)
    shutil.copy(tmp_path / "redink@.service", tmp_path / "redink@ocr.service")
    files = [str(tmp_path / name) for name in ("redink@ocr.service", "redink-setup.service", "redink-opener.service")]
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:", "SYSTEMD_LOG_LEVEL": "warning"}
    command = [str(ANALYZE), "verify", "--man=no", "--recursive-errors=no", *files]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr
    assert "Unknown" not in result.stderr, result.stderr


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed (Debian: systemd)")
@pytest.mark.parametrize("unit", ["redink@.service", "redink-opener.service", "redink-setup.service"])
def test_a_unit_exposes_little(unit: str) -> None:
    command = [str(ANALYZE), "security", "--offline=yes", f"--threshold={EXPOSED}", str(UNITS / unit)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr


def test_secrets_reach_the_process_from_where_systemd_puts_them(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$REDINK_POSTGRES_DSN $*"\n')
    python.chmod(0o755)
    (tmp_path / "secrets_REDINK_POSTGRES_DSN").write_text("postgresql://x\n")
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    command = ["sh", str(ROOT / "deploy" / "entrypoint.sh"), "gateway"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert answer.stdout == "postgresql://x -m services gateway\n"
