"""One supervised child process: the shape that every server and every service process here shares."""

import contextlib
import os
import pwd
import secrets
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
"""The kernel ties a child's death signal to the *thread* that forked it, so all are forked by one that lives to the end."""

_EXEC_CHILD = Path(__file__).with_name("exec_child.py")
_LOG_LIMIT = 16 * 1024 * 1024
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST_PORT = 15_000
"""Above what is often used by servers one knows."""
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "JAVA_HOME")


class ChildFailed(RuntimeError):
    """A child would not start, or died more often than is worth repeating."""


_handed_out: set[int] = set()


def free_port() -> int:
    """A loopback port that nobody listens on now, and that was given to none of our children before.

    From below those that the kernel gives to outgoing connections: any of these could take it before the child binds it.
    """
    while True:
        port = _chosen()
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            port = int(probe.getsockname()[1])
            if port not in _handed_out:
                _handed_out.add(port)
                return port


def _chosen() -> int:
    """By lot, as others choose at the same time; 0 lets the kernel choose where it keeps nothing for itself."""
    with contextlib.suppress(OSError):
        first = int(_EPHEMERAL.read_text("ascii").split()[0])
        if first > _LOWEST_PORT:
            return _LOWEST_PORT + secrets.randbelow(first - _LOWEST_PORT)
    return 0


def unprivileged() -> pwd.struct_passwd | None:
    """The user that servers which refuse root run as; None when we aren't root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def reachable_by_others(*paths: Path) -> bool:
    """Whether a stranger may pass through every folder that leads to these paths."""
    folders = {folder for path in paths for folder in path.resolve().parents}
    return all(folder.stat().st_mode & 0o001 for folder in folders)


class Child(ABC):
    """A process with a log file, started until it answers, stopped politely and then firmly.

    Subclasses say what to run (`command`), what to lay out first (`prepare`) and when it is ready (`ready`).
    """

    name = "child"
    start_timeout = 90.0
    stop_timeout = 10.0
    stop_signal = signal.SIGTERM
    death_signal = signal.SIGTERM
    stops_first = False  # asked to stop before the rest: it drains into what the rest keeps
    run_as: pwd.struct_passwd | None = None

    def __init__(self, data_dir: Path | str, port: int = 0, *, log_dir: Path | str | None = None) -> None:
        """`port` 0 takes a free one, and keeps it over restarts."""
        self.data_dir = Path(data_dir).resolve()
        self.port = port
        self.restarts = 0
        self.log = Path(log_dir or self.data_dir.parent / "log").resolve() / f"{self.name}.log"
        self._fixed_port = bool(port)
        self._wanted = False
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:  # noqa: B027 - most need nothing
        """Lay out what the process needs, and clear what a killed one left behind."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """The program and its arguments."""

    def environment(self) -> Mapping[str, str]:
        """A clean environment: no setting of the caller's shell leaks into a server."""
        return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}

    @abstractmethod
    def ready(self) -> bool:
        """Whether it answers."""

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id while one is running."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def cwd(self) -> Path:
        """Where it runs."""
        return self.data_dir

    def start(self) -> None:
        """Start and wait until it answers; a free port that somebody else took meanwhile is worth another try."""
        self._wanted = True
        attempts = 1 if self._fixed_port else 3
        for attempt in range(1, attempts + 1):
            try:
                return self._start_once()
            except ChildFailed:
                misconfigured = self._process is not None and self._process.returncode == os.EX_CONFIG
                if attempt == attempts or misconfigured or not self._wanted:
                    raise
                self.port = 0
        return None

    def restart(self) -> None:
        """Start again on the same port, as after a crash."""
        self.restarts += 1
        self._start_once()

    def ask_to_stop(self) -> None:
        """Signal it, and don't wait: from now on its end is no accident."""
        self._wanted = False
        _SPAWNER.submit(int).result()  # a start that was interrupted may still be forking
        if self.pid and self._process:
            self._process.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Ask, wait, insist. Safe to call twice."""
        self.ask_to_stop()
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.wait(self.stop_timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End it at once, as an accident would."""
        if self.pid and self._process:
            self._process.kill()
            self._process.wait()

    @property
    def died(self) -> bool:
        """Whether it is gone though nobody stopped it."""
        return self._wanted and self.pid is None

    def last_words(self, lines: int = 8) -> str:
        """The end of its log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    def _start_once(self) -> None:
        self.port = self.port or free_port()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.prepare()
        _SPAWNER.submit(self._spawn).result()
        deadline = time.monotonic() + self.start_timeout
        while not self.ready():
            self._check_start(deadline)
            time.sleep(0.02)
        self._check_start(deadline)  # had it died, somebody else on that port would have answered

    def _check_start(self, deadline: float) -> None:
        process = self._process
        if process is None or not self._wanted:
            raise ChildFailed(f"{self.name} was stopped while it started")
        if process.poll() is not None:
            raise ChildFailed(f"{self.name} exited with {process.returncode}:\n{self.last_words()}")
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise ChildFailed(f"{self.name} gave no answer in {self.start_timeout:.0f} s; see {self.log}")

    def _spawn(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._shim(), *self.command()],
                cwd=self.cwd,
                env=dict(self.environment()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops the rest in order
            )

    def _shim(self) -> list[str]:
        user = self.run_as
        keep = int(user is not None and not reachable_by_others(self.data_dir, Path(self.command()[0])))
        ids = (user.pw_uid, user.pw_gid) if user else (-1, -1)
        options = (os.getpid(), int(self.death_signal), *ids, keep)
        return [sys.executable, "-I", "-S", str(_EXEC_CHILD), *map(str, options), "--"]
