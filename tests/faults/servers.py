"""The servers of a world, each behind a proxy: PostgreSQL, Valkey, a broker that advertises its proxy, S3 on demand."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from deploy.native.kafka import Kafka
from deploy.native.process import Child, ChildFailed, free_port
from deploy.native.servers import Broker, Postgres, Valkey
from deploy.native.stack import BrokerKind
from runtime.kafka import open_kafka
from runtime.settings import KafkaSettings
from tests.faults.proxy import Network, Proxy


class TorturedTansu(Broker):
    """The embedded broker, which tells its clients to come back through the proxy."""

    advertised = 0

    def command(self) -> Sequence[str]:
        *command, _ = super().command()
        where = command.index("--advertised-listener-url") + 1
        command[where] = f"tcp://127.0.0.1:{self.advertised}"
        return [*command, "memory://tansu/"]


class TorturedKafka(Kafka):
    """Apache Kafka, which tells its clients to come back through the proxy."""

    advertised = 0

    def prepare(self) -> None:
        super().prepare()
        properties = self.data_dir / "server.properties"
        direct = f"advertised.listeners=PLAINTEXT://{self.address}"
        text = properties.read_text()
        assert direct in text
        properties.write_text(text.replace(direct, f"advertised.listeners=PLAINTEXT://127.0.0.1:{self.advertised}"))


class Servers:
    """What the processes stand on. Names: kafka, postgres, redis."""

    def __init__(self, folder: Path, kind: BrokerKind) -> None:
        self.kind = kind
        self.network = Network()
        broker = (TorturedKafka if kind == "kafka" else TorturedTansu)(folder / "broker", free_port())
        self.children: dict[str, Child] = {
            "postgres": Postgres(folder / "postgres", free_port(), durable=False),
            "redis": Valkey(folder / "valkey", free_port()),
            "kafka": broker,
        }
        self.proxy: dict[str, Proxy] = {name: self.network.proxy(child.port) for name, child in self.children.items()}
        broker.advertised = self.proxy["kafka"].port
        self.topic_prefix = "torture."
        self._turns = {name: asyncio.Lock() for name in self.children}
        self._restarting: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start all, and declare the topics."""
        await asyncio.gather(*(asyncio.to_thread(child.start) for child in self.children.values()))
        await self.create_topics()

    def stop(self) -> None:
        """Stop all; a stopped process (SIGSTOP) is let go on first."""
        self.network.close()
        for name, child in reversed(self.children.items()):
            self.resume(name)
            child.stop()

    async def restart(self, name: str, *, hard: bool, down: float = 0.0) -> None:
        """Stop (or kill -9) a server, leave it down for so many seconds, start it again; to the end, even if cancelled."""
        restarting = asyncio.create_task(self._restart(name, hard=hard, down=down))
        self._restarting.add(restarting)
        restarting.add_done_callback(self._restarting.discard)
        await asyncio.shield(restarting)

    async def _restart(self, name: str, *, hard: bool, down: float) -> None:
        async with self._turns[name]:
            child = self.children[name]
            self.resume(name)
            await asyncio.to_thread(child.kill if hard else child.stop)
            await asyncio.sleep(down)
            await asyncio.to_thread(_start, child)
            if name == "kafka":
                await self.create_topics()

    async def freeze(self, name: str, seconds: float) -> None:
        """SIGSTOP all processes of a server, and let them go on after so many seconds."""
        async with self._turns[name]:
            self._signal(name, signal.SIGSTOP)
            try:
                await asyncio.sleep(seconds)
            finally:
                self.resume(name)

    async def revive(self) -> list[str]:
        """Start what is down though nobody took it down; the names."""
        dead = [name for name, child in self.children.items() if child.died and not self._turns[name].locked()]
        for name in dead:
            await self.restart(name, hard=True)
        return dead

    async def settled(self, name: str) -> None:
        """Wait until nobody is at work on a server, and see it up."""
        async with self._turns[name]:
            child = self.children[name]
            self.resume(name)
            if child.pid is None:
                await asyncio.to_thread(_start, child)
        if name == "kafka":
            self.proxy[name].heal()
            await self.create_topics()

    def resume(self, name: str) -> None:
        """SIGCONT."""
        self._signal(name, signal.SIGCONT)

    async def create_topics(self) -> None:
        """Declare the topics, however long the broker takes; the memory-only one forgets them with everything else."""
        settings = KafkaSettings(
            bootstrap=self.bootstrap, profile=self.profile, topic_prefix=self.topic_prefix, publish_timeout=5
        )
        while True:
            try:
                async with asyncio.timeout(20), open_kafka(settings) as kafka:
                    await kafka.create_topics()
            except Exception:  # noqa: BLE001 - the network may be cut at this moment: again, until it isn't
                await asyncio.sleep(0.5)
            else:
                return

    @property
    def bootstrap(self) -> str:
        """The broker, through its proxy."""
        return f"127.0.0.1:{self.proxy['kafka'].port}"

    @property
    def profile(self) -> str:
        """What kind of broker that is."""
        return "kafka" if self.kind == "kafka" else "embedded"

    @property
    def dsn(self) -> str:
        """The database, past the proxy: for who looks on."""
        postgres = self.children["postgres"]
        assert isinstance(postgres, Postgres)
        return postgres.dsn

    def environment(self) -> dict[str, str]:
        """How processes reach them: through the proxies."""
        dsn = urlsplit(self.dsn)
        through = f"{dsn.username}:{dsn.password}@127.0.0.1:{self.proxy['postgres'].port}"
        return {
            "REDINK_KAFKA_BOOTSTRAP": self.bootstrap,
            "REDINK_KAFKA_PROFILE": self.profile,
            "REDINK_KAFKA_TOPIC_PREFIX": self.topic_prefix,
            "REDINK_POSTGRES_DSN": dsn._replace(netloc=through).geturl(),
            "REDINK_REDIS_URL": f"redis://127.0.0.1:{self.proxy['redis'].port}/0",
        }

    def _signal(self, name: str, number: int) -> None:
        pid = self.children[name].pid
        for each in [*_children(pid), pid] if pid else []:
            try:
                os.kill(each, number)
            except ProcessLookupError:
                continue


def _children(pid: int) -> list[int]:
    """The direct children of a process, as PostgreSQL's backends are."""
    try:
        return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _start(child: Child) -> None:
    """Start again; after a kill -9, what the dead one held may take a moment to be free."""
    until = time.monotonic() + 60
    while True:
        try:
            return child.start()
        except ChildFailed:
            if time.monotonic() > until:
                raise
            time.sleep(0.3)
