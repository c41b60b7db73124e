"""The embedded stack on real sockets: it answers, survives a killed child, and leaves nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio as redis
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.native.process import Child, ChildFailed, free_port
from deploy.native.servers import Postgres, Valkey
from deploy.native.stack import Stack, Supervisor, embedded_stack, lock


async def until(condition: Callable[[], bool], limit: float = 90.0) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    """Zombies don't count: nobody may have reaped an orphan yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


async def test_the_broker_carries_records(stack: Stack, topic_prefix: str) -> None:
    topic = f"{topic_prefix}greetings"
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka_bootstrap, enable_idempotence=False) as producer:
        await producer.send_and_wait(topic, "你好".encode())
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=stack.kafka_bootstrap, auto_offset_reset="earliest")
    async with consumer:
        record = await asyncio.wait_for(consumer.getone(), 90)
    assert record.value.decode() == "你好"


async def test_valkey_answers(stack: Stack) -> None:
    async with redis.Redis.from_url(stack.redis_url) as client:
        assert await client.set("key", "value", ex=60)
        assert await client.get("key") == b"value"


async def test_each_test_has_its_own_database(database: str) -> None:
    connection = await asyncpg.connect(database)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    await connection.close()


async def test_killed_servers_come_back_with_their_data(tmp_path: Path) -> None:
    heard: list[str] = []
    with embedded_stack(tmp_path, durable=False) as stack:
        stack.on_restart = lambda child: heard.append(child.name)
        children: list[Child] = [child for child in (stack.postgres, stack.valkey, stack.broker) if child]
        assert len(children) == 3
        connection = await asyncpg.connect(stack.postgres_dsn)
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        await connection.close()
        for child in children:
            assert child.pid
            os.kill(child.pid, signal.SIGKILL)
        await until(lambda: len(heard) == 3)
        connection = await asyncpg.connect(stack.postgres_dsn)
        assert await connection.fetchval("SELECT answer FROM kept") == 42
        await connection.close()
        stack.supervisor.check()


async def test_data_outlives_a_stop_and_a_pid_file_of_a_stranger(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres", durable=False)
    server.start()
    connection = await asyncpg.connect(server.dsn)
    await connection.execute("CREATE TABLE kept AS SELECT '试卷' AS word")
    await connection.close()
    server.stop()
    server.stop()
    pid_file = tmp_path / "postgres" / "cluster" / "postmaster.pid"
    assert not pid_file.exists()
    pid_file.write_text(f"{os.getpid()}\n{tmp_path}\n")
    server.start()
    connection = await asyncpg.connect(server.dsn)
    assert await connection.fetchval("SELECT word FROM kept") == "试卷"
    await connection.close()
    server.stop()


def test_a_folder_has_one_user(tmp_path: Path) -> None:
    with lock(tmp_path), pytest.raises(ChildFailed, match=f"in use by process {os.getpid()}"):
        lock(tmp_path)
    lock(tmp_path).close()


def test_a_child_that_cannot_start_says_why(tmp_path: Path) -> None:
    with socket_taken() as port, pytest.raises(ChildFailed, match=r"(?i)address already in use"):
        Valkey(tmp_path / "valkey", port).start()


def socket_taken():  # a context manager: the listening socket itself
    import socket  # noqa: PLC0415

    class Taken(socket.socket):
        def __enter__(self):
            self.bind(("127.0.0.1", 0))
            self.listen()
            return self.getsockname()[1]

    return Taken()


SUPERVISOR = """
import sys, time
from deploy.native.stack import embedded_stack
with embedded_stack(sys.argv[1], durable=False) as stack:
    print(*(child.pid for child in (stack.postgres, stack.valkey, stack.broker)), flush=True)
    time.sleep(600)
"""


def test_nothing_outlives_a_killed_supervisor_and_the_folder_can_be_used_again(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout
        pids = [int(pid) for pid in supervisor.stdout.readline().split()]
        assert len(pids) == 3
        supervisor.kill()
    with embedded_stack(tmp_path, durable=False) as stack:
        assert stack.postgres
        assert stack.postgres.pid not in pids
        asyncio.run(until(lambda: not any(alive(pid) for pid in pids)))


class Flaky(Child):
    """Answers at once and dies soon."""

    name = "flaky"

    def command(self) -> list[str]:
        return ["sleep", "0.1"]

    def ready(self) -> bool:
        return True


async def test_a_child_that_keeps_dying_is_given_up(tmp_path: Path) -> None:
    supervisor = Supervisor()
    flaky = Flaky(tmp_path / "flaky")
    supervisor.start(flaky)
    await until(lambda: supervisor.failure is not None)
    with pytest.raises(ChildFailed, match="flaky died 5 times in a minute"):
        supervisor.check()
    assert flaky.restarts == 4
    supervisor.stop()


def test_a_port_for_a_child_is_none_that_the_kernel_gives_to_connections() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50
    assert max(ports) < first
