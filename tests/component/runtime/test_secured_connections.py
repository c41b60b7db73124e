"""Encrypted and authenticated connections, to Apache Kafka itself, and to PostgreSQL and Valkey behind TLS."""

import asyncio
import contextlib
import gc
import os
import shutil
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certificates
import pytest
from exam_world import new_event
from pydantic import SecretStr, ValidationError

from contracts.events import derived_id
from contracts.topics import STAGE
from deploy.native.kafka import _PROPERTIES, Kafka, _java
from deploy.native.process import free_port
from deploy.native.stack import Stack
from runtime import trace
from runtime.cache import open_cache
from runtime.envelope import Record
from runtime.kafka import KafkaError, open_kafka
from runtime.settings import KafkaSettings, RedisSettings
from runtime.topics import committed_offsets
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings

PASSWORD = "a password of the broker's"
SOURCE = STAGE["parser"].sources[0]

_SECURITY = """
listeners=SASL_SSL://127.0.0.1:{port},PLAINTEXT://127.0.0.1:{inner},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=SASL_SSL://127.0.0.1:{port},PLAINTEXT://127.0.0.1:{inner}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
"""


class SecuredKafka(Kafka):
    """Apache Kafka that asks for TLS and SCRAM-SHA-512."""

    start_timeout = 240.0
    keystore: Path
    trusted: Path

    def prepare(self) -> None:
        logs, properties, controller = self.data_dir / "logs", self.data_dir / "server.properties", free_port()
        plain = _PROPERTIES.format(port=self.port, controller=controller, logs=logs)
        kept = [line for line in plain.splitlines() if not line.startswith(("listeners=", "advertised.listeners="))]
        more = _SECURITY.format(port=self.port, inner=free_port(), controller=controller, keystore=self.keystore)
        properties.write_text("\n".join(kept) + more)
        shutil.rmtree(logs, ignore_errors=True)
        user = f'SCRAM-SHA-512=[name=redink,password="{PASSWORD}"]'
        cluster = ["-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c", str(properties), "--add-scram", user]
        self._run(_java("kafka.tools.StorageTool", "format", *cluster))

    def ready(self) -> bool:
        context = ssl.create_default_context(cafile=self.trusted)
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=2) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1"),
        ):
            return True
        return False


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]) -> Iterator[SecuredKafka]:
    broker = SecuredKafka(tmp_path_factory.mktemp("secured") / "kafka")
    broker.trusted, broker.keystore = certificate
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


def settings(kafka: SecuredKafka, *, password: str = PASSWORD, **changes: object) -> KafkaSettings:
    fields = {
        "bootstrap": kafka.bootstrap,
        "security": "SASL_SSL",
        "username": "redink",
        "password": SecretStr(password),
        "ca_file": kafka.trusted,
        "session_timeout": 6,
    }
    return KafkaSettings(**(fields | changes))  # type: ignore[arg-type]


async def test_topics_are_made_and_events_pass_over_tls_with_a_user(kafka: SecuredKafka) -> None:
    got: asyncio.Queue[Record] = asyncio.Queue()
    event = new_event()
    async with open_kafka(settings(kafka), 60) as connection:
        assert SOURCE in await connection.create_topics()
        async with connection.consume([SOURCE], "parser", got.put):
            event_id = derived_id(event.exam_id, "ocr", 1)
            await connection.publish(SOURCE, event, event_id=event_id, source="test", trace=trace.start())
            record = await asyncio.wait_for(got.get(), 60)
    assert record.key == str(event.exam_id).encode()
    committed = await committed_offsets(settings(kafka), "parser")  # the operators' tools get in as well
    assert sum(committed.values()) == 1


@pytest.mark.parametrize("changes", [{"password": "another"}, {"ca_file": None}, {"security": "PLAINTEXT"}])
async def test_nobody_connects_without_the_password_the_right_authority_and_tls(
    kafka: SecuredKafka, changes: dict[str, Any]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # asyncio and aiokafka leave what was refused to the collector
        with pytest.raises((TimeoutError, KafkaError)) as refused:
            async with open_kafka(settings(kafka, **changes), 4):
                pass
        assert PASSWORD not in str(refused.value)
        del refused
        gc.collect()


def test_a_user_without_a_password_is_refused_at_start() -> None:
    with pytest.raises(ValidationError, match="REDINK_KAFKA_PASSWORD"):
        KafkaSettings(security="SASL_SSL", username="redink")


@asynccontextmanager
async def behind_tls(port: int, server: Path, *, postgres: bool) -> AsyncIterator[int]:
    """A port where TLS is spoken, in front of one where it isn't; PostgreSQL's clients ask before they begin."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server)

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if postgres:
            await reader.readexactly(8)
            writer.write(b"S")
            await writer.drain()
        await writer.start_tls(context)
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            try:
                await carry(reader, writer)
            finally:
                writer.close()  # else a refused handshake leaves it to the collector, and to another test's warnings

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


async def test_postgres_is_spoken_to_over_tls_and_only_with_the_right_authority(
    stack: Stack, database: str, certificate: tuple[Path, Path]
) -> None:
    trusted, server = certificate
    parts = urlsplit(database)
    async with behind_tls(parts.port or 0, server, postgres=True) as port:
        address = parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}"))

        def dsn(authority: str) -> PostgresSettings:
            query = f"sslmode=verify-full&sslrootcert={authority}"
            return PostgresSettings(dsn=SecretStr(address._replace(query=query).geturl()), pool=2, acquire_timeout=20)

        async with open_database(dsn(str(trusted))) as pool:
            assert await pool.fetchval("SELECT count(*) FROM exams") == 0
        with pytest.raises(ssl.SSLCertVerificationError):
            async with open_database(dsn(ssl.get_default_verify_paths().cafile or os.devnull)):
                pass


async def test_the_cache_is_spoken_to_over_tls(stack: Stack, certificate: tuple[Path, Path]) -> None:
    trusted, server = certificate
    async with behind_tls(urlsplit(stack.redis_url).port or 0, server, postgres=False) as port:
        for query, found in ((f"?ssl_ca_certs={trusted}", "kept"), ("", None)):
            url = SecretStr(f"rediss://127.0.0.1:{port}/0{query}")
            async with open_cache(RedisSettings(url=url, timeout=10)) as cache:
                await cache.set("tls", "kept", 60)
                assert await cache.get("tls") == found
