"""Configuration of the gateway."""

from pydantic import Field, HttpUrl, SecretStr, field_validator
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


class BatchSettings(BaseSettings):
    """`REDINK_BATCH_*`: uploads of many papers, and the class reports on them."""

    model_config = SettingsConfigDict(env_prefix="REDINK_BATCH_", use_attribute_docstrings=True)

    max_body_bytes: int = Field(default=480 * MIB, ge=1024)
    """of one upload, all parts together; kept in the folder for temporary files while it arrives"""
    max_uploads: int = Field(default=2, ge=1)
    """uploads of batches at a time, per gateway process; beyond, they are answered with 503"""
    max_papers: int = Field(default=500, ge=1)
    """of one batch"""
    max_files: int = Field(default=3000, ge=1)
    """of one batch, entries of an archive included"""
    max_inflated_bytes: int = Field(default=2048 * MIB, ge=1024)
    """of all files of an archive, unpacked"""
    max_ratio: float = Field(default=100.0, gt=1)
    """unpacked to packed bytes of an archive"""
    max_manifest_bytes: int = Field(default=4 * MIB, ge=1024)
    """of the manifest"""
    max_waiting: int = Field(default=5000, ge=1)
    """papers of one tenant that have not become exams yet; beyond, batches are answered with 429"""
    accept_seconds: float = Field(default=10.0, ge=0)
    """how long an answer waits until the papers have become exams; the others do after it"""
    look_seconds: float = Field(default=5.0, ge=0)
    """how long the papers of a batch are looked at while they are stored; those after it get no advice"""
    lease_seconds: float = Field(default=30.0, gt=0)
    """after a gateway that was accepting a batch's papers died, another goes on"""
    poll_seconds: float = Field(default=1.0, gt=0)
    """how often batches that have not ended are looked at"""
    keep_days: float = Field(default=90.0, gt=0)
    """an ended batch of which no exam is left is forgotten after so long, with the names of its files"""
    reports_kept: int = Field(default=8, ge=0)
    """computed class reports that a gateway process keeps"""


class LimitSettings(BaseSettings):
    """`REDINK_LIMIT_*`: what one tenant may ask for. The defaults are what one gateway can serve: tenants that share
    an installation get less, by these settings or by a factor of their own.
    """

    model_config = SettingsConfigDict(env_prefix="REDINK_LIMIT_", use_attribute_docstrings=True)

    reads_per_minute: int = Field(default=30_000, ge=1)
    """requests that change nothing"""
    writes_per_minute: int = Field(default=6_000, ge=1)
    """requests that change something, uploads aside"""
    uploads_per_minute: int = Field(default=6_000, ge=1)
    """POST /exams and POST /batches"""
    replicas: int = Field(default=1, ge=1)
    """gateways there are: while Redis is away, each keeps to its share of the rates"""
    meter_seconds: float = Field(default=5.0, gt=0)
    """how often completed exams are looked for whose pages, tokens and cost are not counted yet"""


class AdminSettings(BaseSettings):
    """`REDINK_ADMIN_*`: calls of operators, on a port of their own. Without a token there are none."""

    model_config = SettingsConfigDict(env_prefix="REDINK_ADMIN_", use_attribute_docstrings=True)

    token: SecretStr | None = None
    """what operators send as Authorization: Bearer; at least 24 characters. Unset: the port isn't opened"""
    host: str = "127.0.0.1"
    """never a public address"""
    port: int = Field(default=8001, ge=0, le=65535)

    @field_validator("token")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if len(value.get_secret_value()) < 24:
            raise ValueError("must have at least 24 characters")
        return value


class RetentionSettings(BaseSettings):
    """`REDINK_RETENTION_*`: when exams are deleted without being asked to, and what is left of deleted ones."""

    model_config = SettingsConfigDict(env_prefix="REDINK_RETENTION_", use_attribute_docstrings=True)

    days: int | None = Field(default=None, ge=1)
    """after its end, an exam is deleted; a tenant may have its own number. Unset: kept until somebody deletes it"""
    sweep_seconds: float = Field(default=60.0, gt=0)
    """how often exams past their time, and deletions to be finished, are looked for"""
    again_seconds: float = Field(default=1800.0, gt=0)
    """after a deletion its folder is looked at again: a stage that was at work may have stored something since"""


class CacheSettings(BaseSettings):
    """`REDINK_CACHE_*`: what gateways keep in memory, and in Redis if there is one."""

    model_config = SettingsConfigDict(env_prefix="REDINK_CACHE_", use_attribute_docstrings=True)

    local_bytes: int = Field(default=32 * MIB, ge=0)
    """memory of each cache (templates, results, statuses) of a gateway process; 0: none"""
    shared_chars: int = Field(default=MIB, ge=0)
    """longest text that goes into Redis"""
    template_days: float = Field(default=30.0, gt=0)
    """how long a template's version is kept; it never changes, a new version is another key"""
    subject_days: float = Field(default=1.0, gt=0)
    """how long a version of a subject's rules is kept"""
    document_bytes: int = Field(default=4 * MIB, ge=0)
    """largest result document that is cached"""
    result_hours: float = Field(default=1.0, gt=0)
    """how long a result document is kept"""
    status_seconds: float = Field(default=2.0, gt=0)
    """longest that a status tells the same stage times and queue without another event of the exam"""


class ReviewSettings(BaseSettings):
    """`REDINK_REVIEW_*`: the queue of questions that teachers look at."""

    model_config = SettingsConfigDict(env_prefix="REDINK_REVIEW_", use_attribute_docstrings=True)

    poll_seconds: float = Field(default=1.0, gt=0)
    """how often completed exams are looked through, and decisions that are due looked for"""
    settle_seconds: float = Field(default=10.0, ge=0)
    """an exam's decisions are applied together, as one revision: so long after the last one, or when none is open"""


class WebhookSettings(BaseSettings):
    """`REDINK_WEBHOOK_*`: how the ends of exams are told to those who asked for it."""

    model_config = SettingsConfigDict(env_prefix="REDINK_WEBHOOK_", use_attribute_docstrings=True)

    ports: tuple[int, ...] = (443, 8443)
    """that receivers may listen on, as JSON: [443, 8443]"""
    allow_loopback: bool = False
    """for development: loopback addresses may be called, on any port and with plain http"""
    timeout_seconds: float = Field(default=15.0, gt=0)
    """of one attempt, from resolving the name to the status of the answer"""
    concurrency: int = Field(default=32, ge=1)
    """attempts at a time, per gateway process"""
    per_tenant: int = Field(default=16, ge=1)
    """attempts at a time for one tenant"""
    per_endpoint: int = Field(default=4, ge=1)
    """attempts at a time at one endpoint, so that one that hangs doesn't hold up the others"""
    poll_seconds: float = Field(default=1.0, gt=0)
    """how often due deliveries are looked for when no notification came"""
    retry_seconds: tuple[float, ...] = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    """before each further attempt, ±10 %; after the last one the delivery has failed"""
    disable_days: float = Field(default=5.0, gt=0)
    """an endpoint that answered nothing well for so long is disabled"""
    secret_overlap_hours: float = Field(default=24.0, ge=0)
    """how long deliveries are also signed with the former secret after a rotation"""
    keep_days: float = Field(default=30.0, gt=0)
    """how long ended deliveries can be looked up, and what a disabled endpoint is owed is kept"""
    max_endpoints: int = Field(default=20, ge=1)
    """of one tenant"""


class CanarySettings(BaseSettings):
    """`REDINK_CANARY_*`: synthetic exams, by `python -m services canary`."""

    model_config = SettingsConfigDict(env_prefix="REDINK_CANARY_", use_attribute_docstrings=True)

    url: HttpUrl = HttpUrl("http://127.0.0.1:8000")
    """where clients reach the gateway: from outside the load balancer, if there is one"""
    key: SecretStr | None = None
    """API key of the canary, rk_<id>_<secret>; a gateway that has the same setting makes it valid for the tenant `canary`"""
    every_seconds: float = Field(default=60.0, gt=0)
    """from one synthetic exam to the next"""
    limit_seconds: float = Field(default=120.0, gt=0)
    """after which one is late"""
