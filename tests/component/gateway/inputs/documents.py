"""PDF files and archives, good and bad, made in code."""

import hashlib
import io
import stat
import struct
import zipfile
import zlib

TYPE = b"BT /F 12 Tf 20 300 Td (1. Which of these?) Tj 160 0 Td (\\( \\)) Tj ET"


def pdf(
    content: bytes = TYPE,
    *,
    pages: int = 1,
    count: int | None = None,
    box: str = "0 0 300 400",
    catalog: bytes = b"",
    page: bytes = b"",
    resources: bytes = b"/Font<</F 5 0 R>>",
    content_entries: bytes = b"",
    font: bytes = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    more: tuple[bytes, ...] = (),
    trailer: bytes = b"",
    kids: bytes | None = None,
    xref: int | None = None,
) -> bytes:
    """A PDF of objects 1 catalog, 2 page tree, 3 page, 4 content, 5 font, 6... `more`; one page object for all pages."""
    kids = kids if kids is not None else b"3 0 R " * pages
    objects = [
        b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        b"<</Type/Pages/Kids[" + kids + b"]/Count %d>>" % (pages if count is None else count),
        b"<</Type/Page/Parent 2 0 R/MediaBox[" + box.encode() + b"]/Contents 4 0 R/Resources<<" + resources + b">>"
        + page + b">>",
        b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), content_entries, content),
        font,
        *more,
    ]  # fmt: skip
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF"
    return out + end % (len(objects) + 1, trailer, start if xref is None else xref)


def many_pages(pages: int) -> bytes:
    """Page objects of their own, as a real document has."""
    more = tuple(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]>>" for _ in range(pages))
    kids = b" ".join(b"%d 0 R" % (6 + n) for n in range(pages))
    return pdf(pages=pages, kids=kids, more=more)


_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def encrypted(user: bytes) -> bytes:
    """With RC4 of 40 bits, as the oldest writers do; an empty user password is what `owner only` means."""
    owner_key = hashlib.md5((b"owner" + _PADDING)[:32]).digest()[:5]
    owner = _rc4(owner_key, (user + _PADDING)[:32])
    material = (user + _PADDING)[:32] + owner + struct.pack("<i", -4) + b"0123456789abcdef"
    key = hashlib.md5(material).digest()[:5]
    check = _rc4(key, _PADDING)
    number = hashlib.md5(key + struct.pack("<I", 4)[:3] + b"\0\0").digest()[:10]
    lock = b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>" % (owner.hex().encode(), check.hex().encode())
    identity = b"0123456789abcdef".hex().encode()
    trailer = b"/Encrypt 6 0 R/ID[<%s><%s>]" % (identity, identity)
    return pdf(_rc4(number, TYPE), more=(lock,), trailer=trailer)


def flate_bomb(megabytes: int) -> bytes:
    """A page whose content unpacks a thousand times, twice over."""
    once = zlib.compress(b"0 0 1 1 re f\n" * (megabytes * 80_000), 9)
    return pdf(zlib.compress(once, 9), content_entries=b"/Filter[/FlateDecode/FlateDecode]")


def nested_forms(levels: int, each: int) -> bytes:
    """Forms that draw the next one several times, each: each ** levels drawings."""
    more = []
    for level in range(levels):
        body = b"/X Do " * each if level < levels - 1 else b"0 0 9 9 re f"
        below = b"/XObject<</X %d 0 R>>" % (7 + level)
        head = b"<</Type/XObject/Subtype/Form/BBox[0 0 300 400]/Resources<<%s>>/Length %d>>" % (below, len(body))
        more.append(head + b"stream\n" + body + b"\nendstream")
    return pdf(b"/X Do", resources=b"/XObject<</X 6 0 R>>", more=tuple(more))


def archive(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, data in entries:
            made.writestr(name, data)
    return buffer.getvalue()


def zip_bomb(megabytes: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made, made.open("page.jpg", "w") as entry:
        for _ in range(megabytes):
            entry.write(bytes(1 << 20))
    return buffer.getvalue()


def overlapping(page: bytes) -> bytes:
    """Two entries of the directory that are one and the same file."""
    data = archive(("a.jpg", page), ("b.jpg", page), method=zipfile.ZIP_STORED)
    directory = data.rindex(b"PK\x01\x02")
    return data[: directory + 42] + struct.pack("<I", 0) + data[directory + 46 :]


def link(target: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        entry = zipfile.ZipInfo("page.jpg")
        entry.create_system = 3
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(entry, target)
    return buffer.getvalue()


def locked(page: bytes) -> bytes:
    """Marked as encrypted, in both its headers."""
    data = bytearray(archive(("page.jpg", page)))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def lying(page: bytes, size: int) -> bytes:
    """A directory that says another size than what comes out."""
    data = bytearray(archive(("page.jpg", page)))
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, size)
    return bytes(data)


def renamed_office() -> bytes:
    return archive(("[Content_Types].xml", b"<?xml version='1.0'?><Types/>"), ("word/document.xml", b"<w:document/>"))
