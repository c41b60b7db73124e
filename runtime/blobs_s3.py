"""Blobs in an S3-compatible store, through obstore; `If-None-Match: *` makes the first writer win."""

import contextlib
import hashlib
import tempfile
from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Self
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from contracts.events import BlobRef
from runtime.blobs import BlobMissing, Unavailable, checked, ref_of, standing, verified
from runtime.settings import BlobSettings

if TYPE_CHECKING:  # obstore declares them in its stubs only
    from obstore.store import ClientConfig, RetryConfig, S3Config

_IN_MEMORY = 8 * 1024 * 1024
_RETRY: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


class S3Blobs:
    """One object per blob."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    @classmethod
    def from_settings(cls, settings: BlobSettings) -> Self:
        """The bucket and prefix of s3://bucket/prefix."""
        url = urlsplit(settings.url)
        config: S3Config = {"region": settings.s3_region, "conditional_put": "etag"}
        if settings.s3_access_key and settings.s3_secret_key:
            config["access_key_id"] = settings.s3_access_key.get_secret_value()
            config["secret_access_key"] = settings.s3_secret_key.get_secret_value()
        client: ClientConfig = {"timeout": "30s", "connect_timeout": "5s"}
        if settings.s3_endpoint:
            config["endpoint"] = str(settings.s3_endpoint).rstrip("/")
            client["allow_http"] = settings.s3_endpoint.scheme == "http"
        prefix = url.path.strip("/") or None
        return cls(S3Store(url.netloc, prefix=prefix, config=config, client_options=client, retry_config=_RETRY))

    async def put(self, path: str, data: bytes) -> BlobRef:
        won = await self._create(checked(path), data)
        return ref_of(path, data) if won else await standing(self, path)

    async def put_stream(self, path: str, chunks: AsyncIterator[bytes]) -> BlobRef:
        # Conditional creation is one request, so a large blob waits on disk until all of it is there.
        digest, size = hashlib.sha256(), 0
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            async for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                spool.write(chunk)
            spool.seek(0)
            won = await self._create(checked(path), spool)
        return BlobRef(path=path, sha256=digest.hexdigest(), size=size) if won else await standing(self, path)

    async def get(self, ref: BlobRef) -> bytes:
        return verified(ref, await self.read(ref.path))

    async def read(self, path: str) -> bytes:
        try:
            found = await obstore.get_async(self._store, checked(path))
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            raise BlobMissing(path) from None
        except BaseError as error:
            raise _unavailable(error) from None

    async def listing(self, folder: str) -> dict[str, int]:
        try:
            pages = [page async for page in obstore.list(self._store, checked(folder))]
        except BaseError as error:
            raise _unavailable(error) from None
        return {found["path"]: found["size"] for page in pages for found in page}

    async def delete(self, paths: Collection[str]) -> None:
        with contextlib.suppress(FileNotFoundError):  # not every store says nothing when there is nothing
            try:
                await obstore.delete_async(self._store, [checked(path) for path in paths])
            except BaseError as error:
                raise _unavailable(error) from None

    async def part(self, path: str, start: int, stop: int) -> bytes:
        try:
            return bytes(await obstore.get_range_async(self._store, checked(path), start=start, end=stop))
        except FileNotFoundError:
            raise BlobMissing(path) from None
        except BaseError as error:
            raise _unavailable(error) from None

    async def ready(self) -> None:
        with contextlib.suppress(FileNotFoundError):  # an answer is enough
            await obstore.head_async(self._store, "ready")

    async def _create(self, path: str, data: bytes | IO[bytes]) -> bool:
        try:
            await obstore.put_async(self._store, path, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        except BaseError as error:
            raise _unavailable(error) from None
        return True


def _unavailable(error: BaseError) -> Unavailable:
    """Without the client's message, which quotes addresses and paths."""
    return Unavailable(f"the blob store: {type(error).__name__}")
