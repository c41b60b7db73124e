"""Configuration from the environment: one prefix per part, checked at start, secrets never printed."""

from typing import Any, Literal, Self, TypeVar

from pydantic import Field, FilePath, HttpUrl, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from redis.asyncio.connection import parse_url

S = TypeVar("S", bound=BaseSettings)


REBALANCE_TIMEOUT = 20.0
"""Seconds a group waits for its members to join again: more than a consumer takes to finish and commit before it does."""


_LAST_PORT = 65_535


class BadSettings(Exception):
    """The environment is wrong; the message names the variables and what is wrong, never their values."""


class KafkaSettings(BaseSettings):
    """`REDINK_KAFKA_*`. The profile says what kind of broker answers at `bootstrap`."""

    model_config = SettingsConfigDict(env_prefix="REDINK_KAFKA_", use_attribute_docstrings=True)

    bootstrap: str = Field(default="127.0.0.1:9092", pattern=r"^[^,:\s]+:\d+(,[^,:\s]+:\d+)*$")
    """host:port, several separated by commas"""
    profile: Literal["embedded", "kafka"] = "kafka"
    """`embedded`: the one-node broker of the native stack; `kafka`: Apache Kafka and the like"""
    topic_prefix: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$")
    """before every topic and group, so that several installations (and tests) share a broker"""
    publish_timeout: float = Field(default=15.0, gt=0)
    """seconds after which a publish counts as failed: its fate is unknown, so it is repeated with the same id"""
    session_timeout: float | None = Field(default=None, ge=1)
    """seconds without a heartbeat after which a group gives a consumer's partitions to others; unset: 30 (embedded: 3)"""
    replication: int | None = Field(default=None, ge=1)
    """replicas of topics that `topics` creates; unset: 3, or as many as there are brokers"""
    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """how the brokers' listener is protected: SSL encrypts, SASL asks for a user and password"""
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """of SASL"""
    username: str | None = None
    """of SASL"""
    password: SecretStr | None = None
    """of SASL"""
    ca_file: FilePath | None = None
    """PEM: who signs the brokers' certificates; unset: whom the system trusts"""
    cert_file: FilePath | None = None
    """PEM: our own certificate and key, where the brokers ask for one"""

    @field_validator("bootstrap")
    @classmethod
    def _real_ports(cls, bootstrap: str) -> str:
        if any(not 0 < int(server.rpartition(":")[2]) <= _LAST_PORT for server in bootstrap.split(",")):
            raise ValueError("ports are from 1 to 65535")
        return bootstrap

    def partitions(self, wanted: int) -> int:
        """How many partitions a topic gets. The embedded broker gives four to any topic that is asked for before it is
        declared, as all are when it was restarted; who still believed in others would write where nobody reads.
        """
        return 4 if self.profile == "embedded" else wanted

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.security.startswith("SASL") and not (self.username and self.password):
            raise ValueError(f"{self.security} needs REDINK_KAFKA_USERNAME and REDINK_KAFKA_PASSWORD")
        return self

    @property
    def encrypted(self) -> bool:
        """Whether connections are TLS."""
        return self.security.endswith("SSL")

    @property
    def consumer(self) -> dict[str, Any]:
        """What aiokafka gets: consumer options of the profile."""
        embedded = self.profile == "embedded"
        session = self.session_timeout or (3.0 if embedded else 30.0)
        common: dict[str, Any] = {
            "auto_offset_reset": "earliest",  # `latest` skips the backlog of a new or long idle group
            "max_partition_fetch_bytes": 256 * 1024,
            "max_poll_interval_ms": 600_000,
            "session_timeout_ms": round(session * 1000),
            "heartbeat_interval_ms": round(min(3.0, max(session / 10, 0.5)) * 1000),
            # The embedded broker looks for new records once per wait. Six idle consumers at 20 ms take it half a core,
            # at 100 ms a seventh, for 0.02 s more per hop: with two cores that half is better spent on reading papers.
            # Kafka answers as soon as there is a record, however long the wait.
            "fetch_max_wait_ms": 100 if embedded else 500,
        }
        return common if embedded else common | {"rebalance_timeout_ms": round(REBALANCE_TIMEOUT * 1000)}

    @property
    def producer(self) -> dict[str, Any]:
        """What aiokafka gets: producer options of the profile; the embedded broker knows no idempotent producer."""
        return {"acks": "all", "linger_ms": 0, "enable_idempotence": self.profile == "kafka"}

    @property
    def connection(self) -> dict[str, Any]:
        """What aiokafka gets for every connection, of producers and consumers."""
        return {
            # A request that isn't answered by then ends its connection: so is one found out that is open at our end
            # only. A member's request to join is answered when all have joined, so it has to last longer than that.
            "request_timeout_ms": round((REBALANCE_TIMEOUT + 5) * 1000),
            "connections_max_idle_ms": 180_000,  # before a load balancer forgets them, often after four minutes
            "metadata_max_age_ms": 60_000,
        }


class RedisSettings(BaseSettings):
    """`REDINK_REDIS_*`. Redis is a cache and a crash counter; everything works without it."""

    model_config = SettingsConfigDict(env_prefix="REDINK_REDIS_", use_attribute_docstrings=True)

    url: SecretStr | None = None
    """redis://[user:password@]host:port/db; unset: no cache"""
    timeout: float = Field(default=0.5, gt=0)
    """seconds one command may take before it counts as a miss"""

    @field_validator("url")
    @classmethod
    def _understood(cls, url: SecretStr | None) -> SecretStr | None:
        try:
            if url is not None:
                parse_url(url.get_secret_value())
        except ValueError:  # whose message may quote it
            raise ValueError(
                "must be redis://…, rediss://… or unix://…, with a number as port and as database"
            ) from None
        return url


class BlobSettings(BaseSettings):
    """`REDINK_BLOBS_*`."""

    model_config = SettingsConfigDict(env_prefix="REDINK_BLOBS_", use_attribute_docstrings=True)

    url: str = "file:///var/lib/redink/blobs"
    """file:///folder or s3://bucket[/prefix]"""
    s3_endpoint: HttpUrl | None = None
    """address of an S3-compatible store; unset: AWS"""
    s3_region: str = "us-east-1"
    s3_access_key: SecretStr | None = None
    """unset: the credentials of the instance or pod"""
    s3_secret_key: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        if not url.startswith(("file:///", "s3://")):
            raise ValueError("must start with file:/// or s3://")
        return url


class HttpSettings(BaseSettings):
    """`REDINK_HTTP_*`: health and metrics of every process, and the gateway's API."""

    model_config = SettingsConfigDict(env_prefix="REDINK_HTTP_", use_attribute_docstrings=True)

    host: str = "0.0.0.0"  # noqa: S104 - a service in a container; the native stack sets loopback
    port: int = Field(default=8000, ge=0, le=65535)


class LogSettings(BaseSettings):
    """`REDINK_LOG_*`."""

    model_config = SettingsConfigDict(env_prefix="REDINK_LOG_", use_attribute_docstrings=True)

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class TraceSettings(BaseSettings):
    """`REDINK_TRACE_*`: spans for OpenTelemetry. Trace ids are in headers, logs and problems with or without."""

    model_config = SettingsConfigDict(env_prefix="REDINK_TRACE_", use_attribute_docstrings=True, env_ignore_empty=True)

    endpoint: HttpUrl | None = None
    """a collector of OTLP over HTTP, as http://collector:4318; unset: no spans are recorded"""
    ratio: float = Field(default=1.0, ge=0, le=1)
    """share of traces that are recorded, by their ids: say the same to all processes"""


class FlowSettings(BaseSettings):
    """`REDINK_FLOW_*`: retries, dead letters and drain, the same for every stage."""

    model_config = SettingsConfigDict(env_prefix="REDINK_FLOW_", use_attribute_docstrings=True)

    retries: int = Field(default=3, ge=0)
    """tries after the first"""
    retry_base: float = Field(default=1.0, gt=0)
    """seconds before the first retry; doubles"""
    retry_cap: float = Field(default=600.0, gt=0)
    """longest wait between tries, in seconds"""
    crash_limit: int = Field(default=3, ge=1)
    """starts of one record that never came to an end, after which it is set aside"""
    dead_consecutive: int = Field(default=20, ge=1)
    """dead letters in a row that stop the stage"""
    dead_ratio: float = Field(default=0.3, gt=0, le=1)
    """share of dead letters among recent records that stops the stage, once `dead_sample` were seen"""
    dead_sample: int = Field(default=100, ge=1)
    """how many recent records `dead_ratio` looks at"""
    drain_seconds: float = Field(default=60.0, gt=0)
    """time to finish what is running after SIGTERM; the rest is handed back. Leaving takes up to 25 s more"""
    stall_seconds: float = Field(default=120.0, gt=0)
    """seconds without a turn of a poll loop, or beyond a stage's hard limit, after which the process isn't alive"""


class Settings:
    """The parts every process needs, read once and passed on."""

    def __init__(self) -> None:
        """Raises BadSettings."""
        self.kafka = load(KafkaSettings)
        self.redis = load(RedisSettings)
        self.blobs = load(BlobSettings)
        self.http = load(HttpSettings)
        self.log = load(LogSettings)
        self.trace = load(TraceSettings)
        self.flow = load(FlowSettings)


def load(kind: type[S]) -> S:
    """Read one part from the environment, or raise BadSettings with the names of the variables to mend."""
    try:
        return kind()
    except ValidationError as error:
        prefix = str(kind.model_config.get("env_prefix", ""))
        wrong = "; ".join(
            f"{prefix}{'_'.join(str(part) for part in item['loc'])}".upper() + f": {item['msg']}"
            for item in error.errors(include_input=False, include_url=False, include_context=False)
        )
        raise BadSettings(wrong) from None
