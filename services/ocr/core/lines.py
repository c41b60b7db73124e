"""Text lines of a rectified page: reading the boxes, and cutting lines where the hand changes."""

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from contracts.artefacts.reading import Ink, Line, Script
from contracts.base import Quad
from services.ocr.core import geometry, ink
from services.ocr.core.engine import Engine
from services.ocr.core.raster import Glyph, Image, Matrix
from services.ocr.core.said import Text

Floats = npt.NDArray[np.float32]

BLUISH = 0.3
"""Share of a line's ink in clearly blue characters from which a blue pen wrote in it: scanners and JPEG tinge black as well."""
TINGED = 0.12
"""Share of a character's ink that is blue, of a line that has blue: black print has less than a tenth."""
THIN = 0.45
"""Times the usual ink of a line's blue characters: strokes so thin lose their colour (1, a colon)."""
BRACKETS = "()（）[]【】"
UPRIGHT = 1.8
"""A box this many times as high as wide may hold text written downwards."""


def read_lines(bgr: Image, quads: Sequence[Floats], engine: Engine) -> list[Line]:
    """Lines of text inside the quads, cut where the ink's colour changes; boxes without text give none."""
    strips = [geometry.crop(bgr, quad) for quad in quads]
    found = zip(quads, strips, _best_way_up(strips, engine), strict=True)
    return [line for quad, strip, text in found if text.text.strip() for line in _by_colour(quad, strip, text)]


def of_glyphs(lines: Iterable[Sequence[Glyph]], matrix: Matrix) -> list[Line]:
    """Printed lines of a PDF's text layer; `matrix`: raster pixels to rectified ones."""
    found = []
    for glyphs in lines:
        boxes = np.array([glyph.box for glyph in glyphs], np.float32)
        x0, y0, x1, y1 = boxes[:, 0].min(), boxes[:, 1].min(), boxes[:, 2].max(), boxes[:, 3].max()
        quad = geometry.moved(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32), matrix)
        middles = np.stack([boxes[:, [0, 2]].mean(1), boxes[:, [1, 3]].mean(1)], axis=1)
        xs = geometry.moved(middles, matrix)[:, 0]
        text = [(c, float(x)) for glyph, x in zip(glyphs, xs, strict=True) for c in glyph.text]
        found.append(
            Line(
                text="".join(c for c, _ in text),
                confidence=1.0,
                box=quad_of(quad),
                xs=tuple(x for _, x in text),
                confidences=(1.0,) * len(text),
            )
        )
    return found


def cut(line: Line, start: int, end: int, script: Script, colour: Ink, *, edges: tuple[float, float]) -> Line:
    """Characters start..end of a line as a line of their own. edges: where it begins and ends, 0..1 of the quad."""
    quad = np.array(line.box, np.float32)
    left, right = edges
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    part = np.array([quad[0] + left * top, quad[0] + right * top, quad[3] + right * bottom, quad[3] + left * bottom])
    confidences = line.confidences[start:end]
    return Line(
        text=line.text[start:end],
        confidence=float(np.mean(confidences)) if confidences else line.confidence,
        box=quad_of(part),
        script=script,
        ink=colour,
        xs=line.xs[start:end],
        confidences=confidences,
        guessed=tuple(place - start for place in line.guessed if start <= place < end),
    )


def quad_of(points: npt.NDArray[np.floating]) -> Quad:
    """Four points (4, 2) as a contract."""
    a, b, c, d = ((float(x), float(y)) for x, y in points)
    return a, b, c, d


def _best_way_up(strips: Sequence[Image], engine: Engine) -> list[Text]:
    """The reading of each strip; of a tall one, the better of as it is and lying on its side.

    A single tall character ("1") and a column of text look the same to the detector.
    """
    tall = [index for index, strip in enumerate(strips) if strip.shape[0] >= UPRIGHT * strip.shape[1]]
    read = engine.recognise([*strips, *(np.ascontiguousarray(np.rot90(strips[index])) for index in tall)])
    texts = read[: len(strips)]
    for index, lying in zip(tall, read[len(strips) :], strict=True):
        if len(lying.text) >= 3 and lying.confidence >= texts[index].confidence:
            # Positions run along the column; on the page they all stand at its middle.
            texts[index] = lying._replace(xs=(0.5,) * len(lying.text))
    return texts


def _by_colour(quad: Floats, strip: Image, text: Text) -> list[Line]:
    """The line of a box, cut between characters of different ink."""
    width = strip.shape[1]
    along = (quad[1] + quad[2] - quad[0] - quad[3]) / 2
    left = (quad[0] + quad[3]) / 2
    whole = Line(
        text=text.text,
        confidence=text.confidence,
        box=quad_of(quad),
        xs=tuple(float(left[0] + x * along[0]) for x in text.xs),
        confidences=text.confidences,
        guessed=text.guessed,
    )
    ways = ink.strokes(strip)
    edges = character_edges(text.xs)
    columns = [(int(a * width), max(int(a * width) + 1, int(b * width))) for a, b in edges]
    colours: list[Ink] = [ways.colour(*between) for between in columns]
    if colours.count("blue") < len(colours):
        colours = of_a_pale_pen(colours, [ways.blueness(*between) for between in columns], text.text)
    runs = _runs([_smoothed(colours, i) for i in range(len(colours))])
    if len(runs) == 1:
        colour: Ink = colours[0]
        return [whole.model_copy(update={"ink": colour, "script": "printed" if colour == "black" else "handwritten"})]
    lines = []
    for start, end, colour in runs:
        script: Script = "printed" if colour == "black" else "handwritten"
        bounds = (edges[start][0] if start else 0.0, edges[end - 1][1] if end < len(text.text) else 1.0)
        lines.append(cut(whole, start, end, script, colour, edges=bounds))
    return [line for line in lines if line.text.strip()]


def character_edges(xs: Sequence[float]) -> list[tuple[float, float]]:
    """Left and right edge of each character, half-way to its neighbours; 0..1 of the line."""
    if not xs:
        return []
    middles = [(a + b) / 2 for a, b in itertools.pairwise(xs)]
    lefts = [max(0.0, 2 * xs[0] - (middles[0] if middles else 1.0)), *middles]
    rights = [*middles, min(1.0, 2 * xs[-1] - (middles[-1] if middles else 0.0))]
    return [(min(a, x), max(b, x)) for a, b, x in zip(lefts, rights, xs, strict=True)]


def of_a_pale_pen(colours: Sequence[Ink], blueness: Sequence[tuple[int, float]], text: str) -> list[Ink]:
    """Colours where a line's blue is hardly one: characters a little blue are blue too, and thin ones between such.

    blueness: of each character, (pixels of ink, share of them that is blue). Brackets around a blank hold ink that is not theirs.
    """
    pixels = sum(count for count, _ in blueness)
    if sum(count for own, (count, _) in zip(colours, blueness, strict=True) if own == "blue") <= BLUISH * pixels:
        return list(colours)
    told: list[Ink] = [
        "blue" if own == "black" and share >= TINGED and sign not in BRACKETS else own
        for own, (_, share), sign in zip(colours, blueness, text, strict=True)
    ]
    blue = [at for at, own in enumerate(told) if own == "blue"]
    usual = float(np.median([blueness[at][0] for at in blue]))
    for left, right in itertools.pairwise([*blue, len(told)] if blue[0] == 0 else blue):
        between = range(left + 1, right)
        if all(told[at] == "black" and blueness[at][0] < THIN * usual and text[at] not in BRACKETS for at in between):
            told[left + 1 : right] = ["blue"] * len(between)
    return told


def _smoothed(colours: Sequence[Ink], index: int) -> Ink:
    """A lone character of another colour between two of the same kind stays only when it is coloured."""
    own = colours[index]
    if own == "black" and 0 < index < len(colours) - 1 and colours[index - 1] == colours[index + 1]:
        return colours[index - 1]
    return own


def _runs(colours: Sequence[Ink]) -> list[tuple[int, int, Ink]]:
    runs: list[tuple[int, int, Ink]] = []
    for index, colour in enumerate(colours):
        if runs and runs[-1][2] == colour:
            runs[-1] = (runs[-1][0], index + 1, colour)
        else:
            runs.append((index, index + 1, colour))
    return runs
