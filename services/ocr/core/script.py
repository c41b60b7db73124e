"""Print or handwriting: by where it stands, by the pen's colour, and where those say nothing by size and wording.

Black pen on black print is not told apart by strokes: every cheap measure tried confuses a third of the lines. What is
certain is that ink inside an answer place is the pupil's.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from contracts.artefacts.reading import Line, Script, Spot
from contracts.base import Box
from services.ocr.core import lines as text_lines

NUMBERED = re.compile(r"\s*(\d{1,2}\s*[.、．,，]|[A-H]\s*[.、．,，]|[(（]\d|[一二三四五六七八九十]+[、.．])")
OPTION = re.compile(r"\s*([A-H])\s*[.．、]\s*\S")
"""An option's letter and the beginning of what it stands for."""
NUMBER, PART = re.compile(r"\s*\d{1,2}\s*[.、．,，]"), re.compile(r"\s*[(（](\d)[)）]")
HEADING = re.compile(r"\s*[一二三四五六七八九十]+\s*[、.．].*[(（][^()（）]*\d\s*分[^()（）]*[)）]\s*$")
"""A section's heading with its points: no answer place stands in it, though a ruled sheet's lines may cross it."""
WORD = re.compile(r"[A-Za-z]{2,}|[0-9]{2,}")
WORKED = re.compile(r"\s*(解\s*[:：(（]|解\s*$|答\s*[:：]|所以|∴|∵|因为|因此|原式)")
"""Words that open lines of a worked answer."""
LABEL = re.compile(r"(姓\s*名|班\s*级|学\s*号|考\s*号|座位?号|学\s*校|\bName|\bClass|\bNo\.?|\bID)\s*[:：]\s*")
TALLER, TALLER_NEXT = 1.25, 1.1
"""Height over the page's median from which an unsure line is handwriting, and a line after handwriting is."""
SURE_PRINT = 0.98
MIN_COLOURED = 2
SURE_CANDIDATE = 0.8
MOSTLY = 0.6
"""A line of which more than this share stands in an answer place is all the pupil's."""


class Part(NamedTuple):
    """Characters start..end of a line and the place they stand in, if any."""

    start: int
    end: int
    spot: Spot | None


def divided(lines: Sequence[Line], spots: Sequence[Spot]) -> list[Line]:
    """Lines cut at the edges of the answer places that hold writing; what stands there is handwritten.

    A place's own reading replaces the line's where it is surer and among the short answers it was scored on.
    """
    written = [spot for spot in spots if spot.ink > 0 and spot.text and spot.script == "handwritten"]
    parts = [(line, part) for line in lines for part in _parts(line, [s for s in written if _overlaps(line, s.box)])]
    times = Counter(id(part.spot) for _, part in parts if part.spot)
    found: list[Line] = []
    for line, part in parts:
        if part.spot is None:
            found.extend(_cut(line, part, line.script))
        elif times[id(part.spot)] == 1:
            found.extend(_better(_cut(line, part, "handwritten"), part.spot))
        else:
            found.extend(_cut(line, part, "handwritten"))
    return found


def by_label(lines: Sequence[Line]) -> list[Line]:
    """Lines cut after the labels of a paper's head (姓名： and the like): what follows a label was filled in by hand."""
    found: list[Line] = []
    for line in lines:
        start = 0
        # A text layer holds print only; what a pupil wrote over it comes as lines of its own.
        for value, end in [] if line.script == "handwritten" or line.confidence == 1.0 else _values(line.text):
            found += _cut(line, Part(start, value, None), line.script)
            found += _cut(line, Part(value, end, None), "handwritten")
            start = end
        if start < len(line.text):
            found += _cut(line, Part(start, len(line.text), None), line.script)
    return found


def _values(text: str) -> list[tuple[int, int]]:
    """Where the filled-in values of a head line begin and end."""
    labels = list(LABEL.finditer(text))
    ends = [*(label.start() for label in labels[1:]), len(text)]
    spans = [(label.end(), end) for label, end in zip(labels, ends[: len(labels)], strict=True)]
    return [(start, end) for start, end in spans if any(map(str.isalnum, text[start:end]))]


def by_size_and_wording(lines: Sequence[Line]) -> list[Line]:
    """Black lines in reading order, called handwritten when they open like a worked answer, are taller and unsure, or taller and
    numbered as a part that was asked before.

    On a page with coloured handwriting the colour has told; nothing is changed there.
    """
    black = [line for line in lines if line.script == "printed" and len(line.text) > 1]
    coloured = sum(line.ink == "blue" and len(line.text) > 1 for line in lines)
    usual = float(np.median([_height(line) for line in black])) if black else 1.0
    told, before = [], False
    asked: set[str] = set()
    for line in lines:
        hand = line.script == "handwritten"
        asked, again = _asked(asked, line)
        hand = hand or (again and _height(line) > TALLER_NEXT * usual and coloured < MIN_COLOURED)
        if not hand and len(line.text) > 1 and not NUMBERED.match(line.text):
            ratio = _height(line) / usual
            opens = bool(WORKED.match(line.text))
            unsure = line.confidence < SURE_PRINT and ratio > (TALLER_NEXT if before else TALLER)
            hand = (opens and line.confidence < 1.0) or (unsure and coloured < MIN_COLOURED)
        before = hand
        told.append(line.model_copy(update={"script": "handwritten"}) if hand else line)
    return told


def _asked(asked: set[str], line: Line) -> tuple[set[str], bool]:
    """The parts (1), (2) asked since the last question's number, with this line's; and whether the line's was asked before it."""
    if NUMBER.match(line.text):
        asked = set()
    part = PART.match(line.text)
    if part is None:
        return asked, False
    return asked | {part[1]}, part[1] in asked


def _parts(line: Line, spots: Sequence[Spot]) -> list[Part]:
    if not spots or len(line.xs) != len(line.text) or HEADING.match(line.text):
        return [Part(0, len(line.text), None)]
    places = [next((spot for spot in spots if spot.box[0] < x < spot.box[2]), None) for x in line.xs]
    if option := OPTION.match(line.text):
        places[option.start(1)] = _on_label(places[option.start(1)], option[1])
    for word in WORD.finditer(line.text):
        places[word.start() : word.end()] = _of_word(places[word.start() : word.end()])
    if not any(places):
        return [Part(0, len(line.text), None)]
    counts = Counter(spots.index(place) for place in places if place)
    index, count = counts.most_common(1)[0]
    if count > MOSTLY * len(places) and len(places) > 2:
        return [Part(0, len(places), spots[index])]
    parts: list[Part] = []
    for index, place in enumerate(places):
        if parts and parts[-1].spot is place:
            parts[-1] = parts[-1]._replace(end=index + 1)
        else:
            parts.append(Part(index, index + 1, place))
    return parts


def _on_label(place: Spot | None, letter: str) -> Spot | None:
    """The place that an option's printed letter stands in: a ring around it, or one that holds the same."""
    return place if place and (place.kind == "option" or place.text == letter) else None


def _of_word(places: list[Spot | None]) -> list[Spot | None]:
    """One place, or none, for all characters of a word: nobody writes half of one, but rules are found in pieces."""
    taken = [place for place in places if place]
    if taken and len(taken) < len(places):
        return [taken[0] if 2 * len(taken) >= len(places) else None] * len(places)
    return places


def _cut(line: Line, part: Part, script: Script) -> list[Line]:
    if (part.start, part.end) == (0, len(line.text)):
        return [line.model_copy(update={"script": script})]
    if not line.text[part.start : part.end].strip():
        return []
    left, right = line.box[0][0], line.box[1][0]
    shares = [(x - left) / max(1.0, right - left) for x in line.xs]
    edges = text_lines.character_edges(shares)
    bounds = (
        edges[part.start][0] if part.start else 0.0,
        edges[part.end - 1][1] if part.end < len(line.text) else 1.0,
    )
    return [text_lines.cut(line, part.start, part.end, script, line.ink, edges=bounds)]


def _better(read: list[Line], spot: Spot) -> list[Line]:
    """The line's reading of a place, or the place's own where that is surer and from a closed set of answers."""
    if not read:
        return []
    own = read[0].text.strip()
    sure = max(spot.candidates.values(), default=0.0) >= SURE_CANDIDATE and spot.confidence >= read[0].confidence
    if not sure or len(own) > len(spot.text) + 1:
        return read
    x0, x1 = read[0].box[0][0], read[0].box[1][0]
    count = len(spot.text)
    told = {
        "text": spot.text,
        "confidence": spot.confidence,
        "xs": tuple(x0 + (index + 0.5) / count * (x1 - x0) for index in range(count)),
        "confidences": (spot.confidence,) * count,
        "guessed": (),
    }
    return [read[0].model_copy(update=told)]


def _overlaps(line: Line, box: Box) -> bool:
    """The line runs through the box's height and reaches into its width."""
    x0, x1 = min(x for x, _ in line.box), max(x for x, _ in line.box)
    if x1 < box[0] or x0 > box[2]:
        return False
    middle = (max(x0, box[0]) + min(x1, box[2])) / 2
    share = (middle - x0) / max(1.0, x1 - x0)
    top = line.box[0][1] + share * (line.box[1][1] - line.box[0][1])
    bottom = line.box[3][1] + share * (line.box[2][1] - line.box[3][1])
    return min(bottom, box[3]) - max(top, box[1]) > 0.4 * min(bottom - top, box[3] - box[1])


def _height(line: Line) -> float:
    return max(1.0, (line.box[3][1] + line.box[2][1] - line.box[0][1] - line.box[1][1]) / 2)
