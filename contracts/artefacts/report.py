"""What report stores: references to the result document and the rendered reports."""

from contracts.base import Contract
from contracts.events import BlobRef


class Report(Contract):
    """report's artefact. `pages`: the rectified pages as JPEG, in order."""

    result: BlobRef
    html: BlobRef
    pdf: BlobRef
    pages: tuple[BlobRef, ...] = ()
    cpu_seconds: float = 0.0
