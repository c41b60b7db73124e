import numpy as np

from services.ocr.core import batches


def crop(width: int, shade: int = 0) -> np.ndarray:
    return np.full((48, width, 3), shade, np.uint8)


def test_short_crops_of_one_width_go_together_and_wide_ones_alone() -> None:
    widths = [(64, 0), (704, 1), (64, 2), (704, 3), (64, 4), (64, 5), (64, 6)]
    assert list(batches.together(widths)) == [(64, [0, 2, 4, 5]), (64, [6]), (704, [1]), (704, [3])]


def test_every_crop_has_a_width_that_holds_it() -> None:
    assert all(batches.padded(crop(width)) >= width for width in (1, 64, 65, 1000, 4096))
    assert batches.padded(crop(9000)) == batches.REC_MAX_WIDTH


def test_what_is_beyond_a_crop_or_a_batch_is_neither_ink_nor_paper() -> None:
    made = batches.strips([crop(30, 255), crop(50), crop(60)], 64)
    assert made.shape == (4, 3, batches.REC_HEIGHT, 64)
    assert (made[0, :, :, :30] == 1).all()
    assert (made[1, :, :, :50] == -1).all()
    assert not made[0, :, :, 30:].any()
    assert not made[3:].any()


def test_one_crop_and_two_are_recognised_without_empty_ones_beside_them() -> None:
    assert [len(batches.strips([crop(30)] * count, 64)) for count in (1, 2, 3, 4)] == [1, 2, 4, 4]
