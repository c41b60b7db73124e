"""Settings of course texts."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CourseSettings(BaseSettings):
    """`REDINK_COURSES_*`: knowledge points from the text of a course. With `REDINK_LLM_*`, a model reads it, too."""

    model_config = SettingsConfigDict(env_prefix="REDINK_COURSES_", use_attribute_docstrings=True)

    max_bytes: int = Field(default=256 * 1024, ge=1024)
    """of one text"""
    max_points: int = Field(default=300, ge=1)
    """proposed from one text"""
    max_own_points: int = Field(default=1000, ge=1)
    """of one tenant and subject"""
    max_proposals: int = Field(default=1000, ge=1)
    """kept for one tenant"""
    passage_chars: int = Field(default=6000, ge=500)
    """most characters of the text in one request to a model"""
    max_passages: int = Field(default=24, ge=1)
    """requests to a model for one text; what goes beyond is read by the local rules alone"""
