"""What ocr stores: everything that needed pixels, so that later stages work on data alone.

All coordinates are pixels of the rectified page (`width` x `height`).
"""

from typing import Literal

from pydantic import Field

from contracts.base import Box, Contract, Matrix3, Point, Quad, Share
from contracts.events import BlobRef

Script = Literal["printed", "handwritten"]
Ink = Literal["black", "blue", "red"]


class Line(Contract):
    """A line of text, cut where the script changes. `xs`: the centre x of each character of `text`.

    `guessed`: the places of characters that were not seen as the likeliest but are usual in their language: the writer may have
    meant another.
    """

    text: str
    confidence: Share
    box: Quad
    script: Script = "printed"
    ink: Ink = "black"
    xs: tuple[float, ...] = ()
    confidences: tuple[float, ...] = ()
    guessed: tuple[int, ...] = ()


class Spot(Contract):
    """A place made for an answer, found by its printed shape, and what stands in it, read under constraint.

    kind: `bracket` ( ), `rule` (an underlined blank), `cell` (of a ruled table), `beside` (a letter written next to
    a printed question number) or `option` (a printed option letter with a ring drawn around it: `text` is the letter;
    options without a ring give no spot). `ink`: share of the inside covered by handwriting. `candidates`: probability of each
    admissible short answer (A-H, √, ×, T, F, digits), summing to at most 1; empty when there is no ink. Of free writing
    that was read in several views: the share of views of each reading.
    `text`: free reading of the inside, "" when blank. `struck`: something in it was crossed out. `seconds`: the free reading
    with its doubtful characters as what they may be instead, each text one choice for all of them. `guessed`: a character of
    `text` was not seen as the likeliest but is usual in its language.
    """

    kind: Literal["bracket", "rule", "cell", "beside", "option"]
    box: Box
    ink: float = Field(ge=0)
    text: str = ""
    confidence: Share = 0.0
    candidates: dict[str, float] = {}
    script: Script = "handwritten"
    struck: bool = False
    seconds: tuple[str, ...] = ()
    guessed: bool = False
    row: int | None = None
    column: int | None = None
    table: int | None = None


class Bubble(Contract):
    """One bubble or box of an answer card. `group`: bubbles of one item share it, in reading order.

    `fill`: share of the inside that is dark, 0..1. `label`: the letter of its position (A, B, ...) or as printed.
    `number`: the printed item number that belongs to the group, when read.
    """

    box: Box
    fill: Share
    group: int
    index: int
    label: str
    number: str | None = None


class Mark(Contract):
    """A teacher's mark, in red or, on a page without colour, in a paler pen. `score` marks carry the number as written: "-2", "15"."""

    kind: Literal["tick", "half_tick", "cross", "circle", "score", "other"]
    box: Box
    text: str = ""
    confidence: Share = 0.0


class Rule(Contract):
    """A printed straight line: a blank, a table border or a frame's edge."""

    start: Point
    end: Point


class Quality(Contract):
    """Page quality. `blur` 0 (sharp) to 1; `advice`: short codes such as `blurred`, `too_small`, `cut_off`."""

    blur: Share = 0.0
    skew_deg: float = 0.0
    rotation: Literal[0, 90, 180, 270] = 0
    mean_confidence: Share = 0.0
    advice: tuple[str, ...] = ()


class Mesh(Contract):
    """Where points of a page that was made flat come from: those `step` pixels apart, row by row from its top left corner,
    in pixels of the uploaded page (EXIF applied). Between them it is bilinear.
    """

    step: int = Field(gt=0)
    points: tuple[tuple[Point, ...], ...]


class Page(Contract):
    """One rectified page. `transform` maps the uploaded page's pixels (EXIF applied) to the rectified page's. Where lines were
    bent (an open book, a curled sheet) it is the homography nearest to the way they went, and `mesh` has the way itself.

    `image`: the rectified page as JPEG. `figures`: boxes of drawings and photographs. `source`: `ocr`, or `text_layer` of a born-digital PDF.
    """

    page: int = Field(ge=1)
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    quality: Quality = Quality()
    transform: Matrix3 = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    mesh: Mesh | None = None
    image: BlobRef | None = None
    source: Literal["ocr", "text_layer"] = "ocr"
    lines: tuple[Line, ...] = ()
    spots: tuple[Spot, ...] = ()
    bubbles: tuple[Bubble, ...] = ()
    marks: tuple[Mark, ...] = ()
    rules: tuple[Rule, ...] = ()
    figures: tuple[Box, ...] = ()


class Reading(Contract):
    """ocr's artefact: the pages in order."""

    pages: tuple[Page, ...]
    engine: str
    cpu_seconds: float = 0.0
