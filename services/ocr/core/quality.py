"""How good a photo is, and what to tell the one who took it."""

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np

from contracts.artefacts.reading import Line, Quality
from services.ocr.core.glare import has_glare
from services.ocr.core.ink import percentile
from services.ocr.core.raster import Image

EDGE = 3
CUT_LINES = 2
"""Text that runs into the picture's edge, pixels; one such line may be a neighbouring page's."""
DARK, FAINT = 90, 70
"""Paper darker than this is dark; writing closer to its paper than this is faint. Grey levels of 255."""
NOTHING = 12
"""Grey levels between the paper and the darkest of what is on it: nothing is."""
READABLE_SIDE = 1000
"""Longer side of a page below which its type is too small, pixels."""
SHARP = 0.38
"""At a longer side of 1000 pixels sharp pages have 0.46 and more, out of focus by 3 pixels of 2300 at most 0.32."""
SHAKEN = 1.4
"""How much sharper one direction is than the other when the camera moved; out of focus both suffer alike."""
NEAR = 9
"""Pixels: how far a stroke's edge is looked for around it."""


def assess(bgr: Image, lines: Sequence[Line], skew: float, turn: Literal[0, 90, 180, 270]) -> Quality:
    """Quality of the page as uploaded (upright, before straightening) and of its reading."""
    grey = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    confidences = [line.confidence for line in lines if len(line.text) > 1]
    mean = round(float(np.mean(confidences)), 4) if confidences else 0.0
    heights = [line.box[3][1] - line.box[0][1] for line in lines]
    blur = blurredness(grey)
    paper, dark = (percentile(grey, share) for share in (80, 1))
    advice = []
    if blur > 0.6 and mean < 0.93:
        advice.append(_blur(grey))
    if has_glare(grey):
        advice.append("glare")
    if paper < DARK:
        advice.append("dark")
    elif paper - dark < FAINT:
        advice.append("low_contrast")
    if heights and float(np.median(heights)) < 14:
        advice.append("too_small")
    if sum(_reaches_edge(line, bgr.shape[1]) for line in lines) >= CUT_LINES:
        advice.append("cut_off")
    if turn == 180:
        advice.append("upside_down")
    return Quality(blur=blur, skew_deg=round(skew, 2), rotation=turn, mean_confidence=mean, advice=tuple(advice))


def glance(bgr: Image, uploaded: tuple[int, int]) -> list[str]:
    """Advice from pixels alone, before anything is read; `uploaded`: (width, height) before reduction.

    Says less than `assess`: only what no reading would be needed to be sure of.
    """
    grey = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    paper, dark = (float(v) for v in np.percentile(grey[::2, ::2], (80, 0.5)))
    if paper - dark < NOTHING:
        return ["blank"]
    advice = ["dark"] if paper < DARK else []
    if max(uploaded) < READABLE_SIDE:
        advice.append("too_small")
    elif sharpness(grey) < SHARP:
        advice.append(_blur(grey))  # and therefore faint
    elif paper - dark < FAINT and not advice:
        advice.append("low_contrast")
    return [*advice, "glare"] if has_glare(grey) else advice


def _reaches_edge(line: Line, width: int) -> bool:
    xs = [x for x, _ in line.box]
    return len(line.text) > 2 and (min(xs) <= EDGE or max(xs) >= width - 1 - EDGE)


def blurredness(grey: Image) -> float:
    """0 (sharp) to 1: how wide the steepest edges are, from gradient against second derivative, free of contrast."""
    # Integers of every third row, eight times the slope: a quarter of the time of floats, and within .007 of them.
    gradient = np.abs(cv2.Sobel(grey, cv2.CV_16S, 1, 0)[::3])
    curvature = np.abs(cv2.Laplacian(grey, cv2.CV_16S)[::3])
    counts = np.cumsum(np.bincount(gradient.ravel()))
    edges = gradient > max(48, int(np.searchsorted(counts, 0.97 * gradient.size, side="right")))
    if not edges.any():
        return 1.0
    ratio = float(8 * curvature[edges].mean() / gradient[edges].mean())
    return float(np.clip(1.3 - ratio, 0.0, 1.0))


def sharpness(grey: Image) -> float:
    """How much of a stroke's contrast lies between two neighbouring pixels, 0 to 1, in the direction where it is less.

    Out of focus both directions suffer, from motion one does. Free of contrast; noise and compression hardly matter.
    """
    return min(_both_ways(grey))


def _blur(grey: Image) -> str:
    """Which advice a picture that isn't sharp needs: `motion_blur` when it moved along its rows or columns."""
    least, most = sorted(_both_ways(grey))
    return "motion_blur" if most > SHAKEN * least else "blurred"


def _both_ways(grey: Image) -> tuple[float, float]:
    return _steepness(grey), _steepness(np.ascontiguousarray(grey.T))


def _steepness(grey: Image) -> float:
    """Along rows, at the strongest strokes: the steepest step as a share of the whole rise."""
    near = np.ones((1, NEAR), np.uint8)
    steps = cv2.dilate(cv2.absdiff(grey[:, 1:], grey[:, :-1]), near).astype(np.float32)
    rises = cv2.subtract(cv2.dilate(grey, near), cv2.erode(grey, near))[:, :-1].astype(np.float32)
    strong = rises > max(NOTHING, 0.6 * float(np.percentile(rises[::2, ::2], 99.5)))
    return float(np.median(steps[strong] / rises[strong])) if strong.any() else 1.0
