"""One run of a stage's work, with its time limits."""

import asyncio

from contracts.base import Contract
from contracts.errors import ErrorCode, Permanent, Transient
from runtime import metrics
from runtime.job import Job
from runtime.stage import Stage


async def artefact_of(stage: Stage, job: Job) -> Contract:
    """What the work returns: cancelled at the soft limit, abandoned at the hard one.

    Raises what it raises, Permanent(STAGE_TIMEOUT), Transient when it was cancelled by another than us, and TypeError for
    another artefact than the stage's.
    """
    task = asyncio.ensure_future(stage.work(job))
    try:
        done, _ = await asyncio.wait({task}, timeout=stage.soft_timeout)
        if not done:
            task.cancel()
            done, _ = await asyncio.wait({task}, timeout=stage.hard_timeout - stage.soft_timeout)
            if not done:
                metrics.VIOLATIONS.labels("work_ignores_cancellation").inc()
            raise Permanent(ErrorCode.STAGE_TIMEOUT, f"over {stage.soft_timeout:.0f} s")
    except asyncio.CancelledError:  # drain: hand the record back
        task.cancel()
        await asyncio.wait({task}, timeout=1)
        raise
    if task.cancelled():
        raise Transient("something that the work waited for was cancelled")
    artefact = task.result()
    if not isinstance(artefact, stage.row.artefact):
        raise TypeError(f"{stage.name} returned a {type(artefact).__name__}")
    return artefact
