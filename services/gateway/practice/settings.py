"""Settings of item banks and practice papers."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class PracticeSettings(BaseSettings):
    """`REDINK_PRACTICE_*`: item banks and the papers made from them."""

    model_config = SettingsConfigDict(env_prefix="REDINK_PRACTICE_", use_attribute_docstrings=True)

    max_import_bytes: int = Field(default=8 * 1024 * 1024, ge=1024)
    """of one import of items"""
    max_import_items: int = Field(default=5000, ge=1)
    """of one import"""
    max_items: int = Field(default=50_000, ge=1)
    """of one tenant's bank"""
    max_papers: int = Field(default=50_000, ge=1)
    """practice papers of one tenant"""
    items_per_point: int = Field(default=200, ge=1)
    """most items of the tenant's bank that are considered for one knowledge point"""
    pdfs_kept: int = Field(default=16, ge=0)
    """set papers and keys that a gateway process keeps in memory"""
    press_seconds: float = Field(default=30.0, gt=0)
    """longest that setting one PDF may take"""
