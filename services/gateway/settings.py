"""Configuration of the gateway."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.gateway.core import keys

MIB = 1024 * 1024


class PostgresSettings(BaseSettings):
    """`REDINK_POSTGRES_*`: only the gateway has a database."""

    model_config = SettingsConfigDict(env_prefix="REDINK_POSTGRES_", use_attribute_docstrings=True)

    dsn: SecretStr = SecretStr("postgresql://127.0.0.1:5432/redink")
    """postgresql://user:password@host:port/database"""
    pool: int = Field(default=10, ge=2, le=200)
    """most connections per gateway process; one more listens for notifications"""
    statement_timeout: float = Field(default=15.0, gt=0)
    """seconds a statement may take"""


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
    """longest duration of an upload; also how long an Idempotency-Key stays in flight when its process died"""
    max_wait_seconds: float = Field(default=60.0, ge=0)
    """most that `Prefer: wait=N` is honoured with"""
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
    """before an event that could not be published is tried again; doubles up to a minute"""
    sweep_seconds: float = Field(default=5.0, gt=0)
    """how often silent and overdue exams are looked for"""
    silence_seconds: float = Field(default=90.0, gt=0)
    """an exam no stage spoke of for so long is republished from its last artefact; doubles with each time"""
    parked_days: float = Field(default=14.0, gt=0)
    """how long an event that fits no exam is kept"""
    sse_poll_seconds: float = Field(default=2.0, gt=0)
    """how often a live stream looks for events when no notification came"""
    sse_heartbeat_seconds: float = Field(default=15.0, gt=0)
    """a comment is sent after so much silence, so that proxies keep the stream open"""

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
