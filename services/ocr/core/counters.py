"""Counters, the closed rooms inside characters: holes of print that are no bubbles, however evenly B. 83 and 8. 10 stand."""

import re
from collections.abc import Sequence

from contracts.artefacts.reading import Line
from services.ocr.core.glyphs import Glyph, glyphs_of

SURE = 0.9
"""Confidence of a line from which it says what it says."""
_BOXES = re.compile(r"[\W_○〇口日回曰田目四囗oO0]|(?<![A-Za-z])[A-H](?![A-Za-z])")
"""What empty and filled bubbles are read as, and the letters in them."""
_WORDS = 3
"""Other characters from which a line is of words."""
_OPTION = re.compile(r"(?<![A-Za-z0-9])[A-H]\s?[.．、:：]\s?(?![A-H\W]|$)")
"""An option's letter with something behind it: no bubble's letter has that."""
_NUMBER = re.compile(r"\d{2,}")


def of_words(lines: Sequence[Line]) -> list[Glyph]:
    """Characters that surely are print, and so have no bubble around them. A circle before words is none of them."""
    found = []
    for glyph in glyphs_of([line if line.confidence >= SURE and _says(line.text) else _silent(line) for line in lines]):
        text = lines[glyph.line].text
        known = any(m.start() <= glyph.position < m.end() for m in (*_OPTION.finditer(text), *_NUMBER.finditer(text)))
        if known or not _BOXES.match(glyph.char):
            found.append(glyph)
    return found


def _says(text: str) -> bool:
    return bool(_OPTION.search(text)) or len(_BOXES.sub("", text)) >= _WORDS


def _silent(line: Line) -> Line:
    return line.model_copy(update={"text": "", "xs": (), "confidences": (), "guessed": ()})
