"""Configuration of webhooks."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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
