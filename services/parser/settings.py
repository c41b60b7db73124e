"""Settings of parser, from the environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ParserSettings(BaseSettings):
    """`REDINK_PARSER_*`."""

    model_config = SettingsConfigDict(env_prefix="REDINK_PARSER_", extra="ignore", use_attribute_docstrings=True)

    concurrency: int = Field(default=8, ge=1, le=64, description="Exams worked on at a time by one worker.")
    tag_ttl: float = Field(default=7 * 24 * 3600, gt=0, description="Seconds that a question's tags stay in Redis.")
    time_limit: float = Field(default=30, gt=0, description="Seconds of CPU that one paper's structure may take.")
