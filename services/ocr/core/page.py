"""One page, from its bytes to what stands on it."""

from typing import NamedTuple

import cv2
import numpy as np

from contracts.artefacts.reading import Page
from services.ocr.core import geometry, order, quality, script, sheet
from services.ocr.core import lines as text_lines
from services.ocr.core.bubbles import find_bubbles
from services.ocr.core.engine import Engine, Floats, Turn
from services.ocr.core.figures import find_figures
from services.ocr.core.marks import find_marks
from services.ocr.core.raster import Image, Matrix, Raster
from services.ocr.core.rules import find_rules
from services.ocr.core.sources import Limits, PageSource, decode
from services.ocr.core.spots import find_spots
from services.ocr.core.upright import turn_of

JPEG_QUALITY = 88
RED_FLOOR = 150
"""Inside a red stroke, only pixels with more red than this are whitened: black ink under the stroke stays."""


class Flat(NamedTuple):
    """A page made upright and flat. quads: text boxes on it; matrix: uploaded pixels to its pixels."""

    bgr: Image
    bare: Image
    quads: list[Floats]
    matrix: Matrix
    from_raster: Matrix
    skew: float
    turn: Turn


def read_page(source: PageSource, engine: Engine, number: int = 1, limits: Limits | None = None) -> tuple[Page, bytes]:
    """The page and its rectified image as JPEG. The page's `image` is left for the caller to set.

    Raises Permanent as `sources.decode` does. A page without any text is a page without lines.
    """
    return read_raster(decode(source, limits), engine, number)


def read_raster(raster: Raster, engine: Engine, number: int = 1) -> tuple[Page, bytes]:
    """As `read_page`, of a page that is decoded already."""
    flat = rectified(raster, engine)
    marks, mask = find_marks(flat.bgr, engine)
    layer = text_lines.of_glyphs(raster.glyphs, flat.from_raster)
    clean = without_red(flat.bare, mask)
    # Red strokes hide printed lines from the detector, and make lines of their own: look again without them.
    quads = engine.detect(clean) if mask.any() else flat.quads
    lines = order.ordered([*layer, *text_lines.read_lines(clean, quads, engine)])
    rules = find_rules(flat.bgr)
    spots = find_spots(flat.bgr, rules, lines, mask, engine)
    height, width = flat.bgr.shape[:2]
    bubbles = find_bubbles(flat.bgr, lines, engine)
    figures = find_figures(flat.bgr, lines, rules)
    lines = script.by_size_and_wording(order.ordered(script.by_label(script.divided(lines, spots))))
    page = Page(
        page=number,
        width=width,
        height=height,
        quality=quality.assess(flat.bgr, lines, flat.skew, flat.turn),
        transform=geometry.to_tuple(flat.matrix),
        source="text_layer" if layer else "ocr",
        lines=tuple(lines),
        spots=tuple(spots),
        bubbles=tuple(bubbles),
        marks=tuple(marks),
        rules=tuple(rules),
        figures=tuple(figures),
    )
    return page, jpeg(flat.bgr)


def rectified(raster: Raster, engine: Engine) -> Flat:
    """The page turned upright and straightened."""
    turn: Turn
    turn, quads = (0, engine.detect(raster.bare)) if raster.glyphs else turn_of(raster.bgr, engine)
    upright, bare = geometry.turned(raster.bgr, turn), geometry.turned(raster.bare, turn)
    to_upright = geometry.turn_matrix(turn, raster.bgr.shape[1], raster.bgr.shape[0])
    angle = geometry.skew(quads)
    flattened = None if raster.glyphs else sheet.flattening(upright, quads)
    flat, size = flattened or (np.eye(3), (upright.shape[1], upright.shape[0]))
    rest, size = geometry.straightening(geometry.skew([geometry.moved(quad, flat) for quad in quads]), *size)
    straight = rest @ flat
    from_raster = straight @ to_upright
    return Flat(
        bgr=geometry.warped(upright, straight, size),
        bare=geometry.warped(bare, straight, size),
        quads=[geometry.moved(quad, straight) for quad in quads],
        matrix=from_raster @ raster.to_raster,
        from_raster=from_raster,
        skew=angle,
        turn=turn,
    )


def without_red(bgr: Image, mask: np.ndarray) -> Image:
    """The page with the teacher's strokes whitened."""
    cleaned = bgr.copy()
    cleaned[(mask > 0) & (bgr[:, :, 2] > RED_FLOOR)] = 255
    return cleaned


def jpeg(bgr: Image) -> bytes:
    """The image as JPEG bytes."""
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError("page image cannot be encoded")
    return bytes(data)
