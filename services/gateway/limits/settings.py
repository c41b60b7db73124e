"""Configuration of limits."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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
