"""An essay's artefacts in the blob store, before it is accepted: what the analyzer reads has to be there first."""

import asyncio
import uuid

from contracts.artefacts import Submission
from contracts.events import BlobRef
from contracts.topics import STAGES, SUBMISSION, artefact_path
from runtime.blobs import Blobs
from services.gateway import scraps
from services.gateway.essays.paper import AFTER, paper_of, reading_of


async def store(blobs: Blobs, tenant: str, exam_id: uuid.UUID, submission: Submission) -> BlobRef:
    """All of them; the reference of the last, which the event names."""
    documents = {SUBMISSION: submission, STAGES[0].name: reading_of(), AFTER.name: paper_of(submission)}
    refs = await asyncio.gather(
        *(
            blobs.put(artefact_path(tenant, exam_id, 1, name), document.model_dump_json(by_alias=True).encode())
            for name, document in documents.items()
        )
    )
    return refs[-1]


async def forget(blobs: Blobs, tenant: str, exam_id: uuid.UUID) -> None:
    """What was refused is not kept."""
    names = (SUBMISSION, STAGES[0].name, AFTER.name)
    await scraps.drop(blobs, [artefact_path(tenant, exam_id, 1, name) for name in names])
