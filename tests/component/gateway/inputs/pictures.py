"""Pictures, good and bad, made in code."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, PngImagePlugin

SIZE = (1100, 1500)


def paper(size: tuple[int, int] = SIZE, *, paper: int = 240, ink: int = 20) -> Image.Image:
    """A page with rows of something like type."""
    image = Image.new("RGB", size, (paper,) * 3)
    draw = ImageDraw.Draw(image)
    chance = np.random.default_rng(7)
    for y in range(60, size[1] - 60, 36):
        x = 70
        while x < size[0] - 110:
            width = int(chance.integers(8, 30))
            draw.rectangle((x, y, x + width, y + 18), outline=(ink,) * 3, width=3)
            x += width + 6
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(**options: Any) -> bytes:
    return encoded(paper(), "JPEG", quality=85, **options)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG that says it is so large, whatever is in it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = png_chunk(b"IDAT", zlib.compress(b"\0" * 4096))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + b"".join(chunks) + pixels + png_chunk(b"IEND", b"")


def with_text_bomb() -> bytes:
    """A good picture with a comment of 40 kB that unpacks to 40 MB."""
    info = PngImagePlugin.PngInfo()
    info.add_itxt("Comment", "a" * 40_000_000, zip=True)
    return encoded(paper(), "PNG", pnginfo=info)


def with_profile() -> bytes:
    """A good picture with five megabytes of colour profile and EXIF."""
    return jpeg(icc_profile=bytes(4_000_000), exif=b"Exif\0\0" + bytes(60_000))


def in_mode(mode: str) -> bytes:
    image = paper()
    if mode == "I;16":
        wide = np.asarray(image.convert("L")).astype(np.uint16) * 257
        return encoded(Image.fromarray(wide), "PNG")
    if mode == "RGBA":
        image.putalpha(200)
        return encoded(image, "PNG")
    if mode == "CMYK":
        return encoded(image.convert("CMYK"), "JPEG")
    return encoded(image.convert(mode), "PNG")


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8825] = {1: "N", 2: (31.0, 14.0, 0.0)}  # where it was taken
    return jpeg(exif=exif.tobytes())


def animated(kind: str) -> bytes:
    frames = [paper(), paper(paper=220)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def tiff(pages: int) -> bytes:
    frames = [paper((760, 1060)) for _ in range(pages)]
    return encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:], compression="tiff_deflate")


def damaged(*, pixels: bool) -> bytes:
    """A PNG with a wrong checksum; `pixels`: because what it is of was damaged."""
    data = bytearray(encoded(paper(), "PNG"))
    at = data.index(b"IDAT") - 4
    length = int.from_bytes(data[at : at + 4], "big")
    data[at + 8 + (length // 2 if pixels else length)] ^= 0xFF
    return bytes(data)


def flat(level: int) -> bytes:
    return encoded(Image.new("L", SIZE, level), "JPEG")


def noise() -> bytes:
    return encoded(Image.fromarray(np.random.default_rng(1).integers(0, 256, (900, 700, 3), dtype=np.uint8)), "JPEG")


def blurred() -> bytes:
    return encoded(paper().filter(ImageFilter.GaussianBlur(5)), "JPEG")


def skewed() -> bytes:
    return encoded(paper().rotate(30, expand=True, fillcolor="white"), "JPEG")


def upside_down() -> bytes:
    return encoded(paper().rotate(180), "JPEG")


def glare() -> bytes:
    image = np.asarray(paper()).astype(float)
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    spot = 255 * np.exp(-(((x - width / 2) ** 2 + (y - height / 3) ** 2) / (2 * 150.0**2)))
    return encoded(Image.fromarray(np.clip(image + spot[..., None], 0, 255).astype(np.uint8)), "JPEG")


def shadow() -> bytes:
    image = np.asarray(paper()).astype(float)
    shade = np.linspace(1.0, 0.35, image.shape[1])[None, :, None]
    return encoded(Image.fromarray((image * shade).astype(np.uint8)), "JPEG")


def dark() -> bytes:
    return encoded(paper(paper=60, ink=5), "JPEG")


def cat() -> bytes:
    """Something round with ears: no paper."""
    image = Image.new("RGB", SIZE, (90, 140, 90))
    draw = ImageDraw.Draw(image)
    draw.ellipse((250, 500, 850, 1100), fill=(200, 140, 70))
    draw.polygon([(300, 620), (330, 350), (480, 520)], fill=(200, 140, 70))
    draw.polygon([(800, 620), (770, 350), (620, 520)], fill=(200, 140, 70))
    return encoded(image, "JPEG")


def spread() -> bytes:
    """Two pages in one photo."""
    wide = Image.new("RGB", (SIZE[0] * 2 + 60, SIZE[1]), "grey")
    wide.paste(paper(), (0, 0))
    wide.paste(paper(), (SIZE[0] + 60, 0))
    return encoded(wide, "JPEG")


def cut_off() -> bytes:
    image = paper()
    return encoded(image.crop((90, 80, image.width - 150, image.height - 200)), "JPEG")
