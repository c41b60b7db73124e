"""The connected strokes of a mask, from their outlines: a tenth of what labelling every pixel costs."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.flat import Mask


class Outlined(NamedTuple):
    """A stroke (8-connected). box: x, y, width, height; start: a pixel of it."""

    box: tuple[int, int, int, int]
    start: tuple[int, int]

    @property
    def window(self) -> tuple[slice, slice]:
        """The box's rows and columns of the mask."""
        x, y, width, height = self.box
        return slice(y, y + height), slice(x, x + width)

    def own(self, mask: Mask) -> npt.NDArray[np.bool_]:
        """Which pixels of the box are the stroke's, and not of others that reach into it."""
        _, labels = cv2.connectedComponents(mask[self.window], connectivity=8)
        (x, y, _, _), (at_x, at_y) = self.box, self.start
        return np.asarray(labels == labels[at_y - y, at_x - x], np.bool_)


def outlined(mask: Mask) -> list[Outlined]:
    """All strokes of a mask, those inside others' holes too, by where they begin: top to bottom, then left to right."""
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None:
        return []
    outer = np.flatnonzero(hierarchy[0, :, 3] < 0)
    found = [_outlined(np.asarray(contours[index], np.int32)) for index in outer.tolist()]
    return sorted(found, key=lambda stroke: stroke.start[::-1])


def _outlined(contour: npt.NDArray[np.int32]) -> Outlined:
    x, y, width, height = (int(v) for v in cv2.boundingRect(contour))
    return Outlined((x, y, width, height), (int(contour[0, 0, 0]), int(contour[0, 0, 1])))
