"""What a batch may have, of the settings: as its reception and its papers are held to it."""

from services.gateway.batches import archive, reception
from services.gateway.batches.papers import Bounds
from services.gateway.batches.settings import BatchSettings
from services.gateway.settings import GatewaySettings


def limits(settings: GatewaySettings, batch: BatchSettings) -> reception.Limits:
    """Of its parts while they arrive."""
    return reception.Limits(
        file_bytes=settings.max_file_bytes,
        files=batch.max_files,
        fields=settings.max_fields,
        field_bytes=settings.max_field_bytes,
        key_bytes=settings.max_key_bytes,
        manifest_bytes=batch.max_manifest_bytes,
    )


def bounds(settings: GatewaySettings, batch: BatchSettings) -> Bounds:
    """Of the whole, once it is there."""
    return Bounds(
        archive.Limits(batch.max_files, batch.max_inflated_bytes, batch.max_ratio),
        papers=batch.max_papers,
        files_of_paper=settings.max_files,
        file_bytes=settings.max_file_bytes,
        manifest_bytes=batch.max_manifest_bytes,
    )
