"""Deletions that a database restored from before, or built anew, knows nothing of: done again, by the marks they left."""

import uuid
from collections.abc import Mapping

from runtime.settings import load
from services.gateway.core.problems import Problem
from services.gateway.limits.meter import Meter
from services.gateway.limits.settings import LimitSettings
from services.gateway.retention import markers, tombstones
from services.gateway.retention.eraser import Eraser
from services.gateway.retention.settings import RetentionSettings
from services.gateway.tools.desk import Desk


async def unknown(desk: Desk) -> dict[uuid.UUID, str]:
    """Exams that are marked as deleted and have no tombstone, and their tenants."""
    marked = await markers.every(desk.blobs)
    rows = await desk.pool.fetch("SELECT exam_id FROM exam_tombstones WHERE exam_id = ANY($1)", list(marked))
    known = {row["exam_id"] for row in rows}
    return {exam_id: tenant for exam_id, tenant in marked.items() if exam_id not in known}


async def repeat(desk: Desk, marked: Mapping[uuid.UUID, str]) -> dict[uuid.UUID, str]:
    """Delete these again, or note that they are; those that could not be, and why."""
    meter = Meter(desk.pool, desk.blobs, load(LimitSettings).meter_seconds)
    eraser = Eraser(desk.pool, desk.blobs, meter, load(RetentionSettings))
    left: dict[uuid.UUID, str] = {}
    for exam_id, tenant in marked.items():
        was = await markers.read(desk.blobs, tenant, exam_id)
        if await desk.exam(exam_id) is None:
            await tombstones.renew(desk.pool, was)
            continue
        # Its result is gone, so there is nothing to be counted: it was when it was deleted.
        await desk.pool.execute("UPDATE exams SET metered = revision WHERE exam_id = $1", exam_id)
        try:
            await eraser.delete(tenant, exam_id, was.reason, was.requested_by)
        except Problem as problem:
            left[exam_id] = f"was deleted, and can't be again yet: {problem.code.value}"
    return left
