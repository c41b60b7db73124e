"""Uploaded bytes to pages: what a file is, how many pages it has, and each page's pixels. Files are hostile input."""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import pypdfium2
from PIL import Image, ImageOps, UnidentifiedImageError

from contracts.errors import ErrorCode, Permanent
from services.ocr.core import archive, heic, pdf
from services.ocr.core.raster import Raster

Kind = Literal["image", "heic", "pdf"]

GLANCE_SIDE = 1000
"""Pixels: a third of a second less of CPU than the size for reading, and blur that hurts still shows."""
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"heif", b"mif1", b"msf1"})


@dataclass(frozen=True)
class Limits:
    """What one upload may hold. Pixels are counted from the header, before anything is decoded.

    entries, inflated_bytes, ratio: of a ZIP. working_side: the longer side of what `decode` gives, pixels.
    """

    pages: int = 40
    pixels: int = 80_000_000
    min_side: int = 48
    entries: int = 200
    inflated_bytes: int = 400_000_000
    ratio: int = 200
    working_side: int = 2600

    def for_a_glance(self) -> "Limits":
        """The same, for pages that are only glanced at."""
        return replace(self, working_side=GLANCE_SIDE)


@dataclass(frozen=True)
class PageSource:
    """One page, not yet decoded: the bytes of its file, what kind of file that is, and the page's index in it."""

    data: bytes
    kind: Kind
    index: int = 0


def pages_of(data: bytes, media_type: str = "", limits: Limits | None = None) -> list[PageSource]:
    """The pages of an uploaded file, in order; a ZIP's entries in natural order of their names.

    `media_type` is a claim; the bytes decide. Raises Permanent: UNREADABLE_FILE, ENCRYPTED_PDF, ENCRYPTED_ARCHIVE,
    UNSUPPORTED_MEDIA, TOO_MANY_PAGES, IMAGE_TOO_LARGE, IMAGE_TOO_SMALL, FILE_TOO_COMPLEX.
    """
    limits = limits or Limits()
    if not data:
        raise Permanent(ErrorCode.UNREADABLE_FILE, "empty file")
    if not archive.is_archive(data):
        return _pages_of_file(data, media_type, limits)
    pages: list[PageSource] = []
    allowed = archive.ArchiveLimits(limits.pages, limits.entries, limits.inflated_bytes, limits.ratio)
    for file in archive.files_of(data, allowed):
        pages += _pages_of_file(file, "", limits)
        if len(pages) > limits.pages:
            raise Permanent(ErrorCode.TOO_MANY_PAGES, f"more than {limits.pages} pages")
    return pages


def decode(source: PageSource, limits: Limits | None = None) -> Raster:
    """The page's pixels, upright as the camera meant (EXIF applied), not larger than the working size."""
    limits = limits or Limits()
    if source.kind == "pdf":
        with _pdf_errors():
            raster = pdf.render(source.data, source.index, limits.working_side)
        if min(raster.bgr.shape[:2]) < limits.min_side:
            raise Permanent(ErrorCode.IMAGE_TOO_SMALL, "a page of a PDF")
        return raster
    with _image_errors():
        picture = _open(source.data, source.kind, limits)
        picture.seek(source.index)
        _check_size(picture.size, limits)
        full = picture.size
        # JPEG decodes straight to 1/2 or 1/4 size: half the time of a 12 MP photo. No effect on other formats.
        picture.draft("RGB", (limits.working_side, limits.working_side))
        turned = ImageOps.exif_transpose(picture)
        swapped = picture.getexif().get(0x0112, 1) >= 5
        uploaded = (full[1], full[0]) if swapped else full
        bgr = np.asarray(cv2.cvtColor(np.asarray(_opaque(turned)), cv2.COLOR_RGB2BGR), np.uint8)
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
            picture = _open(data, kind, limits)
            _check_size(picture.size, limits)
            # Only TIFF frames are pages; frames of PNG and WebP are an animation.
            count = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
    if count > limits.pages:
        raise Permanent(ErrorCode.TOO_MANY_PAGES, f"more than {limits.pages} pages")
    return [PageSource(data, kind, index) for index in range(count)]


def _kind(data: bytes) -> Kind | None:
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "heic"
    if b"%PDF-" in data[:1024]:
        return "pdf"
    known = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*")
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return "image" if data.startswith(known) or is_webp else None


def _open(data: bytes, kind: Kind, limits: Limits) -> Image.Image:
    if kind == "heic":
        heif = heic.opened(data)
        _check_size(heif.size, limits)  # `to_pillow` decodes
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


@contextmanager
def _pdf_errors() -> Iterator[None]:
    try:
        yield
    except pypdfium2.PdfiumError as error:
        encrypted = "password" in str(error).lower() or "security" in str(error).lower()
        raise Permanent(ErrorCode.ENCRYPTED_PDF if encrypted else ErrorCode.UNREADABLE_FILE) from error


_BROKEN = (
    UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, OverflowError, struct.error, LookupError,
    TypeError, RuntimeError,
)  # fmt: skip
"""What Pillow and libheif have been seen to raise on files that are broken, or made to look like it."""


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
        except _BROKEN as error:
            raise Permanent(ErrorCode.UNREADABLE_FILE, type(error).__name__) from error
