import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contracts.errors import ErrorCode, Permanent
from services.ocr.core import heic
from services.ocr.core.sources import Limits, decode, pages_of

HEIC = Path(__file__).with_name("files") / "quarter.heic"
"""160 x 120, white, the upper left quarter red."""


def picture(kind: str = "PNG", size: tuple[int, int] = (120, 80), colour: str = "white", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind, **options)
    return buffer.getvalue()


def archive(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, data in entries.items():
            made.writestr(name, data)
    return buffer.getvalue()


def pdf(content: bytes = b"", *, extra: bytes = b"", trailer: bytes = b"", box: str = "0 0 300 400") -> bytes:
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[" + box.encode() + b"]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *([extra] if extra else []),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return out + b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (size, trailer, start)


def code(data: bytes, media_type: str = "image/png", limits: Limits | None = None) -> ErrorCode:
    def read() -> None:
        for page in pages_of(data, media_type, limits):
            decode(page, limits)

    with pytest.raises(Permanent) as caught:
        read()
    return caught.value.code


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_pictures_are_one_page_of_their_own_size(kind: str) -> None:
    (page,) = pages_of(picture(kind))
    assert decode(page).bgr.shape == (80, 120, 3)


def test_every_frame_of_a_tiff_is_a_page() -> None:
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (100, 80), colour) for colour in ("white", "black")]
    frames[0].save(buffer, "TIFF", save_all=True, append_images=frames[1:])
    pages = pages_of(buffer.getvalue())
    assert [int(decode(page).bgr.mean()) for page in pages] == [255, 0]


def test_exif_orientation_is_applied_once_and_counts_as_the_uploaded_page() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (page,) = pages_of(picture("JPEG", exif=exif.tobytes()))
    raster = decode(page)
    assert raster.bgr.shape[:2] == (120, 80)
    assert np.allclose(raster.to_raster, np.eye(3))


def test_large_photos_are_reduced_and_the_transform_says_by_how_much() -> None:
    (page,) = pages_of(picture("JPEG", (4000, 3000)))
    raster = decode(page, Limits(working_side=1000))
    assert raster.bgr.shape[:2] == (750, 1000)
    assert np.allclose(np.diag(raster.to_raster), (0.25, 0.25, 1))


def test_transparency_lies_on_white_paper() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (90, 90), (0, 0, 0, 0)).save(buffer, "PNG")
    assert decode(pages_of(buffer.getvalue())[0]).bgr.min() == 255


def test_zip_entries_come_in_natural_order_without_junk() -> None:
    names = {"p10.png": "red", "p2.png": "blue", "__MACOSX/._p2.png": "red", ".DS_Store": "red", "Thumbs.db": "red"}
    pages = pages_of(archive(**{name: picture(colour=colour) for name, colour in names.items()}))
    assert [tuple(decode(page).bgr[0, 0]) for page in pages] == [(255, 0, 0), (0, 0, 255)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ErrorCode.UNREADABLE_FILE),
        (b"not a picture at all", ErrorCode.UNREADABLE_FILE),
        (picture("JPEG", (600, 600))[:400], ErrorCode.UNREADABLE_FILE),
        (picture("PNG", (600, 600))[:60], ErrorCode.UNREADABLE_FILE),
        (archive(), ErrorCode.UNREADABLE_FILE),
        (archive(**{"a.png": picture()})[:60], ErrorCode.UNREADABLE_FILE),
        (archive(**{"inner.zip": archive(**{"a.png": picture()})}), ErrorCode.UNSUPPORTED_MEDIA),
        (archive(**{"notes.txt": b"hello"}), ErrorCode.UNSUPPORTED_MEDIA),
        (b"%PDF-1.7\ngarbage", ErrorCode.UNREADABLE_FILE),
        (pdf()[:150], ErrorCode.UNREADABLE_FILE),
        (picture(size=(20, 20)), ErrorCode.IMAGE_TOO_SMALL),
    ],
    ids=[
        "nothing", "text", "half a JPEG", "half a PNG", "empty ZIP", "half a ZIP", "ZIP in a ZIP", "text in a ZIP",
        "garbage PDF", "half a PDF", "tiny",
    ],
)  # fmt: skip
def test_broken_files_end_the_exam_with_a_code_that_says_why(data: bytes, expected: ErrorCode) -> None:
    assert code(data) is expected


def test_a_type_that_is_none_of_ours_is_refused_as_unsupported() -> None:
    assert code(b"hello", "text/plain") is ErrorCode.UNSUPPORTED_MEDIA


def test_pdf_with_a_password_asks_for_it_to_be_removed() -> None:
    lock = b"<</Filter/Standard/V 1/R 2/P -4/O<" + b"11" * 32 + b">/U<" + b"22" * 32 + b">>>"
    locked = pdf(extra=lock, trailer=b"/Encrypt 6 0 R/ID[<00><00>]")
    assert code(locked, "application/pdf") is ErrorCode.ENCRYPTED_PDF


def test_a_picture_of_a_billion_pixels_is_refused_by_its_header() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    assert code(bomb) is ErrorCode.IMAGE_TOO_LARGE


def test_a_zip_that_inflates_past_the_limit_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.png", b"\0" * 2_000_000)
    assert code(buffer.getvalue(), limits=Limits(inflated_bytes=1_000_000)) is ErrorCode.FILE_TOO_COMPLEX


def test_more_pages_than_allowed_are_refused_before_any_is_decoded() -> None:
    many = archive(**{f"{n}.png": picture() for n in range(4)})
    assert code(many, limits=Limits(pages=3)) is ErrorCode.TOO_MANY_PAGES


def test_text_layer_gives_exact_lines_and_the_page_without_them() -> None:
    (page,) = pages_of(pdf(b"BT /F 12 Tf 20 300 Td (1. Which of these?) Tj 160 0 Td (\\( \\)) Tj ET"))
    raster = decode(page)
    assert ["".join(glyph.text for glyph in line) for line in raster.glyphs] == ["1. Which of these?", "( )"]
    assert raster.bgr.min() < 100
    assert raster.bare.min() == 255


def test_a_huge_pdf_page_is_rendered_within_the_working_size() -> None:
    (page,) = pages_of(pdf(box="0 0 14400 14400"))
    assert max(decode(page, Limits(working_side=800)).bgr.shape) <= 801


def test_a_scanned_pdf_page_keeps_the_pixels_of_its_picture() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (1000, 1400), "white").save(buffer, "PDF", resolution=150)
    raster = decode(pages_of(buffer.getvalue())[0])
    assert abs(raster.bgr.shape[0] - 1400) <= 1
    assert raster.glyphs == ()


def test_a_heic_photo_is_decoded() -> None:
    (page,) = pages_of(HEIC.read_bytes())
    raster = decode(page)
    assert raster.bgr.shape == (120, 160, 3)
    red, white = raster.bgr[30, 40].astype(int), raster.bgr[90, 120].astype(int)
    assert red[2] > 150
    assert red[:2].max() < 60
    assert white.min() > 240


def test_a_heic_photo_is_of_no_supported_kind_where_its_decoder_is_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(heic, "pi_heif", None)
    with pytest.raises(Permanent) as raised:
        pages_of(HEIC.read_bytes(), "image/heic")
    assert raised.value.code is ErrorCode.UNSUPPORTED_MEDIA
