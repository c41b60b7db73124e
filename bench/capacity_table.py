"""How many of each stage for an arrival rate, as a table for the runbook: the plans of `python -m services capacity`."""

from collections.abc import Sequence

from services.gateway.capacity.measured import Measured
from services.gateway.capacity.plan import Plan, Wanted, plan

RATES = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Exams a second."""
PAGES = 2.0


def table(measured: Measured, rates: Sequence[float] = RATES, pages: float = PAGES) -> str:
    """Markdown: for each rate the processes of each stage, and the cores that are busy.

    All of it from CPU times, which a machine that others use changes little; latencies would be those of that machine.
    """
    names = [stage.stage for stage in measured.stages]
    head = ["exams a minute", *names, "cores busy"]
    rows = [f"| {' | '.join(head)} |", "|" + " --: |" * len(head)]
    rows += [f"| {' | '.join(_row(rate, plan(measured, Wanted(rate, pages))))} |" for rate in rates]
    return "\n".join(rows)


def _row(rate: float, planned: Plan) -> list[str]:
    processes = [str(stage.servers if stage.stage == "ocr" else stage.replicas) for stage in planned.stages]
    return [f"{60 * rate:g}", *processes, f"{planned.cpu_hours:.1f}"]
