"""Whether a student's short answer says the same as the key: exact, bounded, total on any text."""

from services.analyzer.core.equality.compare import compare
from services.analyzer.core.equality.match import Match

__all__ = ["Match", "compare"]
