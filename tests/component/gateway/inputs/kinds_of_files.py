"""What is wrong with a file: pictures, PDFs, archives and what pretends to be one."""

from functools import partial

from tests.component.gateway.inputs import documents, pictures
from tests.component.gateway.inputs.kind import COMPLEX, UNREADABLE, UNSUPPORTED, Answer, Kind, as_file, good

_MODES = {"CMYK": "CMYK", "16 bits": "I;16", "1 bit": "1", "palette": "P", "alpha": "RGBA"}
PICTURES = (
    Kind(27, "1 x 1", {"": as_file(lambda: pictures.png(1, 1), Answer(422, "image_too_small"))}),
    Kind(
        28,
        "65,500 x 65,500 in a few bytes",
        {"": as_file(lambda: pictures.png(65_500, 65_500), Answer(422, "image_too_large"))},
    ),
    Kind(
        29,
        "huge ICC profile, EXIF or comment",
        {
            "ICC and EXIF": as_file(pictures.with_profile),
            "comment of 40 MB": as_file(pictures.with_text_bomb, UNREADABLE),
        },
    ),
    Kind(
        30,
        "unusual colours",
        {name: as_file(partial(pictures.in_mode, mode)) for name, mode in _MODES.items()},
    ),
    Kind(
        31,
        "EXIF rotations",
        {str(n): as_file(partial(pictures.turned, n)) for n in range(1, 9)},
        "turned as the camera meant",
    ),
    Kind(32, "truncated progressive JPEG", {"": as_file(lambda: pictures.jpeg(progressive=True)[:20_000], UNREADABLE)}),
    Kind(
        33,
        "animations",
        {
            "GIF": as_file(lambda: pictures.animated("GIF"), UNSUPPORTED),
            "WebP": as_file(lambda: pictures.animated("WEBP")),
            "APNG": as_file(lambda: pictures.animated("PNG")),
        },
        "the first frame is the page",
    ),
    Kind(
        34,
        "HEIC, TIFF of several pages, BMP",
        {
            "broken HEIC": as_file(lambda: b"\0\0\0\x18ftypheic" + bytes(200), UNREADABLE),
            "TIFF": as_file(lambda: pictures.tiff(3)),
            "TIFF of 60 pages": as_file(lambda: pictures.tiff(60), Answer(422, "too_many_pages")),
            "BMP": as_file(lambda: pictures.encoded(pictures.paper(), "BMP"), UNSUPPORTED),
        },
    ),
    Kind(
        35,
        "wrong checksum",
        {
            "of good pixels": as_file(lambda: pictures.damaged(pixels=False)),
            "of damaged pixels": as_file(lambda: pictures.damaged(pixels=True), UNREADABLE),
        },
    ),
    Kind(
        36,
        "two formats at once",
        {
            "JPEG and ZIP": as_file(lambda: good() + documents.archive(("a.js", b"alert(1)"))),
            "GIF and JavaScript": as_file(lambda: b"GIF89a/*" + bytes(100) + b"*/=1;alert(1)", UNSUPPORTED),
        },
        "it is what its first bytes say; what goes out again is encoded anew",
    ),
    Kind(
        37,
        "white, black, noise",
        {
            "white": as_file(lambda: pictures.flat(255), Answer(202, advice=("blank",))),
            "black": as_file(lambda: pictures.flat(0), Answer(202, advice=("blank",))),
            "noise": as_file(pictures.noise, Answer(202, advice=("too_small",))),
        },
        "FAILED `no_text_found`",
    ),
    Kind(
        38,
        "bad photos",
        {
            "blurred": as_file(pictures.blurred, Answer(202, advice=("blurred",))),
            "dark": as_file(pictures.dark, Answer(202, advice=("dark",))),
            "skewed by 30°": as_file(pictures.skewed),
            "upside down": as_file(pictures.upside_down),
            "glare": as_file(pictures.glare),
            "shadow": as_file(pictures.shadow),
        },
        "skew and turns are undone by ocr; its result has advice of its own",
    ),
    Kind(39, "photo of a cat", {"": as_file(pictures.cat, Answer(202, advice=("blank",)))}, "FAILED `no_text_found`"),
    Kind(
        40,
        "two pages in one photo, a page cut off",
        {"two": as_file(pictures.spread), "cut off": as_file(pictures.cut_off)},
    ),
)

_ACTION = b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>/AA<</WC<</S/Launch/F(cmd.exe)>>>>"
_EMBEDDED = b"/Names<</EmbeddedFiles<</Names[(a.exe) 6 0 R]>>>>"
_GARBAGE = b"<</Type/Font/Subtype/Type0/BaseFont/Nowhere/Encoding/Identity-H/ToUnicode 4 0 R/DescendantFonts[6 0 R]>>"
_DESCENDANT = (
    b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Nowhere/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>>>"
)
PDFS = (
    Kind(41, "no pages", {"": as_file(lambda: documents.pdf(pages=0), UNREADABLE)}),
    Kind(42, "2,000 pages", {"": as_file(lambda: documents.many_pages(2000), Answer(422, "too_many_pages"))}),
    Kind(
        43,
        "encrypted",
        {
            "by the reader's password": as_file(lambda: documents.encrypted(b"secret"), Answer(422, "encrypted_pdf")),
            "by the owner's only": as_file(lambda: documents.encrypted(b"")),
        },
    ),
    Kind(44, "content that unpacks without end", {"": as_file(lambda: documents.flate_bomb(200), COMPLEX)}),
    Kind(45, "page of 14,400 inches", {"": as_file(lambda: documents.pdf(box="0 0 1036800 1036800"))}),
    Kind(
        46,
        "loops",
        {
            "page tree in itself": as_file(lambda: documents.pdf(kids=b"2 0 R"), UNREADABLE),
            "xref of itself": as_file(lambda: documents.pdf(trailer=b"/Prev 9", xref=9)),
        },
    ),
    Kind(47, "JavaScript, OpenAction, Launch", {"": as_file(lambda: documents.pdf(catalog=_ACTION))}, "nothing is run"),
    Kind(
        48,
        "files inside",
        {"": as_file(lambda: documents.pdf(catalog=_EMBEDDED, more=(b"<</Type/Filespec/F(a.exe)>>",)))},
        "not looked at",
    ),
    Kind(
        49,
        "text only, no fonts, wrong ToUnicode",
        {
            "Helvetica": as_file(documents.pdf),
            "garbage": as_file(lambda: documents.pdf(font=_GARBAGE, more=(_DESCENDANT,))),
        },
    ),
    Kind(50, "forms in forms", {"10^9 drawings": as_file(lambda: documents.nested_forms(9, 10), COMPLEX)}),
    Kind(51, "damaged xref", {"": as_file(lambda: documents.pdf(xref=7))}, "mended"),
)

ARCHIVES = (
    Kind(
        52,
        "names that climb out",
        {"": as_file(lambda: documents.archive(("../../etc/cron.d/x.jpg", good())))},
        "never written",
    ),
    Kind(
        53,
        "bombs",
        {
            "flat": as_file(lambda: documents.zip_bomb(60), COMPLEX),
            "nested": as_file(lambda: documents.archive(("a.zip", documents.zip_bomb(20))), UNSUPPORTED),
            "overlapping": as_file(lambda: documents.overlapping(good()), UNREADABLE),
            "ten thousand entries": as_file(
                lambda: documents.archive(*((f"{n}.jpg", b"") for n in range(10_000))), Answer(422, "too_many_pages")
            ),
        },
    ),
    Kind(54, "link", {"": as_file(lambda: documents.link("/etc/passwd"), UNSUPPORTED)}),
    Kind(55, "encrypted", {"": as_file(lambda: documents.locked(good()), Answer(422, "encrypted_archive"))}),
    Kind(
        56,
        "sizes that lie",
        {
            "smaller": as_file(lambda: documents.lying(good(), 10), UNREADABLE),
            "larger": as_file(lambda: documents.lying(good(), 10_000_000), UNREADABLE),
        },
    ),
    Kind(
        57,
        "SVG",
        {
            "script": as_file(
                lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", UNSUPPORTED
            ),
            "entity": as_file(
                lambda: b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
                UNSUPPORTED,
            ),
        },
    ),
    Kind(
        58,
        "HTML, DOCX, EXE renamed",
        {
            "HTML": as_file(lambda: b"<!doctype html><p>1. ( )", UNSUPPORTED),
            "DOCX": as_file(documents.renamed_office, UNSUPPORTED),
            "EXE": as_file(lambda: b"MZ" + bytes(300), UNSUPPORTED),
        },
    ),
)
