"""Uploaded bytes to pages: what a file is, how many pages it has, and each page's pixels. Files are hostile input."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pi_heif
import pypdfium2
from PIL import Image, ImageOps, UnidentifiedImageError

from contracts.errors import ErrorCode, Permanent
from services.ocr.core import pdf
from services.ocr.core.raster import Raster

Kind = Literal["image", "heic", "pdf"]

JUNK = re.compile(r"(^|/)(__MACOSX/|\.|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
"""Entries that archivers and file managers add by themselves."""


@dataclass(frozen=True)
class Limits:
    """What one upload may cost. Pixels are counted from the header, before anything is decoded."""

    pages: int = 40
    pixels: int = 80_000_000
    min_side: int = 48
    inflated_bytes: int = 400_000_000
    working_side: int = 2600


@dataclass(frozen=True)
class PageSource:
    """One page, not yet decoded: the bytes of its file, what kind of file that is, and the page's index in it."""

    data: bytes
    kind: Kind
    index: int = 0


def pages_of(data: bytes, media_type: str = "", limits: Limits | None = None) -> list[PageSource]:
    """The pages of an uploaded file, in order; a ZIP's entries in natural order of their names.

    `media_type` is a claim; the bytes decide. Raises Permanent: UNREADABLE_FILE, ENCRYPTED_PDF, UNSUPPORTED_MEDIA,
    TOO_MANY_PAGES, IMAGE_TOO_LARGE, IMAGE_TOO_SMALL.
    """
    limits = limits or Limits()
    if not data:
        raise Permanent(ErrorCode.UNREADABLE_FILE, "empty file")
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        pages = [page for entry in _zip_entries(data, limits) for page in _pages_of_file(entry, "", limits)]
    else:
        pages = _pages_of_file(data, media_type, limits)
    if len(pages) > limits.pages:
        raise Permanent(ErrorCode.TOO_MANY_PAGES, f"more than {limits.pages} pages")
    return pages


def decode(source: PageSource, limits: Limits | None = None) -> Raster:
    """The page's pixels, upright as the camera meant (EXIF applied), not larger than the working size."""
    limits = limits or Limits()
    if source.kind == "pdf":
        with _pdf_errors():
            return pdf.render(source.data, source.index, limits.working_side)
    with _image_errors():
        picture = _open(source.data, source.kind)
        picture.seek(source.index)
        _check_size(picture.size, limits)
        full = picture.size
        # JPEG decodes straight to 1/2 or 1/4 size: half the time of a 12 MP photo. No effect on other formats.
        picture.draft("RGB", (limits.working_side, limits.working_side))
        turned = ImageOps.exif_transpose(picture)
        swapped = picture.getexif().get(0x0112, 1) >= 5
        uploaded = (full[1], full[0]) if swapped else full
        bgr = np.ascontiguousarray(np.asarray(_opaque(turned))[:, :, ::-1])
    return Raster.of_image(bgr, uploaded, limits.working_side)


def _pages_of_file(data: bytes, media_type: str, limits: Limits) -> list[PageSource]:
    kind = _kind(data)
    if kind is None:
        # A known type that does not look like it is a broken file; anything else is a type we do not take.
        known = media_type.startswith("image/") or media_type in {"application/pdf", "application/zip"}
        raise Permanent(ErrorCode.UNREADABLE_FILE if known else ErrorCode.UNSUPPORTED_MEDIA)
    if kind == "pdf":
        with _pdf_errors():
            count = pdf.page_count(data)
        if count == 0:
            raise Permanent(ErrorCode.UNREADABLE_FILE, "PDF without pages")
    else:
        with _image_errors():
            picture = _open(data, kind)
            _check_size(picture.size, limits)
            # Only TIFF frames are pages; frames of PNG and WebP are an animation.
            count = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
    if count > limits.pages:
        raise Permanent(ErrorCode.TOO_MANY_PAGES, f"more than {limits.pages} pages")
    return [PageSource(data, kind, index) for index in range(count)]


def _kind(data: bytes) -> Kind | None:
    if data[4:8] == b"ftyp" and data[8:12] in {b"heic", b"heix", b"heif", b"hevc", b"mif1", b"msf1", b"heim", b"heis"}:
        return "heic"
    if b"%PDF-" in data[:1024]:
        return "pdf"
    known = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*")
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return "image" if data.startswith(known) or is_webp else None


def _open(data: bytes, kind: Kind) -> Image.Image:
    if kind == "heic":
        heif = pi_heif.open_heif(io.BytesIO(data))
        picture: Image.Image = heif.to_pillow()
        return picture
    return Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "TIFF"))


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width * height > limits.pixels:
        raise Permanent(ErrorCode.IMAGE_TOO_LARGE, f"{width} x {height} pixels")
    if min(size) < limits.min_side:
        raise Permanent(ErrorCode.IMAGE_TOO_SMALL, f"{width} x {height} pixels")


def _opaque(picture: Image.Image) -> Image.Image:
    """RGB on white paper: transparency and deep greys flattened."""
    if picture.mode.startswith("I") or picture.mode == "F":
        grey = np.asarray(picture, dtype=np.float64)
        return Image.fromarray(np.clip(grey * 255 / max(255.0, grey.max()), 0, 255).astype(np.uint8)).convert("RGB")
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        paper = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(paper, picture.convert("RGBA")).convert("RGB")
    return picture.convert("RGB")


def _zip_entries(data: bytes, limits: Limits) -> Iterator[bytes]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError) as error:
        raise Permanent(ErrorCode.UNREADABLE_FILE, "broken ZIP") from error
    entries = [e for e in archive.infolist() if not e.is_dir() and not JUNK.search(e.filename)]
    if not entries:
        raise Permanent(ErrorCode.UNREADABLE_FILE, "ZIP without pages")
    if len(entries) > limits.pages:
        raise Permanent(ErrorCode.TOO_MANY_PAGES, f"more than {limits.pages} files")
    if sum(entry.file_size for entry in entries) > limits.inflated_bytes:
        raise Permanent(ErrorCode.IMAGE_TOO_LARGE, "ZIP inflates to too much")
    for entry in sorted(entries, key=lambda e: _natural(e.filename)):
        yield _inflate(archive, entry)


def _inflate(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        # zipfile stops at the size the entry declares, so the sum checked above holds whatever the stream says.
        data = archive.read(entry)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise Permanent(ErrorCode.UNREADABLE_FILE, "broken or encrypted ZIP entry") from error
    except Exception as error:
        if type(error).__module__ in {"zlib", "lzma"}:
            raise Permanent(ErrorCode.UNREADABLE_FILE, "broken ZIP entry") from error
        raise
    if data.startswith(b"PK\x03\x04"):
        raise Permanent(ErrorCode.UNSUPPORTED_MEDIA, "ZIP inside a ZIP, or an Office file")
    if not data:
        raise Permanent(ErrorCode.UNREADABLE_FILE, "empty file in ZIP")
    return data


def _natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """page-2 before page-10."""
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"([0-9]+)", name.casefold()))


@contextmanager
def _pdf_errors() -> Iterator[None]:
    try:
        yield
    except pypdfium2.PdfiumError as error:
        encrypted = "password" in str(error).lower() or "security" in str(error).lower()
        raise Permanent(ErrorCode.ENCRYPTED_PDF if encrypted else ErrorCode.UNREADABLE_FILE) from error


@contextmanager
def _image_errors() -> Iterator[None]:
    """Whatever Pillow raises on a hostile file, as a decision."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
        try:
            yield
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise Permanent(ErrorCode.IMAGE_TOO_LARGE) from error
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, OverflowError) as error:
            raise Permanent(ErrorCode.UNREADABLE_FILE, type(error).__name__) from error
