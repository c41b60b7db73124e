"""A blob store: written once per path, torn and missing at times."""

from collections.abc import AsyncIterator, Callable, Collection

from contracts.events import BlobRef
from runtime.blobs import BlobMissing, Unavailable, checked, ref_of, verified
from tests.simulation.process import PortError, Process


class Store:
    """What is stored, for all processes. `when[path]`: the step at which it was first there."""

    def __init__(self, step: Callable[[], int]) -> None:
        self.data: dict[str, bytes] = {}
        self.when: dict[str, int] = {}
        self.overwritten: list[str] = []
        self.missed: set[str] = set()
        self._step = step

    def write(self, path: str, data: bytes, *, replace: bool = False) -> bytes:
        """First writer wins; what the path holds then."""
        held = self.data.get(path)
        if held is None or replace:
            if held is not None and held != data:
                self.overwritten.append(path)
            self.data[path] = data
            self.when.setdefault(path, self._step())
        return self.data[path]


class SimulatedBlobs:
    """One process's view of the store; a `runtime.blobs.Blobs`."""

    def __init__(self, process: Process, store: Store) -> None:
        self._process = process
        self._store = store

    async def put(self, path: str, data: bytes) -> BlobRef:
        await self._reach("blobs.put.before")
        held = self._write(checked(path), data)
        await self._reach("blobs.put.after")
        return ref_of(path, held)

    async def put_stream(self, path: str, chunks: AsyncIterator[bytes]) -> BlobRef:
        return await self.put(path, b"".join([chunk async for chunk in chunks]))

    async def get(self, ref: BlobRef) -> bytes:
        torn = await self._reach("blobs.get.before") == "torn"
        data = await self.read(ref.path)
        return verified(ref, data[: len(data) // 2] if torn else data)

    async def read(self, path: str) -> bytes:
        missing = await self._reach("blobs.read.before") == "missing"
        data = self._store.data.get(path)
        if data is None or missing:
            if data is not None:
                self._store.missed.add(path)
            raise BlobMissing(path)
        return data

    async def part(self, path: str, start: int, stop: int) -> bytes:
        return (await self.read(path))[start:stop]

    async def listing(self, folder: str) -> dict[str, int]:
        return {path: len(data) for path, data in self._store.data.items() if path.startswith(f"{folder}/")}

    async def delete(self, paths: Collection[str]) -> None:
        for path in paths:
            self._store.data.pop(checked(path), None)

    async def ready(self) -> None: ...

    async def _reach(self, point: str) -> str | None:
        try:
            return await self._process.reach(point)
        except PortError as error:
            raise Unavailable(str(error)) from None

    def _write(self, path: str, data: bytes) -> bytes:
        return self._store.write(path, data)
