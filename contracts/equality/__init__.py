"""Whether a student's short answer says the same as the key: exact, bounded, total on any text."""

from contracts.equality.compare import compare
from contracts.equality.match import Match

__all__ = ["Match", "compare"]
