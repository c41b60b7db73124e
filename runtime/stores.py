"""Which blob store a process uses: the one its settings name."""

from runtime.blobs import Blobs
from runtime.blobs_local import LocalBlobs
from runtime.settings import BlobSettings


def open_blobs(settings: BlobSettings) -> Blobs:
    """The store that the URL names: s3://bucket[/prefix] or file:///folder."""
    if settings.url.startswith("s3://"):
        from runtime.blobs_s3 import S3Blobs  # noqa: PLC0415 - a folder needs no S3 client

        return S3Blobs.from_settings(settings)
    return LocalBlobs(settings.url.removeprefix("file://"))
