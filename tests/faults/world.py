"""A whole Redink to be tortured: servers behind proxies, processes forked from a zygote, orders, journals, API keys."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import SecretStr

from contracts.topics import STAGES
from deploy.native.stack import BrokerKind
from services.gateway import auth
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings
from tests.faults.orders import Commands, read_journal
from tests.faults.process import DEATHS, EXECUTIONS, ORDERS
from tests.faults.processes import ROOT, Processes, Zygote
from tests.faults.servers import Servers

STAGE_NAMES = tuple(row.name for row in STAGES)
TENANTS = ("school-a", "school-b", "school-c")
IN_FLIGHT = "status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED')"

_TELLING = (
    "redink_kafka_consumer_assigned", "redink_kafka_consumer_lag", "redink_kafka_consumer_last_poll",
    "redink_stage_in_progress", "redink_stage_waiting",
)  # fmt: skip

SESSION = 4.0
"""Seconds after which the broker gives up a silent consumer."""

SETTINGS = {
    "REDINK_LOG_LEVEL": "WARNING",
    "REDINK_KAFKA_PUBLISH_TIMEOUT": "4",
    "REDINK_REDIS_TIMEOUT": "0.3",
    "REDINK_POSTGRES_POOL": "6",
    "REDINK_POSTGRES_STATEMENT_TIMEOUT": "5",
    "REDINK_GATEWAY_RELAY_RETRY_SECONDS": "0.3",
    "REDINK_GATEWAY_SWEEP_SECONDS": "1",
    "REDINK_GATEWAY_SILENCE_SECONDS": "5",
    "REDINK_GATEWAY_UPLOAD_IDLE_SECONDS": "3",
    "REDINK_GATEWAY_UPLOAD_SECONDS": "6",
    "REDINK_GATEWAY_LEASE_SECONDS": "4",
    "REDINK_GATEWAY_INTERACTIVE_DEADLINE_SECONDS": "3600",
    "REDINK_WEBHOOK_ALLOW_LOOPBACK": "true",
    "REDINK_WEBHOOK_RETRY_SECONDS": "[0.5, 1, 2, 2, 5, 5, 5, 5, 5, 5, 5, 5]",
    "REDINK_WEBHOOK_TIMEOUT_SECONDS": "4",
    "REDINK_FLOW_RETRY_BASE": "0.3",
    "REDINK_FLOW_RETRY_CAP": "5",
    "REDINK_FLOW_RETRIES": "5",
    "REDINK_FLOW_DEAD_CONSECUTIVE": "500",
    "REDINK_FLOW_DEAD_RATIO": "1",
    "REDINK_FLOW_DRAIN_SECONDS": "10",
}
"""Impatient: what takes minutes in production takes seconds here. Limits that stop a stage are for tests of their own."""


class World:
    """What nemesis, uploaders and scenarios act on."""

    def __init__(self, folder: Path, servers: Servers, processes: Processes, keys: dict[str, str]) -> None:
        self.folder = folder
        self.servers = servers
        self.proxy = servers.proxy
        self.processes = processes
        self.commands = Commands(folder / ORDERS)
        self.keys = keys
        """API key by tenant."""

    async def start(self, replicas: dict[str, int] | None = None, *, within: float = 200.0) -> None:
        """Start gateway and stages, so many of each (default: one, two gateways), and wait until all are ready."""
        wanted = {"gateway": 2, **dict.fromkeys(STAGE_NAMES, 1)} | (replicas or {})
        names = [f"{role}-{number}" for role, count in wanted.items() for number in range(1, count + 1)]
        for name in names:
            await self.processes.start(name)
        await self.processes.ready(*names, within=within)

    async def scale(self, role: str, count: int) -> None:
        """Start or drain members until so many of a role run."""
        wanted = [f"{role}-{number}" for number in range(1, count + 1)]
        for name in wanted:
            await self.processes.start(name)
        for name in self.processes.of(role):
            if name not in wanted:
                await self.processes.stop(name, 30)

    @property
    def gateways(self) -> list[str]:
        """The gateways' addresses."""
        return [self.processes.members[name].url for name in self.processes.of("gateway")]

    @property
    def faults(self) -> list[dict[str, Any]]:
        """What was done to the processes from inside: journalled before it took effect."""
        return read_journal(self.folder / DEATHS)

    @property
    def executions(self) -> list[dict[str, Any]]:
        """Executions of light stages, begun and done."""
        return read_journal(self.folder / EXECUTIONS)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection past the proxy."""
        connection = await asyncpg.connect(self.servers.dsn)
        try:
            yield connection
        finally:
            await connection.close()

    async def in_flight(self) -> dict[str, int]:
        """Exams per status that have not ended, and rows in the outbox."""
        async with self.database() as database:
            rows = await database.fetch(f"SELECT status, count(*) AS n FROM exams WHERE {IN_FLIGHT} GROUP BY status")
            outbox = await database.fetchval("SELECT count(*) FROM outbox")
        return {row["status"]: row["n"] for row in rows} | ({"outbox": outbox} if outbox else {})

    async def quiet(self, within: float) -> float:
        """Wait until every exam has ended and the outbox is empty; the seconds it took. TimeoutError with what is left."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while left := await self.in_flight():
            if loop.time() - began > within:
                raise TimeoutError(f"not quiet after {within:.0f} s: {left}")
            await asyncio.sleep(0.25)
        return loop.time() - began

    async def diagnose(self) -> dict[str, Any]:
        """What stages say of themselves while exams don't move on; where their tasks wait goes to their logs."""
        said: dict[str, Any] = {"in_flight": await self.in_flight()}
        for name, member in self.processes.members.items():
            if member.wanted:
                self.processes.signal(name, signal.SIGUSR1)
                metrics = await self.processes.metrics(name)
                said[name] = {sample: value for sample, value in metrics.items() if sample.startswith(_TELLING)}
        return said

    def heal(self) -> None:
        """Revoke all orders, mend the network, let everything go on."""
        self.commands.clear()
        for name, proxy in self.proxy.items():
            proxy.heal()
            self.servers.resume(name)
        for name in self.processes.members:
            self.processes.resume(name)

    async def tool(self, *argv: str, within: float = 180.0) -> subprocess.CompletedProcess[str]:
        """Run `python -m services …` as an operator would, in the processes' environment; its output as text."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services", *argv),
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", **self.processes.env},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), within)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
        assert process.returncode is not None
        return subprocess.CompletedProcess(argv, process.returncode, out.decode(), err.decode())


@asynccontextmanager
async def open_world(
    folder: Path, broker: BrokerKind = "tansu", *, stages: str = "light", **env: str
) -> AsyncIterator[World]:
    """A world with servers, topics, schema and keys, and no process yet. `env`: settings beside those of SETTINGS.

    `stages`: light, or real ones.
    """
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nothing runs yet
    servers = Servers(folder, broker)
    zygote = None
    try:
        zygote, _ = await asyncio.gather(Zygote.start(folder / "zygote.log"), servers.start())
        settings = SETTINGS | servers.environment() | {"REDINK_BLOBS_URL": (folder / "blobs").as_uri()}
        settings |= {"REDINK_TORTURE_STAGES": stages, "REDINK_KAFKA_SESSION_TIMEOUT": str(SESSION)} | env
        processes = Processes(zygote, folder, settings)
        world = World(folder, servers, processes, await _keys(servers.dsn))
        try:
            yield world
        finally:
            world.heal()
            await processes.close()
    finally:
        if zygote:
            await zygote.stop()
        await asyncio.to_thread(servers.stop)


async def _keys(dsn: str) -> dict[str, str]:
    async with open_database(PostgresSettings(dsn=SecretStr(dsn), pool=2)) as pool:
        return {tenant: await auth.create_key(pool, tenant) for tenant in TENANTS}
