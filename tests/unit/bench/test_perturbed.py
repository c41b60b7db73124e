"""Copies of evaluation cases that are a little worse, and otherwise the same."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.perturbed import WAYS, copy_case, worse


def photo(quality: int = 95) -> bytes:
    page = np.full((120, 80, 3), 230, np.uint8)
    cv2.putText(page, "7", (20, 90), cv2.FONT_HERSHEY_SIMPLEX, 3, (40, 40, 40), 4)
    return cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def turned(data: bytes) -> bytes:
    """The photo with an orientation of 6 (Exif 2.32, tag 0x0112): turned by 90 degrees to be seen upright."""
    entry = bytes.fromhex("0112 0003 00000001 0006 0000")
    tiff = b"MM\x00\x2a" + (8).to_bytes(4, "big") + (1).to_bytes(2, "big") + entry + bytes(4)
    body = b"Exif\x00\x00" + tiff
    return data[:2] + b"\xff\xe1" + (2 + len(body)).to_bytes(2, "big") + body + data[2:]


def pixels(data: bytes, *, upright: bool = False) -> np.ndarray:
    plain = cv2.IMREAD_COLOR if upright else cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    return cv2.imdecode(np.frombuffer(data, np.uint8), plain)


@pytest.mark.parametrize("way", sorted(WAYS))
def test_a_worse_photo_shows_the_same_in_the_same_places(way: str) -> None:
    before, after = pixels(photo()), pixels(worse(photo(), way, 1))
    assert after.shape == before.shape
    assert not np.array_equal(after, before)
    dark = [(page.min(axis=2) < 128).astype(float) for page in (before, after)]
    assert np.abs(dark[0] - dark[1]).mean() < 0.03
    assert worse(photo(), way, 1) == worse(photo(), way, 1)


def test_a_turned_photo_stays_turned() -> None:
    copy = worse(turned(photo()), "noise", 1)
    assert pixels(copy).shape == (120, 80, 3)
    assert pixels(copy, upright=True).shape == (80, 120, 3)


def test_what_is_no_photo_is_copied_as_it_is(tmp_path: Path) -> None:
    case = tmp_path / "paper" / "one"
    case.mkdir(parents=True)
    (case / "request.json").write_text("{}")
    (case / "page-1.JPG").write_bytes(photo())
    (case / "paper.pdf").write_bytes(b"%PDF-1.7")
    copy_case(case, tmp_path / "copy", "soft")
    assert (tmp_path / "copy" / "request.json").read_text() == "{}"
    assert (tmp_path / "copy" / "paper.pdf").read_bytes() == b"%PDF-1.7"
    assert (tmp_path / "copy" / "page-1.JPG").read_bytes() not in (photo(), b"")


def test_what_cannot_be_decoded_is_told() -> None:
    with pytest.raises(ValueError, match="no JPEG"):
        worse(b"\xff\xd8 no photo", "noise", 1)
