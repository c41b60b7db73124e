"""Hands that write: fonts, and strokes of a pen for signs that a font lacks."""

import functools
from pathlib import Path
from random import Random

import cv2
import numpy as np
import numpy.typing as npt
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

Ink = npt.NDArray[np.uint8]
EM = 48
"""Pixels that a text is written at before it is taken to its size."""
_STROKES: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    # In ems from the baseline up: polylines of a pen.
    "√": (((0.05, 0.35), (0.2, 0.1), (0.3, 0.0), (0.62, 0.78)),),
    "×": (((0.08, 0.05), (0.52, 0.62)), ((0.1, 0.63), (0.5, 0.03))),
    "÷": (((0.05, 0.33), (0.55, 0.33)), ((0.29, 0.55), (0.31, 0.58)), ((0.29, 0.1), (0.31, 0.13))),
    "≤": (((0.52, 0.66), (0.08, 0.4), (0.54, 0.18)), ((0.08, 0.04), (0.55, 0.0))),
    "≥": (((0.08, 0.66), (0.54, 0.42), (0.08, 0.2)), ((0.06, 0.02), (0.55, 0.02))),
    "≠": (((0.05, 0.42), (0.55, 0.42)), ((0.05, 0.22), (0.55, 0.22)), ((0.42, 0.62), (0.18, 0.02))),
    "<": (((0.52, 0.6), (0.08, 0.32), (0.54, 0.05)),),
    ">": (((0.08, 0.62), (0.54, 0.34), (0.08, 0.05)),),
    "±": (((0.05, 0.42), (0.55, 0.42)), ((0.3, 0.65), (0.3, 0.18)), ((0.05, 0.04), (0.55, 0.04))),
    "+": (((0.05, 0.32), (0.56, 0.33)), ((0.3, 0.6), (0.3, 0.06))),
    "-": (((0.05, 0.3), (0.5, 0.32)),),
    "=": (((0.05, 0.42), (0.55, 0.43)), ((0.05, 0.22), (0.55, 0.21))),
    "°": (((0.1, 0.72), (0.04, 0.62), (0.1, 0.53), (0.2, 0.54), (0.25, 0.64), (0.18, 0.72), (0.1, 0.72)),),
    "∠": (((0.5, 0.66), (0.05, 0.02), (0.62, 0.0)),),
    "△": (((0.32, 0.7), (0.03, 0.03), (0.64, 0.02), (0.33, 0.7)),),
    "⊥": (((0.3, 0.68), (0.3, 0.02)), ((0.03, 0.02), (0.6, 0.0))),
    "∥": (((0.2, 0.72), (0.12, -0.02)), ((0.4, 0.72), (0.32, -0.02))),
    "π": (((0.02, 0.42), (0.12, 0.48), (0.6, 0.47)), ((0.2, 0.46), (0.14, 0.0)), ((0.42, 0.47), (0.42, 0.06), (0.55, 0.02))),
    "Ω": (((0.02, 0.02), (0.2, 0.03), (0.06, 0.35), (0.2, 0.66), (0.42, 0.66), (0.58, 0.36), (0.42, 0.03), (0.62, 0.02)),),
    "∞": (((0.35, 0.3), (0.2, 0.44), (0.05, 0.3), (0.2, 0.16), (0.35, 0.3), (0.5, 0.44), (0.65, 0.3), (0.5, 0.16), (0.35, 0.3)),),
    "/": (((0.4, 0.75), (0.05, -0.05)),),
    "[": (((0.32, 0.78), (0.1, 0.77), (0.1, -0.06), (0.32, -0.07)),),
    "]": (((0.05, 0.78), (0.28, 0.77), (0.28, -0.06), (0.04, -0.07)),),
    "%": (((0.6, 0.7), (0.1, 0.0)), ((0.15, 0.68), (0.06, 0.58), (0.16, 0.5), (0.24, 0.6), (0.15, 0.68)),
          ((0.52, 0.22), (0.44, 0.12), (0.54, 0.02), (0.62, 0.12), (0.52, 0.22))),
}  # fmt: skip
_WIDTHS = {"°": 0.32, "/": 0.46, "[": 0.36, "]": 0.36, "∥": 0.55, "∞": 0.75}


class Hand:
    """One writer: a font, and how thick its pen is (pixels at EM)."""

    def __init__(self, path: Path) -> None:
        self.name = path.parts[-4] if "package" in path.parts else path.stem
        self._font = ImageFont.truetype(str(path), EM)
        with TTFont(path, lazy=True) as font:
            self.covers = frozenset(map(chr, font.getBestCmap() or {}))
        # Fonts differ in what an em is: letters shall be as high as other hands'.
        top, bottom = self._height("H")
        self._font = ImageFont.truetype(str(path), max(12, round(EM * 0.68 * EM / max(8, bottom - top))))
        self.pen = self._pen()

    def draws(self, sign: str) -> bool:
        """Whether the hand has a form for a sign."""
        return sign in _STROKES or sign in self.covers

    def glyph(self, sign: str, rng: Random) -> tuple[Ink, int]:
        """(ink of 2 EM height with the baseline at 1.4 EM, advance in pixels)."""
        drawn = sign in _STROKES and (sign not in self.covers or rng.random() < _PENNED.get(sign, 0.35))
        return self._stroked(sign, rng) if drawn else self._glyph(sign)

    @functools.cache  # noqa: B019 - hands live as long as the program
    def _glyph(self, sign: str) -> tuple[Ink, int]:
        advance = max(4, round(self._font.getlength(sign)))
        canvas = Image.new("L", (advance + EM, 2 * EM), 0)
        ImageDraw.Draw(canvas).text((EM // 2, round(1.4 * EM)), sign, font=self._font, fill=255, anchor="ls")
        return np.asarray(canvas), advance

    def word(self, text: str) -> tuple[Ink, int]:
        """A run as the font joins it, like `glyph`."""
        return self._glyph.__wrapped__(self, text)

    def _stroked(self, sign: str, rng: Random) -> tuple[Ink, int]:
        size = 0.95 * EM
        width = round(_WIDTHS.get(sign, 0.68) * size)
        canvas = np.zeros((2 * EM, width + EM), np.uint8)
        thickness = max(1, round(self.pen * rng.uniform(0.8, 1.2)))
        for stroke in _STROKES[sign]:
            points = np.array([(x + rng.gauss(0, 0.025), y + rng.gauss(0, 0.025)) for x, y in stroke])
            curve = _smooth(points) if len(points) > 3 else points
            pixels = np.column_stack((EM / 2 + curve[:, 0] * size, 1.4 * EM - curve[:, 1] * size))
            cv2.polylines(canvas, [np.round(pixels * 8).astype(np.int32)], False, 255, thickness, cv2.LINE_AA, 3)
        return canvas, width

    def _height(self, sign: str) -> tuple[float, float]:
        box = self._font.getbbox(sign)
        return float(box[1]), float(box[3])

    def _pen(self) -> float:
        ink = self._glyph("H")[0] > 128
        if not ink.any():
            return 3.0
        return float(np.clip(4 * cv2.distanceTransform(ink.astype(np.uint8), cv2.DIST_L2, 3)[ink].mean(), 1.5, 6))


_PENNED = {"√": 0.85, "×": 0.7, "-": 0.5}
"""How often a sign is drawn though the font has it: ticks and crosses of a pen look otherwise."""


def _smooth(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A curve near a polyline: Chaikin's corner cutting, twice."""
    for _ in range(2):
        near, far = 0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]
        points = np.concatenate((points[:1], np.stack((near, far), 1).reshape(-1, 2), points[-1:]))
    return points
