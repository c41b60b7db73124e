"""ZIP archives from strangers: what is hostile as a whole is refused, what is wrong with one file refuses that one."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable

import pytest

from services.gateway.batches.archive import Archive, Limits, opened
from services.gateway.core.problems import Code, Problem

LIMITS = Limits(entries=20, inflated_bytes=10_000_000, ratio=50)
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8


def packed(*entries: tuple[str | zipfile.ZipInfo, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def read(data: bytes) -> Archive:
    return opened(io.BytesIO(data), LIMITS)


def refusal(data: bytes) -> str:
    with pytest.raises(Problem) as caught:
        read(data)
    assert caught.value.code is Code.ARCHIVE_REFUSED
    return caught.value.detail


def test_files_come_with_their_names_and_junk_does_not_come_at_all() -> None:
    archive = read(
        packed(
            ("a/1.jpg", JPEG), ("./b.jpg", JPEG), ("__MACOSX/a/._1.jpg", b"x"), (".DS_Store", b"x"), ("Thumbs.db", b"x")
        )
    )
    assert [entry.name for entry in archive.entries] == ["a/1.jpg", "b.jpg"]
    assert archive.open(archive.entries[0]).read() == JPEG


def renamed(data: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    return data.replace(old, new)


def test_names_in_gbk_are_read_as_chinese_windows_wrote_them() -> None:
    name = "张三.jpg".encode("gb18030")
    data = renamed(packed(("x" * len(name), JPEG)), b"x" * len(name), name)
    assert [entry.name for entry in read(data).entries] == ["张三.jpg"]


def test_names_in_utf8_without_the_mark_are_read_as_utf8() -> None:
    name = "李四.jpg".encode()
    data = renamed(packed(("x" * len(name), JPEG)), b"x" * len(name), name)
    assert [entry.name for entry in read(data).entries] == ["李四.jpg"]


@pytest.mark.parametrize(
    "name", [b"../../etc/pw", b"/etc/passwd1", b"C:\\win\\x.jp", b"a/../../b.jp", b"..\\..\\b.jpg"]
)
def test_names_that_lead_out_refuse_the_archive(name: bytes) -> None:
    plain = b"x" * len(name)
    assert "lead out" in refusal(renamed(packed((plain.decode(), JPEG)), plain, name))


def lied(data: bytes, where: int, value: int) -> bytes:
    """The last record of the archive with another figure."""
    at = data.rfind(b"PK\x05\x06") + where
    width = 2 if where < 12 else 4
    return data[:at] + struct.pack("<H" if width == 2 else "<L", value) + data[at + width :]


def zip64(data: bytes) -> bytes:
    """With a ZIP64 locator, whose figures readers take instead of those that were checked."""
    at = data.rfind(b"PK\x05\x06")
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 1 << 40, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    return data[:at] + record + locator + data[at:]


def overlapping() -> bytes:
    """Two directory entries for the same bytes."""
    data = bytearray(packed(("a.jpg", JPEG), ("b.jpg", JPEG), how=zipfile.ZIP_STORED))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<L", 0)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "end is missing"),
        (b"PK\x03\x04" + b"\x00" * 100, "end is missing"),
        (packed(("a.jpg", JPEG))[:-30], "end is missing"),
        (packed(*((f"{i}.jpg", b"x") for i in range(21))), "may hold 20"),
        (lied(packed(("a.jpg", JPEG)), 12, 1 << 24), "may hold 20"),
        (lied(packed(("a.jpg", JPEG)), 4, 1), "Split"),
        (lied(packed(("a.jpg", JPEG)), 12, 0xFFFF_FFFF), "ZIP64"),
        (zip64(packed(("a.jpg", JPEG))), "ZIP64"),
        (packed(("a.jpg", b"\x00" * 9_000_000)), "inflate more than"),
        (packed(("a.jpg", b"\x00" * 9_000_000), ("b.jpg", b"\x00" * 9_000_000)), "bytes in all"),
        (overlapping(), "overlap"),
        (lied(packed(("a.jpg", JPEG)), 12, 20), "can't be read"),
    ],
    ids=[
        "empty", "no directory", "cut off", "too many", "huge directory", "split", "zip64 mark", "zip64 locator", "bomb",
        "too much", "overlapping", "wrong length",
    ],
)  # fmt: skip
def test_a_hostile_or_damaged_archive_is_refused(data: bytes, word: str) -> None:
    assert word in refusal(data)


def linked() -> bytes:
    info = zipfile.ZipInfo("a.jpg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed((info, b"/etc/passwd"), ("b.jpg", JPEG))


def encrypted() -> bytes:
    data = bytearray(packed(("a.jpg", JPEG), ("b.jpg", JPEG)))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + at] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (linked, Code.UNSUPPORTED_MEDIA),
        (encrypted, Code.FILE_DAMAGED),
        (lambda: packed(("a.jpg", JPEG), how=zipfile.ZIP_LZMA) , Code.FILE_DAMAGED),
        (lambda: packed(("a.jpg", b""), ("b.jpg", JPEG)), Code.EMPTY_FILE),
    ],
    ids=["link", "encrypted", "lzma", "empty"],
)  # fmt: skip
def test_one_wrong_file_is_refused_alone(make: Callable[[], bytes], code: Code) -> None:
    first, *rest = read(make()).entries
    assert first.refusal is not None
    assert first.refusal.code is code
    assert all(entry.refusal is None for entry in rest)


def test_an_entry_is_read_no_further_than_the_directory_promised() -> None:
    data = bytearray(packed(("a.jpg", b"\x00" * 100_000)))
    directory = data.rfind(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<L", 1000)
    archive = read(bytes(data))
    with pytest.raises(zipfile.BadZipFile):
        archive.open(archive.entries[0]).read()
