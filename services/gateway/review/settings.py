"""Configuration of the review queue."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ReviewSettings(BaseSettings):
    """`REDINK_REVIEW_*`: the queue of questions that teachers look at."""

    model_config = SettingsConfigDict(env_prefix="REDINK_REVIEW_", use_attribute_docstrings=True)

    poll_seconds: float = Field(default=1.0, gt=0)
    """how often completed exams are looked through, and decisions that are due looked for"""
    settle_seconds: float = Field(default=10.0, ge=0)
    """an exam's decisions are applied together, as one revision: so long after the last one, or when none is open"""
