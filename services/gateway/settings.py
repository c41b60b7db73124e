"""Configuration of the gateway."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.events import Priority
from services.gateway.acceptance import Limits
from services.gateway.core import keys

MIB = 1024 * 1024


class PostgresSettings(BaseSettings):
    """`REDINK_POSTGRES_*`: only the gateway has a database."""

    model_config = SettingsConfigDict(env_prefix="REDINK_POSTGRES_", use_attribute_docstrings=True)

    dsn: SecretStr = SecretStr("postgresql://127.0.0.1:5432/redink")
    """postgresql://user:password@host:port/database: the owner of the tables, who migrates and does background work"""
    api_dsn: SecretStr | None = None
    """the same database for requests, as a login that is a member of redink_api only; unset: `dsn` and SET ROLE"""
    pool: int = Field(default=16, ge=2, le=200)
    """most connections per gateway process, half of them for requests; of three more, two look up keys and one listens"""
    acquire_timeout: float = Field(default=3.0, gt=0)
    """seconds to wait for a connection of the pool, or a new one; then a request is answered with 503"""
    statement_timeout: float = Field(default=5.0, gt=0)
    """seconds a statement may take"""

    @field_validator("dsn", "api_dsn")
    @classmethod
    def _known_scheme(cls, dsn: SecretStr | None) -> SecretStr | None:
        if dsn is not None and not dsn.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must start with postgresql://")
        return dsn


class GatewaySettings(BaseSettings):
    """`REDINK_GATEWAY_*`: limits, deadlines and the pace of the background tasks."""

    model_config = SettingsConfigDict(env_prefix="REDINK_GATEWAY_", use_attribute_docstrings=True)

    dev_key: SecretStr | None = None
    """an API key rk_<id>_<secret> that is made to exist for the tenant `dev`; for development only"""

    max_body_bytes: int = Field(default=256 * MIB, ge=1024)
    """of one upload, all parts together"""
    max_file_bytes: int = Field(default=64 * MIB, ge=1)
    """of one uploaded file"""
    max_files: int = Field(default=60, ge=1)
    """files of one upload"""
    max_fields: int = Field(default=32, ge=1)
    """text fields of one upload"""
    max_field_bytes: int = Field(default=8 * 1024, ge=64)
    """of one text field"""
    max_key_bytes: int = Field(default=MIB, ge=64)
    """of the field answer_key"""
    upload_idle_seconds: float = Field(default=30.0, gt=0)
    """longest silence of a client in the middle of its upload"""
    upload_seconds: float = Field(default=600.0, gt=0)
    """longest duration of an upload"""
    upload_min_rate: int = Field(default=2048, ge=0)
    """bytes per second that a client sends at least, on average, once it has had `upload_idle_seconds`; 0: any"""
    opener: str | None = None
    """socket of an opener on this host (REDINK_OCR_OPENER_SOCKET): files are looked at while they arrive; unset: not"""
    looks_at_once: int = Field(default=16, ge=1)
    """files that arrive and are looked at at a time; beyond, files are accepted without a look"""
    advice_seconds: float = Field(default=0.15, ge=0)
    """longest that an upload's answer waits for the look at its last file"""
    check_seconds: float = Field(default=10.0, gt=0)
    """longest that POST /checks waits for a place, and for looks once the files are there"""
    store_seconds: float = Field(default=5.0, gt=0)
    """longest that an upload waits for the database before its body is read, and again after; then 503"""
    lease_seconds: float = Field(default=30.0, gt=0)
    """how long an Idempotency-Key stays in flight when its process died; renewed while an upload arrives"""
    max_in_flight: int = Field(default=1000, ge=1)
    """exams of one tenant that have not ended; beyond, uploads are answered with 429"""
    max_outbox: int = Field(default=100_000, ge=1)
    """events that wait for the broker; beyond, uploads are answered with 503"""
    max_wait_seconds: float = Field(default=60.0, ge=0)
    """most that `Prefer: wait=N` is honoured with"""
    max_templates: int = Field(default=2000, ge=1)
    """templates of one tenant"""
    idempotency_hours: float = Field(default=72.0, gt=0)
    """how long an Idempotency-Key is remembered"""

    interactive_deadline_seconds: float = Field(default=600.0, gt=0)
    """after its upload, an exam of class interactive is EXPIRED"""
    batch_deadline_seconds: float = Field(default=3600.0, gt=0)
    """after its upload, an exam of class batch is EXPIRED"""

    relay_poll_seconds: float = Field(default=0.5, gt=0)
    """how often the outbox is looked at when no notification came"""
    relay_batch: int = Field(default=50, ge=1)
    """events published at a time"""
    relay_retry_seconds: float = Field(default=1.0, gt=0)
    """before an event that could not be published is tried again; doubles up to ten seconds"""
    sweep_seconds: float = Field(default=5.0, gt=0)
    """how often silent and overdue exams are looked for"""
    silence_seconds: float = Field(default=90.0, gt=0)
    """an exam no stage spoke of for so long is republished from its last artefact; after the first time, twice as long"""
    parked_days: float = Field(default=14.0, gt=0)
    """how long an event that fits no exam is kept"""
    sse_poll_seconds: float = Field(default=2.0, gt=0)
    """how often a live stream looks for events when no notification came"""
    sse_heartbeat_seconds: float = Field(default=15.0, gt=0)
    """a comment is sent after so much silence, so that proxies keep the stream open"""
    live_send_seconds: float = Field(default=20.0, gt=0)
    """longest that a live client may keep what is sent to it waiting; then it is cut off, and resumes"""
    live_seconds: float = Field(default=3600.0, gt=0)
    """a live stream ends after so long, and its client resumes: with a key that is still valid"""
    live_per_tenant: int = Field(default=1000, ge=1)
    """live streams of one tenant per gateway process; beyond, they are answered with 429"""
    ticket_seconds: float = Field(default=60.0, gt=0)
    """how long a ticket can open a live stream"""

    @property
    def limits(self) -> Limits:
        """What an upload is admitted by."""
        return Limits(self.max_in_flight, self.max_outbox)

    def deadline_seconds(self, priority: Priority) -> float:
        """From the upload to EXPIRED."""
        return self.batch_deadline_seconds if priority == "batch" else self.interactive_deadline_seconds

    @field_validator("dev_key")
    @classmethod
    def _well_formed(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value():
            return None
        if value is not None and keys.parse(value.get_secret_value()) is None:
            raise ValueError(
                "must look like rk_<id>_<secret>: id of 2-32 letters and digits, secret of 24-128 of A-Za-z0-9_-"
            )
        return value
