"""Configuration of retention."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class RetentionSettings(BaseSettings):
    """`REDINK_RETENTION_*`: when exams are deleted without being asked to, and what is left of deleted ones."""

    model_config = SettingsConfigDict(env_prefix="REDINK_RETENTION_", use_attribute_docstrings=True)

    days: int | None = Field(default=None, ge=1)
    """after its end, an exam is deleted; a tenant may have its own number. Unset: kept until somebody deletes it"""
    sweep_seconds: float = Field(default=60.0, gt=0)
    """how often exams past their time, and deletions to be finished, are looked for"""
    again_seconds: float = Field(default=1800.0, gt=0)
    """after a deletion its folder is looked at again: a stage that was at work may have stored something since"""
