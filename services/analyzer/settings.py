"""Settings of analyzer, from the environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class AnalyzerSettings(BaseSettings):
    """`REDINK_ANALYZER_*`."""

    model_config = SettingsConfigDict(env_prefix="REDINK_ANALYZER_", extra="ignore", use_attribute_docstrings=True)

    concurrency: int = Field(default=8, ge=1, le=64, description="Exams worked on at a time by one worker.")
