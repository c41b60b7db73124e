"""Configuration of records."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MB = 1_000_000


class RecordSettings(BaseSettings):
    """`REDINK_RECORD_*`: what is kept of students' responses, and imports of past ones."""

    model_config = SettingsConfigDict(env_prefix="REDINK_RECORD_", use_attribute_docstrings=True)

    poll_seconds: float = Field(default=1.0, gt=0)
    """how often completed exams that are not recorded, and imports nobody works on, are looked for"""
    import_bytes: int = Field(default=100 * MB, ge=1024)
    """of one import's file"""
    import_rows: int = Field(default=500_000, ge=1)
    """of one import; the importer remembers 8 bytes of each, to tell rows that come twice"""
    import_errors: int = Field(default=10_000, ge=1)
    """of one import, the first that are kept to be read; the others are counted"""
    batch_rows: int = Field(default=1000, ge=1, le=10_000)
    """rows of an import that are one transaction"""
    batches_at_once: int = Field(default=3, ge=1)
    """transactions of one import at a time"""
    open_imports: int = Field(default=20, ge=1)
    """of one tenant that have not ended; beyond, files are answered with 429"""
    lease_seconds: float = Field(default=30.0, gt=0)
    """after a gateway that was taking an import died, another goes on"""
    keep_days: float = Field(default=90.0, gt=0)
    """how long the outcome of an import can be read"""
