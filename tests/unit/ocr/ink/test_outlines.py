"""Strokes of a mask by their outlines, held against the labelling of every pixel."""

import cv2
import numpy as np
import pytest

from services.ocr.core.outlines import outlined


@pytest.mark.parametrize("share", [0.02, 0.2, 0.45, 0.7])
def test_strokes_and_their_pixels_are_those_of_a_labelling_holes_and_what_lies_in_them_too(share: float) -> None:
    drawn = np.random.default_rng(1).random((90, 140)) < share
    mask = np.where(drawn, 255, 0).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    labelled = sorted((tuple(stats[i, :4].tolist()), (labels == i).tobytes()) for i in range(1, count))
    found = []
    for stroke in outlined(mask):
        whole = np.zeros(mask.shape, np.bool_)
        whole[stroke.window] = stroke.own(mask)
        found.append((stroke.box, whole.tobytes()))
    assert sorted(found) == labelled


def test_a_mask_without_ink_has_no_strokes() -> None:
    assert outlined(np.zeros((20, 30), np.uint8)) == []
