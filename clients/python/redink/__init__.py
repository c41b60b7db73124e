"""Client of Redink: photos and scans of exam papers in, graded and explained results out.

`Redink` blocks, `AsyncRedink` awaits; they have the same methods. Both repeat what failed in transit, under one
Idempotency-Key, so that a paper is never accepted twice.
"""

from redink.aio import AsyncRedink
from redink.batches import Papers
from redink.blocking import Redink
from redink.calls import Paper
from redink.errors import Ended, ProblemError, RedinkError, Unreachable
from redink.essays import Essay
from redink.models import Batch, Exam, Outcome, Page

__all__ = [
    "AsyncRedink",
    "Batch",
    "Ended",
    "Essay",
    "Exam",
    "Outcome",
    "Page",
    "Paper",
    "Papers",
    "ProblemError",
    "Redink",
    "RedinkError",
    "Unreachable",
]
