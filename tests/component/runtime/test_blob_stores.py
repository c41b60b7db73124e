"""One suite for both blob stores: a folder, and S3 over HTTP (moto's server)."""

import asyncio
import errno
import http.client
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from obstore.store import S3Store
from pydantic import SecretStr

from contracts.errors import Transient
from contracts.events import BlobRef
from deploy.native.process import free_port
from runtime.blobs import PIECE, BadPath, BlobMissing, Blobs, Unavailable, ref_of
from runtime.blobs import pieces as passed_on
from runtime.blobs_s3 import S3Blobs
from runtime.settings import BlobSettings
from runtime.stores import open_blobs


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of an S3 server with a bucket."""
    port = free_port()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("PUT", "/exams")
        assert connection.getresponse().status == 200
        connection.close()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return open_blobs(BlobSettings(url=f"file://{tmp_path}"))
    return open_blobs(
        BlobSettings(
            url=f"s3://exams/{tmp_path.name}",
            s3_endpoint=request.getfixturevalue("s3"),
            s3_access_key=SecretStr("key"),
            s3_secret_key=SecretStr("secret"),
        )
    )


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_what_was_put_is_got(blobs: Blobs) -> None:
    ref = await blobs.put("school-a/e/1/ocr.json", b"{}")
    assert ref == ref_of("school-a/e/1/ocr.json", b"{}")
    assert await blobs.get(ref) == b"{}"
    assert await blobs.read(ref.path) == b"{}"


async def test_the_second_writer_gets_the_first_ones_reference(blobs: Blobs) -> None:
    first = await blobs.put("a/b", b"first")
    assert await blobs.put("a/b", b"second") == first
    assert await blobs.put_stream("a/b", pieces(b"third")) == first
    assert await blobs.get(first) == b"first"


async def test_of_many_writers_at_once_all_get_the_same_reference(blobs: Blobs) -> None:
    refs = await asyncio.gather(*(blobs.put("a/race", f"writer {n}".encode()) for n in range(12)))
    assert len(set(refs)) == 1
    assert await blobs.get(refs[0])


async def test_a_stream_is_put_whole(blobs: Blobs) -> None:
    ref = await blobs.put_stream("a/stream", pieces(b"x" * 1_000_000, b"", b"y" * 3_000_000))
    assert ref == ref_of("a/stream", b"x" * 1_000_000 + b"y" * 3_000_000)
    assert len(await blobs.get(ref)) == 4_000_000


async def test_a_stream_that_breaks_leaves_nothing(blobs: Blobs) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await blobs.put_stream("a/broken", broken())
    with pytest.raises(BlobMissing):
        await blobs.read("a/broken")


async def test_other_bytes_than_the_reference_says_are_worth_another_try(blobs: Blobs) -> None:
    await blobs.put("a/torn", b"half of i")
    with pytest.raises(Transient):
        await blobs.get(ref_of("a/torn", b"half of it"))


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 3 * PIECE])
async def test_a_blob_is_passed_on_a_piece_at_a_time_whole_or_in_part(blobs: Blobs, size: int) -> None:
    data = bytes(index % 251 for index in range(size))
    ref = await blobs.put(f"a/{size}", data)
    got = [piece async for piece in passed_on(blobs, ref)]
    assert b"".join(got) == data
    assert all(len(piece) <= PIECE for piece in got)
    for start, stop in ((0, 1), (size // 2, size), (max(0, size - 2), size + 99)):
        part = b"".join([piece async for piece in passed_on(blobs, ref, start, stop)])
        assert part == data[start:stop]


async def test_a_blob_that_is_not_what_its_reference_says_never_comes_whole(blobs: Blobs) -> None:
    data = bytes(2 * PIECE)
    ref = await blobs.put("a/b", data)
    got: list[bytes] = []
    with pytest.raises(Transient):
        got += [piece async for piece in passed_on(blobs, ref.model_copy(update={"sha256": "0" * 64}))]
    assert len(b"".join(got)) < len(data)
    with pytest.raises(Transient):
        [_ async for _ in passed_on(blobs, ref.model_copy(update={"size": len(data) + 1}), 1)]
    with pytest.raises(BlobMissing):
        [_ async for _ in passed_on(blobs, ref.model_copy(update={"path": "a/c"}))]


async def test_a_missing_blob_is_missing(blobs: Blobs) -> None:
    with pytest.raises(BlobMissing):
        await blobs.get(BlobRef(path="a/none", sha256="0" * 64, size=1))


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../../x", "/etc/passwd", "a//b", "", ".", ".staging/x", "a\x00b", "a\\b", "a/b/", "a/..", "试卷"],
)
async def test_a_path_that_might_leave_the_store_is_refused(blobs: Blobs, path: str) -> None:
    with pytest.raises(BadPath):
        await blobs.put(path, b"x")
    with pytest.raises(BadPath):
        await blobs.put_stream(path, pieces(b"x"))
    with pytest.raises(BadPath):
        await blobs.read(path)


async def test_a_store_that_answers_is_ready(blobs: Blobs) -> None:
    await blobs.ready()


async def test_a_store_that_does_not_answer_is_not_ready() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings = BlobSettings(
            url="s3://exams",
            s3_endpoint=f"http://127.0.0.1:{nobody.getsockname()[1]}",
            s3_access_key=SecretStr("key"),
            s3_secret_key=SecretStr("secret"),
        )
        store = open_blobs(settings)
        with pytest.raises((Exception, TimeoutError)):
            async with asyncio.timeout(2):
                await store.ready()


async def test_the_folder_keeps_no_scraps(tmp_path: Path) -> None:
    blobs = open_blobs(BlobSettings(url=f"file://{tmp_path}"))
    await blobs.put("a/b", b"1")
    await blobs.put("a/b", b"2")
    await blobs.put_stream("a/c", pieces(b"3"))
    assert list((tmp_path / ".staging").iterdir()) == []


@pytest.mark.parametrize("trouble", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
async def test_a_full_or_failing_disk_is_no_fault_of_the_exam_and_leaves_no_half_blob(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: int
) -> None:
    def fails(_: int) -> None:
        raise OSError(trouble, "no exam text in here")

    blobs = open_blobs(BlobSettings(url=f"file://{tmp_path}"))
    monkeypatch.setattr("runtime.blobs_local.os.fsync", fails)
    with pytest.raises(Unavailable, match=errno.errorcode[trouble]):
        await blobs.put("a/b", b"x" * 100_000)
    with pytest.raises(Unavailable):
        await blobs.put_stream("a/b", pieces(b"x" * 100_000))
    monkeypatch.undo()
    with pytest.raises(BlobMissing):
        await blobs.read("a/b")
    assert list((tmp_path / ".staging").iterdir()) == []
    assert await blobs.put("a/b", b"whole") == ref_of("a/b", b"whole")


async def test_a_second_writer_does_not_vouch_for_a_torn_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = open_blobs(BlobSettings(url=f"file://{tmp_path}"))
    await blobs.put("a/b", b"first and whole")
    whole = Path.read_bytes
    reads = iter([5, None])

    def torn(path: Path) -> bytes:
        return whole(path)[: next(reads)]

    monkeypatch.setattr(Path, "read_bytes", torn)
    with pytest.raises(Transient):
        await blobs.put("a/b", b"second")
    monkeypatch.undo()
    assert await blobs.put("a/b", b"second") == ref_of("a/b", b"first and whole")


async def test_a_store_that_refuses_is_unavailable_and_its_address_is_not_quoted() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        store = S3Blobs(
            S3Store(
                "exams",
                config={"endpoint": f"http://127.0.0.1:{port}", "access_key_id": "k", "secret_access_key": "s"},
                client_options={"allow_http": True},
                retry_config={"max_retries": 0},
            )
        )
        for act in (store.read("a/b"), store.put("a/b", b"x")):
            with pytest.raises(Unavailable) as caught:
                await act
            assert str(port) not in str(caught.value)


async def test_a_listing_has_what_is_below_a_folder_at_any_depth_and_nothing_beside_it(blobs: Blobs) -> None:
    for path in ("s/e/1/ocr.json", "s/e/2/deep/page-1.jpg", "s/ex/1/ocr.json", "s/e-1"):
        await blobs.put(path, b"12345")
    assert await blobs.listing("s/e") == {"s/e/1/ocr.json": 5, "s/e/2/deep/page-1.jpg": 5}
    assert await blobs.listing("s/none") == {}


async def test_what_was_deleted_is_gone_and_deleting_it_again_is_no_error(blobs: Blobs) -> None:
    kept = await blobs.put("s/e/2/kept", b"kept")
    await blobs.put("s/e/1/gone", b"gone")
    for _ in range(2):
        await blobs.delete(["s/e/1/gone", "s/e/1/never"])
    with pytest.raises(BlobMissing):
        await blobs.read("s/e/1/gone")
    assert await blobs.listing("s/e") == {"s/e/2/kept": 4}
    assert await blobs.get(kept) == b"kept"
    assert await blobs.put("s/e/1/gone", b"new") == ref_of("s/e/1/gone", b"new")


async def test_a_folder_that_is_emptied_under_a_writer_takes_its_blob_all_the_same(tmp_path: Path) -> None:
    blobs = open_blobs(BlobSettings(url=f"file://{tmp_path}"))

    async def write() -> None:
        for n in range(40):
            await blobs.put(f"s/e/1/{n}", b"x")

    async def erase() -> None:
        for n in range(40):
            await blobs.delete([f"s/e/1/{n}"])

    await asyncio.gather(write(), erase(), erase())


@pytest.mark.parametrize("path", ["../x", "/etc", ".staging", ""])
async def test_nothing_outside_the_store_is_listed_or_deleted(blobs: Blobs, path: str) -> None:
    with pytest.raises(BadPath):
        await blobs.listing(path)
    with pytest.raises(BadPath):
        await blobs.delete([path])
