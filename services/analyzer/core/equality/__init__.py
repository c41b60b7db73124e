"""Whether a student's short answer says the same as the key: exact, bounded, total on any text."""

from services.analyzer.core.equality.compare import Match, compare

__all__ = ["Match", "compare"]
