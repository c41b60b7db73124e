"""Configuration of the caches."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024


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
