"""The kinds of faults, each by name: what the nemesis can do to a world. All of them heal what they broke."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import redis.asyncio as aioredis

from tests.faults.world import STAGE_NAMES, World

Act = Callable[["Hand"], Awaitable[None]]


@dataclass
class Hand:
    """What an act works with. `session`: seconds after which the broker gives up a silent consumer."""

    world: World
    chance: random.Random
    session: float
    replicas: dict[str, int]
    orders: int = field(default=0)

    def role(self) -> str:
        """Some stage."""
        return self.chance.choice(STAGE_NAMES)

    def member(self, role: str) -> str:
        """Some member of a role."""
        return self.chance.choice(self.world.processes.of(role))


@dataclass(frozen=True)
class Kind:
    """One kind of fault. Kinds of one lane never happen at the same time; `rare` ones cost seconds of everybody."""

    name: str
    lane: str
    act: Act
    rare: bool = False


# --- processes


async def _kill(role: str, hand: Hand) -> None:
    await hand.world.processes.kill(hand.member(role))


async def _pause(role: str | None, hand: Hand, seconds: float | None = None) -> None:
    name = hand.member(role or hand.role())
    hand.world.processes.pause(name)
    try:
        await asyncio.sleep(seconds or hand.session * hand.chance.uniform(1.2, 2.0))
    finally:
        hand.world.processes.resume(name)


async def _restart(role: str | None, hand: Hand) -> None:
    name = hand.member(role or hand.role())
    await hand.world.processes.stop(name, 20)
    await hand.world.processes.start(name)


async def _storm(hand: Hand) -> None:
    role = hand.role()
    name = f"{role}-9"
    for _ in range(4):
        await hand.world.processes.start(name)
        await asyncio.sleep(hand.chance.uniform(0.8, 2.0))
        await hand.world.processes.kill(name, again=False)


async def _scale(hand: Hand) -> None:
    role = hand.role()
    await hand.world.scale(role, 4)
    await asyncio.sleep(hand.chance.uniform(2, 5))
    await hand.world.scale(role, hand.replicas.get(role, 1))


async def _kill_child(hand: Hand) -> None:
    pid = hand.world.processes.members[hand.member("ocr")].pid
    for child in _pool_of(pid) if pid else ():
        os.kill(child, signal.SIGKILL)


def _pool_of(pid: int) -> list[int]:
    """The pool's processes of a process: those that multiprocessing spawned."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
        return [child for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    except OSError:
        return []


# --- servers


async def _freeze(server: str, hand: Hand) -> None:
    await hand.world.servers.freeze(server, hand.chance.uniform(2, 6))


async def _server(server: str, hand: Hand, *, hard: bool, down: float = 0.0) -> None:
    await hand.world.servers.restart(server, hard=hard, down=down)


async def _terminate(hand: Hand) -> None:
    for _ in range(4):
        async with hand.world.database() as database:
            await database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'redink-gateway' AND random() < 0.7"
            )
        await asyncio.sleep(hand.chance.uniform(0.2, 0.6))


async def _lock(hand: Hand) -> None:
    async with hand.world.database() as database, database.transaction():
        await database.execute("LOCK TABLE exams IN SHARE ROW EXCLUSIVE MODE")
        await asyncio.sleep(hand.chance.uniform(1, 4))


async def _redis(hand: Hand, *commands: tuple[str, ...], then: tuple[str, ...] = ()) -> None:
    port = hand.world.servers.children["redis"].port
    async with aioredis.Redis(port=port, socket_timeout=5) as client:
        try:
            for command in commands:
                await client.execute_command(*command)
            if then:
                await asyncio.sleep(hand.chance.uniform(2, 5))
        finally:
            if then:
                await client.execute_command(*then)


# --- the network


async def _weather(server: str, direction: Any, verbs: dict[str, Any], seconds: float, hand: Hand) -> None:
    proxy = hand.world.proxy[server]
    proxy.set(direction, **verbs)
    try:
        await asyncio.sleep(hand.chance.uniform(0.6, 1.4) * seconds)
    finally:
        proxy.set(direction, **{verb: type(value)() for verb, value in verbs.items()})


async def _shut(server: str, hand: Hand) -> None:
    proxy = hand.world.proxy[server]
    await asyncio.to_thread(proxy.shut)
    try:
        await asyncio.sleep(hand.chance.uniform(1, 4))
    finally:
        await asyncio.to_thread(proxy.open)


async def _reset(server: str, hand: Hand) -> None:
    hand.world.proxy[server].reset()


async def _cut(server: str, hand: Hand) -> None:
    proxy = hand.world.proxy[server]
    proxy.cut_replies(hand.chance.randint(1, 5))
    try:
        await asyncio.sleep(1)
    finally:
        proxy.cut_replies(0)


# --- inside the processes; counted from their journal


async def _ordered(kinds: dict[str, float], hand: Hand) -> None:
    """For some seconds a share of some role's calls fails in this way."""
    who = hand.chance.choice([*STAGE_NAMES, "gateway", "*"])
    hand.world.commands.set(who, **kinds)
    try:
        await asyncio.sleep(hand.chance.uniform(1.5, 4))
    finally:
        hand.world.commands.set(who, **dict.fromkeys(kinds))


async def _books(kind: str, share: float, hand: Hand) -> None:
    hand.world.commands.set("gateway", **{kind: share})
    try:
        await asyncio.sleep(hand.chance.uniform(1.5, 4))
    finally:
        hand.world.commands.set("gateway", **{kind: None})


STAGE_POINTS = (
    "blobs.put.before", "blobs.put.after", "kafka.sink.before", "kafka.sink.after", "kafka.status.before",
    "kafka.status.after", "kafka.retry.after", "kafka.dead.after", "kafka.commit.before", "kafka.commit.after",
    "kafka.handle.before", "kafka.handle.after",
)  # fmt: skip
GATEWAY_POINTS = (
    "blobs.put.after", "ledger.reserve.after", "ledger.accept.before", "ledger.accept.after", "kafka.uploaded.before",
    "kafka.uploaded.after", "ledger.relay.before", "ledger.relay.after", "ledger.project.before", "ledger.project.after",
    "ledger.sweep.before", "ledger.sweep.after", "ledger.cancel.after", "kafka.control.after", "kafka.commit.before",
)  # fmt: skip


async def _crash(hand: Hand) -> None:
    """For some seconds some role dies at one of its places."""
    who = hand.chance.choice([*STAGE_NAMES, "gateway"])
    place = hand.chance.choice(GATEWAY_POINTS if who == "gateway" else STAGE_POINTS)
    share = 1.0 if "retry" in place or "dead" in place or "control" in place else 0.3
    hand.world.commands.set(who, crash=f"{who}.{place}:{share}")
    try:
        await asyncio.sleep(hand.chance.uniform(0.8, 2))
    finally:
        hand.world.commands.set(who, crash=None)


async def _hog(hand: Hand) -> None:
    hand.orders += 1
    who = hand.chance.choice([*STAGE_NAMES, "gateway"])
    hand.world.commands.set(who, hog=[hand.orders, hand.session * hand.chance.uniform(0.8, 1.6)])
    await asyncio.sleep(0.6)


async def _clock(offset: float, hand: Hand) -> None:
    who = f"{hand.role()}-1"
    hand.world.commands.set(who, clock=offset)
    try:
        await asyncio.sleep(hand.chance.uniform(3, 6))
    finally:
        hand.world.commands.set(who, clock=None)


def all_kinds() -> Iterator[Kind]:
    """Every kind but those of the topics (tests.faults.topics)."""
    for role in (*STAGE_NAMES, "gateway"):
        yield Kind(f"kill -9 {role}", "processes", partial(_kill, role))
    yield Kind("SIGSTOP a stage beyond its session", "pauses", partial(_pause, None))
    yield Kind("SIGSTOP a gateway", "pauses", partial(_pause, "gateway"))
    yield Kind("SIGSTOP a stage 45 s", "pauses", partial(_pause, None, seconds=45), rare=True)
    yield Kind("SIGTERM and restart of a stage", "processes", partial(_restart, None))
    yield Kind("SIGTERM and restart of a gateway", "processes", partial(_restart, "gateway"))
    yield Kind("rebalance storm", "members", _storm)
    yield Kind("scale 1 to 4 to 1", "members", _scale, rare=True)
    yield Kind("kill -9 a pool's child", "processes", _kill_child)
    yield from _server_kinds()
    yield from _network_kinds()
    for kind, share in {"error": 0.3, "slow": 0.3, "full": 0.5, "truncated": 0.2, "missing": 0.1}.items():
        yield Kind(f"blobs.{kind}", "inside", partial(_ordered, {f"blobs__{kind}": share}))
    for kind, share in {"error": 0.3, "slow": 0.2, "lost": 0.3, "twice": 0.5}.items():
        yield Kind(f"kafka.{kind}", "inside", partial(_ordered, {f"kafka__{kind}": share}))
    for kind, share in {"error": 0.7, "lost": 0.7}.items():
        yield Kind(f"commit.{kind}", "inside", partial(_ordered, {f"commit__{kind}": share}))
    for kind, share in {"deadlock": 0.2, "serialization": 0.2, "lost": 0.2}.items():
        yield Kind(f"ledger.{kind}", "inside", partial(_books, f"ledger__{kind}", share))
    yield Kind("crash point", "crashes", _crash)
    yield Kind("loop blocked", "inside", _hog)
    yield Kind("clock 10 min ahead", "clocks", partial(_clock, 600.0), rare=True)
    yield Kind("clock 10 min behind", "clocks", partial(_clock, -600.0), rare=True)


def _server_kinds() -> Iterator[Kind]:
    for server in ("kafka", "postgres", "redis"):
        yield Kind(f"SIGSTOP {server}", "servers", partial(_freeze, server))
        rare = server != "redis"
        yield Kind(f"{server} restarted", "servers", partial(_server, server, hard=False), rare=rare)
        yield Kind(f"{server} killed -9", "servers", partial(_server, server, hard=True), rare=rare)
    yield Kind("kafka down 15 s", "servers", partial(_server, "kafka", hard=True, down=15.0), rare=True)
    yield Kind("pg_terminate_backend", "servers", _terminate)
    yield Kind("exams locked in Postgres", "servers", _lock)
    yield Kind("redis flushed", "servers", partial(_redis_flush))
    yield Kind("redis read-only", "servers", partial(_redis_read_only))


async def _redis_flush(hand: Hand) -> None:
    await _redis(hand, ("FLUSHALL",))


async def writable(hand: Hand) -> None:
    """End read-only."""
    await _redis(hand, ("REPLICAOF", "NO", "ONE"))


async def _redis_read_only(hand: Hand) -> None:
    await _redis(hand, ("REPLICAOF", "127.0.0.1", "1"), then=("REPLICAOF", "NO", "ONE"))


def _network_kinds() -> Iterator[Kind]:
    for server, slow in (("kafka", 40_000), ("postgres", 40_000), ("redis", 2000)):
        for name, direction, verbs, seconds in (
            ("latency", "both", {"latency": 0.4}, 4.0),
            ("slow", "both", {"rate": slow}, 4.0),
            ("sliced", "both", {"slices": 64}, 3.0),
            ("black hole", "both", {"silent": True}, 4.0),
            ("half open, no answers", "down", {"silent": True}, 3.0),
            ("half open, no requests", "up", {"silent": True}, 3.0),
        ):
            yield Kind(f"{server}: {name}", "network", partial(_weather, server, direction, verbs, seconds))
        yield Kind(f"{server}: shut", "network", partial(_shut, server))
        yield Kind(f"{server}: reset", "network", partial(_reset, server))
        yield Kind(f"{server}: answers cut", "network", partial(_cut, server))
