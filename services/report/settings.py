"""Settings of report, from the environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ReportSettings(BaseSettings):
    """`REDINK_REPORT_*`."""

    model_config = SettingsConfigDict(env_prefix="REDINK_REPORT_", extra="ignore", use_attribute_docstrings=True)

    workers: int = Field(default=1, ge=1, le=32, description="Processes that cut crops and render reports.")
    concurrency: int = Field(default=4, ge=1, le=64, description="Exams worked on at a time by one worker.")
    render_timeout: float = Field(default=60.0, gt=0, le=240, description="Seconds for the rendering of one report.")
    max_crops: int = Field(default=24, ge=0, le=200, description="Most pictures of questions in one report.")
