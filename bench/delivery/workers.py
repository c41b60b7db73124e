"""The processes of a contestant: started, killed and started again, each with the tree below it."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
_EXEC_CHILD = ROOT / "deploy" / "native" / "exec_child.py"
RESTART_AFTER = 0.5


class Workers:
    """Commands by name, one process (and what it forks) each. What was killed comes back after half a second."""

    def __init__(self, commands: Mapping[str, Sequence[str]], environment: Mapping[str, str], log: Path) -> None:
        self._commands = commands
        self._environment = {**os.environ, **environment}
        self._log = log
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._since: dict[str, float] = {}
        self._down: dict[str, float] = {}
        # Workers must not outlive the driver, however that ends.
        self._shim = [sys.executable, "-I", "-S", str(_EXEC_CHILD), str(os.getpid()), "9", "-1", "-1", "0", "--"]
        self._closing = threading.Event()
        self._reviver = threading.Thread(target=self._revive, name="reviver", daemon=True)

    def start(self) -> None:
        """Start all."""
        self._log.mkdir(parents=True, exist_ok=True)
        for name in self._commands:
            self._start(name)
        self._reviver.start()

    def pid(self, name: str) -> int | None:
        """The main process, None while it is down."""
        process = self._running[name]
        return process.pid if process.poll() is None else None

    @property
    def names(self) -> list[str]:
        """All of them."""
        return list(self._commands)

    def since(self, name: str) -> float:
        """When the process that runs now was started (seconds since 1970)."""
        return self._since[name]

    def kill(self, name: str) -> None:
        """SIGKILL to the whole tree, as when a container or a machine goes."""
        self._kill(name)

    def stop(self) -> None:
        """End all, for good."""
        self._closing.set()
        self._reviver.join()
        for name in self._running:
            self._kill(name)

    def _start(self, name: str) -> None:
        with (self._log / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [*self._shim, *self._commands[name]],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._since[name] = time.time()

    def _kill(self, name: str) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._running[name].pid, signal.SIGKILL)
        self._running[name].wait()

    def _revive(self) -> None:
        """Whatever ended, however it ended, is started again: what any supervisor does."""
        while not self._closing.wait(0.05):
            for name in self._commands:
                if self.pid(name) is not None:
                    continue
                ended = self._down.setdefault(name, time.monotonic())
                if time.monotonic() - ended >= RESTART_AFTER:
                    del self._down[name]
                    self._kill(name)  # its orphans: a supervisor clears the whole group
                    self._start(name)
