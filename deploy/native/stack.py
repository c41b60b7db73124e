"""The embedded stack: whichever of broker, PostgreSQL and Valkey is not given from outside, started and kept alive."""

import contextlib
import fcntl
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from deploy.native.process import Child, ChildFailed
from deploy.native.servers import Broker, Postgres, Valkey

if TYPE_CHECKING:
    from deploy.native.kafka import Kafka

log = logging.getLogger("redink.native")

BrokerKind = Literal["tansu", "kafka"]


class Supervisor:
    """Restarts children that died, each watched by a thread of its own; gives up on one that keeps dying."""

    check_every = 0.1
    give_up_after = 5
    give_up_within = 60.0

    def __init__(self, on_restart: Callable[[Child], None] | None = None) -> None:
        """`on_restart` hears of every child that came back."""
        self.failure: str | None = None
        self._children: list[Child] = []
        self._threads: list[threading.Thread] = []
        self._on_restart = on_restart
        self._stopping = threading.Event()

    def start(self, *children: Child) -> None:
        """Start children side by side, and watch them from now on."""
        self._children += children
        with ThreadPoolExecutor(max_workers=len(children)) as pool:
            try:
                for started in [pool.submit(child.start) for child in children]:
                    started.result()
            except BaseException:  # a signal, too: then nobody waits for those that are still starting
                for child in children:
                    child.ask_to_stop()
                raise
        for child in children:
            thread = threading.Thread(target=self._watch, args=[child], name=f"watch-{child.name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Stop all: those that drain first and together, then the rest, the last started first."""
        self._stopping.set()
        for child in self._children:
            if child.stops_first:
                child.ask_to_stop()
        for thread in self._threads:
            thread.join()
        for child in reversed(self._children):
            child.stop()

    def check(self) -> None:
        """Raise if a child could not be kept alive."""
        if self.failure:
            raise ChildFailed(self.failure)

    def _watch(self, child: Child) -> None:
        deaths: deque[float] = deque(maxlen=self.give_up_after)
        while not self._stopping.wait(self.check_every):
            if not child.died:
                continue
            deaths.append(time.monotonic())
            if len(deaths) == self.give_up_after and deaths[-1] - deaths[0] < self.give_up_within:
                self.failure = f"{child.name} died {len(deaths)} times in a minute:\n{child.last_words()}"
                return
            self._revive(child)

    def _revive(self, child: Child) -> None:
        log.warning("%s died; starting it again", child.name)
        try:
            child.restart()
            if self._on_restart:
                self._on_restart(child)
        except ChildFailed as error:
            log.warning("%s", error)
            child.kill()  # half up is not up: the next round tries again


class Stack:
    """Addresses of the stack, and the children behind those that are embedded."""

    def __init__(self, data_dir: Path, given: Mapping[str, str]) -> None:
        """`given` are REDINK_* settings of components that exist already."""
        self.data_dir = data_dir
        self.kafka_bootstrap = given.get("REDINK_KAFKA_BOOTSTRAP", "")
        self.kafka_profile = given.get("REDINK_KAFKA_PROFILE", "kafka")
        self.postgres_dsn = given.get("REDINK_POSTGRES_DSN", "")
        self.redis_url = given.get("REDINK_REDIS_URL", "")
        self.blobs_url = given.get("REDINK_BLOBS_URL", "") or f"file://{data_dir / 'blobs'}"
        self.broker: Broker | Kafka | None = None
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self.supervisor = Supervisor(self._restarted)
        self.on_restart: Callable[[Child], None] | None = None

    def environment(self) -> dict[str, str]:
        """What a service process needs to find the stack."""
        return {
            "REDINK_KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "REDINK_KAFKA_PROFILE": self.kafka_profile,
            "REDINK_POSTGRES_DSN": self.postgres_dsn,
            "REDINK_REDIS_URL": self.redis_url,
            "REDINK_BLOBS_URL": self.blobs_url,
        }

    def start(self, broker: BrokerKind, ports: Mapping[str, int], *, durable: bool) -> None:
        """Start what was not given."""
        if not self.postgres_dsn:
            self.postgres = Postgres(self.data_dir / "postgres", ports.get("postgres", 0), durable=durable)
        if not self.redis_url:
            self.valkey = Valkey(self.data_dir / "valkey", ports.get("valkey", 0))
        if not self.kafka_bootstrap:
            self.broker = _broker(broker, self.data_dir, ports.get("kafka", 0))
        if children := [child for child in (self.postgres, self.valkey, self.broker) if child]:
            self.supervisor.start(*children)
        self._take_addresses()
        if self.blobs_url.startswith("file://"):
            Path(self.blobs_url.removeprefix("file://")).mkdir(parents=True, exist_ok=True)

    def _take_addresses(self) -> None:
        if self.postgres:
            self.postgres_dsn = self.postgres.dsn
        if self.valkey:
            self.redis_url = self.valkey.url
        if self.broker:
            self.kafka_bootstrap = self.broker.bootstrap
            self.kafka_profile = self.broker.profile

    def _restarted(self, child: Child) -> None:
        if self.on_restart:
            self.on_restart(child)


def _broker(kind: BrokerKind, data_dir: Path, port: int) -> "Broker | Kafka":
    if kind == "kafka":
        from deploy.native.kafka import Kafka  # noqa: PLC0415 - only who asks for it needs Java

        return Kafka(data_dir / "kafka", port)
    return Broker(data_dir / "broker", port)


def lock(data_dir: Path) -> IO[str]:
    """Hold the data directory. The kernel lets go when the process dies, however it dies: there is no stale lock."""
    data_dir.mkdir(parents=True, exist_ok=True)
    handle = (data_dir / "lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        holder = handle.read().strip() or "unknown"
        handle.close()
        raise ChildFailed(f"{data_dir} is in use by process {holder}; stop that first") from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


@contextlib.contextmanager
def embedded_stack(
    data_dir: Path | str,
    broker: BrokerKind = "tansu",
    *,
    given: Mapping[str, str] | None = None,
    ports: Mapping[str, int] | None = None,
    durable: bool = True,
) -> Iterator[Stack]:
    """Run the stack in `data_dir`. `given` names components that exist already; `ports` fixes kafka, postgres, valkey."""
    folder = Path(data_dir).resolve()
    with lock(folder):
        stack = Stack(folder, given or {})
        try:
            stack.start(broker, ports or {}, durable=durable)
            yield stack
        finally:
            stack.supervisor.stop()
