"""One page, from its bytes to what stands on it."""

from typing import NamedTuple

import cv2
import numpy as np

from contracts.artefacts.reading import Page
from services.ocr.core import geometry, order, quality, script, shapes, sheet
from services.ocr.core import lines as text_lines
from services.ocr.core.bubbles import find_bubbles
from services.ocr.core.engine import Engine, Turn
from services.ocr.core.faint import with_faint_borders
from services.ocr.core.figures import find_figures
from services.ocr.core.flat import Leaf
from services.ocr.core.grey_marks import find_grey_marks
from services.ocr.core.marks import find_marks, red_ink, without_red
from services.ocr.core.mesh import Mesh, flattening
from services.ocr.core.places import off_bubbles
from services.ocr.core.raster import Image, Matrix, Raster
from services.ocr.core.residue import without_residue
from services.ocr.core.rules import find_rules
from services.ocr.core.sources import Limits, PageSource, decode
from services.ocr.core.spots import find_spots
from services.ocr.core.tilt import tilt_of
from services.ocr.core.upright import sketched, turn_of

JPEG_QUALITY = 88


class Flat(NamedTuple):
    """A page made upright and flat. bare: without its text layer; matrix: uploaded pixels to its; from_raster: the raster's.

    mesh: of bent lines, where its points come from in uploaded pixels; the matrices are then the nearest ones.
    """

    bgr: Image
    bare: Image
    matrix: Matrix
    from_raster: Matrix
    skew: float
    turn: Turn
    mesh: Mesh | None


def read_page(source: PageSource, engine: Engine, number: int = 1, limits: Limits | None = None) -> tuple[Page, bytes]:
    """The page and its rectified image as JPEG. The page's `image` is left for the caller to set.

    Raises Permanent as `sources.decode` does. A page without any text is a page without lines.
    """
    return read_raster(decode(source, limits), engine, number)


def read_raster(raster: Raster, engine: Engine, number: int = 1) -> tuple[Page, bytes]:
    """As `read_page`, of a page that is decoded already."""
    flat = rectified(raster, engine)
    leaf = Leaf(flat.bgr)
    red = red_ink(leaf)
    marks = find_marks(leaf, red, engine)
    layer = text_lines.of_glyphs(raster.glyphs, flat.from_raster)
    # Looked for only now: boxes of a flat page fit its lines, and red strokes neither hide lines nor make their own.
    clean = without_red(flat.bare, red)
    boxes = engine.detect(clean)
    if not marks and not raster.glyphs and (grey := find_grey_marks(leaf, boxes)):
        marks, clean, leaf = grey.marks, grey.clean, Leaf(grey.clean)
        boxes = engine.detect(clean)
    read = without_residue(text_lines.read_lines(clean, boxes, engine), marks)
    lines = order.ordered([*layer, *read])
    rules = with_faint_borders(find_rules(leaf), leaf)
    spots = find_spots(leaf, rules, lines, red, engine)
    bubbles = find_bubbles(leaf, lines, engine)
    spots = off_bubbles(spots, bubbles)
    figures = find_figures(leaf, lines, rules)
    lines = script.by_size_and_wording(order.ordered(script.by_label(script.divided(lines, spots))))
    lines, spots = shapes.mended(lines, spots)
    page = Page(
        page=number,
        width=leaf.size[0],
        height=leaf.size[1],
        quality=quality.assess(flat.bgr, lines, flat.skew, flat.turn),
        transform=geometry.to_tuple(flat.matrix),
        mesh=flat.mesh and flat.mesh.told(),
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
    turn, quads = (0, sketched(raster.bare, engine)) if raster.glyphs else turn_of(raster.bgr, engine)
    upright = geometry.turned(raster.bgr, turn)
    to_upright = geometry.turn_matrix(turn, raster.bgr.shape[1], raster.bgr.shape[0])
    angle = geometry.skew(quads)
    flattened = None if raster.glyphs else sheet.flattening(upright, quads)
    flat, size = flattened or (np.eye(3), (upright.shape[1], upright.shape[0]))
    written = geometry.skew([geometry.moved(quad, flat) for quad in quads])
    rest, turned = geometry.straightening(written, *size)
    tilt = tilt_of(upright, rest @ flat, turned)  # what is printed is straight, what is written may climb
    rest, size = geometry.straightening(written + tilt, *size)
    straight = rest @ flat
    from_raster = straight @ to_upright
    bgr = geometry.warped(upright, straight, size)
    bent = None if raster.glyphs else flattening(bgr)
    if bent:
        bgr = bent.behind(straight).warped(upright)
        from_raster = bent.nearest() @ from_raster
        bent = bent.behind(straight @ to_upright @ raster.to_raster)
    bare = bgr if not raster.glyphs else geometry.warped(geometry.turned(raster.bare, turn), straight, size)
    return Flat(
        bgr=bgr,
        bare=bare,
        matrix=from_raster @ raster.to_raster,
        from_raster=from_raster,
        skew=angle + tilt,
        turn=turn,
        mesh=bent,
    )


def jpeg(bgr: Image) -> bytes:
    """The image as JPEG bytes."""
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError("page image cannot be encoded")
    return bytes(data)
