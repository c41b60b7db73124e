"""Settings of diagnostic, from the environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class DiagnosticSettings(BaseSettings):
    """`REDINK_DIAGNOSTIC_*`."""

    model_config = SettingsConfigDict(env_prefix="REDINK_DIAGNOSTIC_", extra="ignore", use_attribute_docstrings=True)

    concurrency: int = Field(default=8, ge=1, le=64, description="Exams worked on at a time by one worker.")
