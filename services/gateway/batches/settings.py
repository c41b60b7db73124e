"""Configuration of batches."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024


class BatchSettings(BaseSettings):
    """`REDINK_BATCH_*`: uploads of many papers, and the class reports on them."""

    model_config = SettingsConfigDict(env_prefix="REDINK_BATCH_", use_attribute_docstrings=True)

    max_body_bytes: int = Field(default=480 * MIB, ge=1024)
    """of one upload, all parts together; kept in the folder for temporary files while it arrives"""
    max_uploads: int = Field(default=2, ge=1)
    """uploads of batches at a time, per gateway process; beyond, they are answered with 503"""
    max_papers: int = Field(default=500, ge=1)
    """of one batch"""
    max_files: int = Field(default=3000, ge=1)
    """of one batch, entries of an archive included"""
    max_inflated_bytes: int = Field(default=2048 * MIB, ge=1024)
    """of all files of an archive, unpacked"""
    max_ratio: float = Field(default=100.0, gt=1)
    """unpacked to packed bytes of an archive"""
    max_manifest_bytes: int = Field(default=4 * MIB, ge=1024)
    """of the manifest"""
    max_waiting: int = Field(default=5000, ge=1)
    """papers of one tenant that have not become exams yet; beyond, batches are answered with 429"""
    accept_seconds: float = Field(default=10.0, ge=0)
    """how long an answer waits until the papers have become exams; the others do after it"""
    look_seconds: float = Field(default=5.0, ge=0)
    """how long the papers of a batch are looked at while they are stored; those after it get no advice"""
    lease_seconds: float = Field(default=30.0, gt=0)
    """after a gateway that was accepting a batch's papers died, another goes on"""
    poll_seconds: float = Field(default=1.0, gt=0)
    """how often batches that have not ended are looked at"""
    keep_days: float = Field(default=90.0, gt=0)
    """an ended batch of which no exam is left is forgotten after so long, with the names of its files"""
    reports_kept: int = Field(default=8, ge=0)
    """computed class reports that a gateway process keeps"""
