"""The invariants, pure: evidence in, findings out."""

from services.gateway.tools.checks.exams import ended_once, equation, history_in_order, nothing_lost, sums_up
from services.gateway.tools.checks.finding import Finding
from services.gateway.tools.checks.outside import nothing_leaks, streams_whole
from services.gateway.tools.checks.records import (
    announced_once,
    duplicates,
    no_ghosts,
    no_offset_past_work,
    no_other_tenants,
    no_unnamed_end,
)
from services.gateway.tools.checks.uploads import belongs_to_upload

INVARIANTS = (
    nothing_lost,
    ended_once,
    no_ghosts,
    history_in_order,
    announced_once,
    belongs_to_upload,
    no_other_tenants,
    sums_up,
    no_offset_past_work,
    no_unnamed_end,
    streams_whole,
    nothing_leaks,
)

__all__ = ["INVARIANTS", "Finding", "duplicates", "equation"]
