"""What a file is, by its first bytes; the client's name and type are only its opinion."""

from contracts.artefacts.submission import MediaType

HEAD_BYTES = 1024
"""How many bytes `sniff` wants: PDF readers accept the %PDF- mark anywhere in the first 1024."""

_MAGIC: tuple[tuple[bytes, MediaType], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"PK\x03\x04", "application/zip"),
)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def sniff(head: bytes) -> MediaType | None:
    """The media type of a file that begins with `head` (up to HEAD_BYTES), or None when it isn't one we take."""
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "image/heic"
    if b"%PDF-" in head[:HEAD_BYTES]:
        return "application/pdf"
    return None
