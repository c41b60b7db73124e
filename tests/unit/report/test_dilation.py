"""The brightest pixel around each pixel is Pillow's own, at every edge and size."""

import random

import pytest
from PIL import Image, ImageChops, ImageFilter

from services.report.core.dilation import brightest


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (40, 2), (31, 17), (64, 64)])
@pytest.mark.parametrize("reach", [1, 2, 4, 7])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_brightest_pixel_around_is_that_of_a_rank_filter(size: tuple[int, int], reach: int, mode: str) -> None:
    noise = random.Random(7).randbytes(size[0] * size[1] * len(mode))
    picture = Image.frombytes(mode, size, noise)
    expected = picture.filter(ImageFilter.MaxFilter(2 * reach + 1))
    assert ImageChops.difference(brightest(picture, reach), expected).getbbox() is None
