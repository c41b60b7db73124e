"""Marks of deleted exams in the blob store, so that a database restored from before doesn't bring them back.

A mark is the tombstone as JSON, and says nothing of the exam. Tenants' names don't begin with `_`.
"""

import uuid
from pathlib import PurePosixPath

from pydantic import TypeAdapter

from runtime.blobs import Blobs
from services.gateway.retention.tombstones import Tombstone

_FOLDER = "_deleted"
_MARK = TypeAdapter(Tombstone)


async def put(blobs: Blobs, tombstone: Tombstone) -> None:
    """Mark a deletion; once is enough."""
    await blobs.put(_path(tombstone.tenant, tombstone.exam_id), _MARK.dump_json(tombstone))


async def every(blobs: Blobs) -> dict[uuid.UUID, str]:
    """The exams that are marked, and their tenants."""
    found = (PurePosixPath(path) for path in await blobs.listing(_FOLDER))
    return {uuid.UUID(path.stem): path.parent.name for path in found}


async def read(blobs: Blobs, tenant: str, exam_id: uuid.UUID) -> Tombstone:
    """The deletion as it was when it was marked; BlobMissing."""
    return _MARK.validate_json(await blobs.read(_path(tenant, exam_id)))


def _path(tenant: str, exam_id: uuid.UUID) -> str:
    return f"{_FOLDER}/{tenant}/{exam_id}.json"
