"""Our own processes under the supervisor: all stages in one, or one process per stage."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.native.process import Child, ChildFailed

ROOT = Path(__file__).parents[2]
STAGES = ("ocr", "parser", "analyzer", "diagnostic", "report", "gateway")


class Service(Child):
    """`python -m services NAME`: a stage, the gateway, or `all`."""

    start_timeout = 120.0  # models are loaded and warmed before it says it is ready
    stop_timeout = 95.0  # a drain takes up to 90 s
    stops_first = True

    def __init__(self, name: str, data_dir: Path, port: int = 0, *, settings: Mapping[str, str]) -> None:
        """`settings` are REDINK_* variables; the caller's environment is passed on too, as theirs are settings as well."""
        self.name = name
        super().__init__(data_dir, port, log_dir=data_dir / "log")
        self._settings = settings

    @property
    def url(self) -> str:
        """Where its HTTP answers."""
        return f"http://{self.address}"

    @property
    def cwd(self) -> Path:
        """The checkout: packages are imported from there."""
        return ROOT

    def command(self) -> Sequence[str]:
        """The same command line as in a container."""
        return [sys.executable, "-m", "services", self.name]

    def environment(self) -> Mapping[str, str]:
        """The caller's, the stack's addresses, and a port of its own."""
        host = os.environ.get("REDINK_HTTP_HOST", "127.0.0.1")
        return {**os.environ, **self._settings, "REDINK_HTTP_HOST": host, "REDINK_HTTP_PORT": str(self.port)}

    def ready(self) -> bool:
        """Whether /readyz says yes."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.HTTPError):
            return False


def services(mode: str, data_dir: Path, port: int, settings: Mapping[str, str]) -> list[Service]:
    """`one`: a single process. `process`: one per stage; the gateway comes last and has the port."""
    if mode == "one":
        return [Service("all", data_dir, port, settings=settings)]
    if mode == "process":
        return [Service(name, data_dir, port if name == "gateway" else 0, settings=settings) for name in STAGES]
    raise SystemExit(f"STAGES={mode}: say `one` or `process`")


def create_topics(settings: Mapping[str, str]) -> None:
    """The topics that don't exist yet; the memory-only broker needs them again after every start."""
    command = [sys.executable, "-m", "services", "topics"]
    result = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise ChildFailed(f"creating the topics failed:\n{(result.stdout + result.stderr)[-2000:]}")
