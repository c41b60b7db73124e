"""The overlays as a cluster would get them, and a linter's judgement of manifests: tools that are pinned, under .cache."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OVERLAYS = sorted(path.parent for path in (ROOT / "deploy" / "k8s" / "overlays").glob("*/kustomization.yaml"))
_CACHE = ROOT / ".cache"
_KUSTOMIZE = ROOT / "requirements" / "kustomize"
_LOCK = ROOT / "requirements" / "manifests.txt"


class NoKustomize(Exception):
    """Neither a kubectl that knows components, nor Go to build kustomize with."""


def built(overlay: Path) -> str:
    """The overlay's resources, as YAML. Raises `NoKustomize`."""
    return _said([*_kustomize(), str(overlay)])


def judged(manifests: Path) -> dict[str, Any]:
    """What checkov says of a YAML file, or of all below a folder: `summary`, and `results` by what became of each check."""
    config = ROOT / "deploy" / "k8s" / "checkov.yaml"
    where = ["-d" if manifests.is_dir() else "-f", str(manifests)]
    said = _said(
        [str(_checkov()), "-m", "checkov.main", "--config-file", str(config), *where, "-o", "json"], may=(0, 1)
    )
    return json.loads(said)


def _kustomize() -> list[str]:
    """By kubectl, unless it is one of before components came (Debian 12 has one of 2021); else built from its lock."""
    if shutil.which("kubectl"):
        found = re.search(r"Kustomize Version: v(\d+)\.(\d+)", _said(["kubectl", "version", "--client"]))
        if found and (int(found[1]), int(found[2])) >= (4, 1):
            return ["kubectl", "kustomize"]
    if not shutil.which("go"):
        raise NoKustomize("overlays are built by kubectl 1.21 or newer, or by kustomize, which needs Go 1.21 or newer")
    program = _made("kustomize", _KUSTOMIZE / "go.sum", _build_kustomize)
    return [str(program / "kustomize"), "build"]


def _build_kustomize(folder: Path) -> None:
    module = "sigs.k8s.io/kustomize/kustomize/v5"
    command = ["go", "build", "-C", str(_KUSTOMIZE), "-mod=readonly", "-o", str(folder / "kustomize"), module]
    _said(command, environment={"CGO_ENABLED": "0"})


def _checkov() -> Path:
    """The Python of its environment."""
    return _made("checkov", _LOCK, _install_checkov) / "bin" / "python"


def _install_checkov(folder: Path) -> None:
    _said([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "--disable-pip-version-check"]
    _said([*pip, "install", "-q", "--no-compile", "--no-deps", "--require-hashes", "-r", str(_LOCK)])


def _made(name: str, lock: Path, make: Callable[[Path], None]) -> Path:
    """The tool's folder, made at the first use of its lock; moved into place whole, as others may be making it."""
    folder = _CACHE / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        _CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
            made = Path(scratch) / name
            make(made)
            try:
                made.rename(folder)
            except OSError:
                if not folder.exists():
                    raise
    return folder


def _said(command: list[str], may: tuple[int, ...] = (0,), environment: dict[str, str] | None = None) -> str:
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})}
    )
    assert result.returncode in may, f"{command[0]} ended with {result.returncode}:\n{result.stdout}\n{result.stderr}"
    return result.stdout
