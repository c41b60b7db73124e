"""The pure part of diagnostic: paper and verdicts in, diagnosis out. The same input gives the same words."""

from services.diagnostic.core.diagnose import diagnose

__all__ = ["diagnose"]
