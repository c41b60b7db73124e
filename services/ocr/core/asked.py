"""An answer place to be read: what may stand there, and what the recogniser's readings of it mean."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from contracts.artefacts.reading import Spot
from services.ocr.core import circled, formulas
from services.ocr.core.contents import Content
from services.ocr.core.places import Place
from services.ocr.core.raster import Image
from services.ocr.core.said import Judged
from services.ocr.core.strokes import opens_with_minus
from services.ocr.core.wedges import wedge_of

LETTERS = tuple("ABCDEFGH")
SINGLE = (*LETTERS, "√", "×", "T", *"0123456789")
LOOKALIKES = {"X": "×", "V": "√"}
"""Letters that no option bears and that crosses and ticks are read as; the engine folds x and v into them."""
SEVERAL = tuple("".join(letters) for n in (2, 3, 4) for letters in combinations("ABCDE", n))
SURE = 0.8
"""Best candidate's probability from which no free reading is made."""
OPENS_NUMBER = re.compile(r"([—–−_~一]?)([\d√(][^一-鿿]*|\d+[或和].+)")
"""A number whose minus was read as another level stroke, or not at all."""
EITHER = 0.5
"""Confidence of what may as well be another sign."""
WHOLE = 0.99
"""Probability of letters from which ink that looked scribbled over is believed to be a bold hand's; of what is struck out
the best letter has less."""
PLAIN = 0.98
"""Confidence from which several characters on one row are believed to be all that stands there."""
LEAST_FORMULA = 0.4
"""Confidence from which strokes that stand like a formula are read as one."""


class Asked(NamedTuple):
    """An answer place with ink, to be read. wanted: the admissible texts, none for free writing.

    formula: what its strokes stand like; leaves: pictures of the parts to read, of a formula or inside circles;
    whole: picture and admissible texts of all its ink, where part of it was left out as scribbled over.
    """

    place: Place
    content: Content
    empty: Spot
    crop: Image
    wanted: tuple[str, ...]
    formula: formulas.Row | None = None
    circles: bool = False
    leaves: tuple[Image, ...] = ()
    whole: tuple[tuple[Image, tuple[str, ...]], ...] = ()

    @property
    def signs(self) -> tuple[str, ...]:
        """What each of the leaves may be."""
        return circled.DIGITS if self.circles else formulas.SIGNS


def formula(asked: Asked, read: Mapping[str, object], parts: Sequence[Judged]) -> dict[str, object] | None:
    """What a place says as a formula; None where it holds none, or a letter of choice for sure."""
    if asked.circles:
        numbers = circled.told(parts)
        return None if numbers is None else {"text": numbers[0], "confidence": numbers[1], "candidates": {}}
    if any(sign in circled.NUMBERS for sign in str(read["text"])):
        return None  # rings look like roots and zeros to those who look for strokes
    texts = [formulas.text_of(part) for part in parts]
    if asked.formula is None or (asked.place.kind != "rule" and read["candidates"] and read["text"] in LETTERS):
        return None
    known = [text for text in texts if text is not None]
    sure = float(np.prod([confidence for _, confidence in known]))
    if (
        len(known) < len(texts)
        or sure < LEAST_FORMULA
        or formulas.is_wordy([str(read["text"]), *(t for t, _ in known)])
    ):
        return None
    plain = "".join(text for text, _ in known)
    whole = formulas.told(asked.formula, iter(text for text, _ in known))
    free = unicodedata.normalize("NFKC", str(read["text"])).replace(" ", "")
    # The free reading holds what is raised as well, if it is, or all but the small rings of degrees.
    same = free.replace("-", "") == plain.replace("-", "") or _without_rings(free) == _without_rings(whole)
    if not same and (formulas.is_flat(asked.formula) or _is_plain(read, [text for text, _ in known], sure)):
        return None
    return {"text": whole, "confidence": sure, "candidates": {}}


def _is_plain(read: Mapping[str, object], parts: Sequence[str], sure: float) -> bool:
    """Whether a row of characters was read so surely that strokes over or under it are no formula's: -8% has rings and a bar.

    Where it is one part of the formula, it may be the row of a fraction that the recogniser chose: then it counts against
    an unsure one only.
    """
    text, confidence = str(read["text"]), read["confidence"]
    clear = len(text) > 1 and isinstance(confidence, float) and confidence >= PLAIN
    return clear and (text not in parts or sure < SURE)


def _without_rings(text: str) -> str:
    return text.replace("°", "")


def signed(asked: Asked, read: dict[str, object]) -> dict[str, object]:
    """The reading with signs that the recogniser overlooked: > and <, and the minus before a number."""
    text = str(read["text"])
    sign, surely = wedge_of(asked.content.mask, asked.place.em) if asked.place.kind != "option" else ("", False)
    if sign and surely:
        return read | {"text": sign, "candidates": {}}
    if sign and text == "7":
        return read | {"confidence": EITHER, "candidates": {text: EITHER, sign: EITHER}}
    number = OPENS_NUMBER.fullmatch(text)
    if number is None or asked.place.kind == "option":
        return read
    characters = sum(map(str.isalnum, unicodedata.normalize("NFKC", number[2])))  # ℃ is a letter and a ring
    if number[1] or opens_with_minus(asked.content.mask, asked.place.em, characters):
        return read | {"text": f"-{number[2]}", "candidates": {}}
    return read


def wanted_of(place: Place, content: Content) -> tuple[str, ...]:
    """The admissible texts of a place, by the length of its ink; none where it is too long for a short answer."""
    columns = np.flatnonzero(content.mask.any(axis=0))
    length = (columns[-1] - columns[0] + 1) / place.em
    if length >= (2.2 if place.kind == "rule" else 4.5):
        return ()
    return (*SINGLE, *LOOKALIKES) if length < 1.1 else (*SINGLE, *SEVERAL, *LOOKALIKES)


def likely(candidates: Mapping[str, float]) -> dict[str, float]:
    """Candidates with a chance; what looks like a sign counts as it."""
    found = dict(candidates)
    for letter, sign in LOOKALIKES.items():
        if letter in found:
            found[sign] += found.pop(letter)
    return {c: round(p, 5) for c, p in found.items() if p >= 0.0005}


def unstruck(read: Mapping[str, object], stripped: Judged, whole: Judged) -> dict[str, object] | None:
    """What a place says with the ink that was left out as scribbled over; None where that ink is no sure letters.

    stripped, whole: readings without and with it. A sure letter beside a scribble stays the answer against one other
    letter. Two readings that differ are never sure.
    """
    every, rest = likely(whole.candidates), likely(stripped.candidates)
    best = max(every, key=lambda c: every[c], default="")
    if not best or every[best] < WHOLE or not set(best) <= set(LETTERS) or best == read["text"]:
        return None
    left = max(rest, key=lambda c: rest[c], default="")
    if left not in LETTERS or rest[left] < SURE:
        return {"text": best, "confidence": EITHER, "candidates": {best: EITHER}}
    return {"text": left if len(best) == 1 else best, "confidence": EITHER, "candidates": {left: EITHER, best: EITHER}}


def ringed(text: str, sure: float, candidates: dict[str, float]) -> dict[str, object]:
    """The letter in a ring: read with its dot or the ring's ends, or the only likely letter when the reading is unclear."""
    plain = text.strip(" .．、,，:：·()（）'`J")
    letters = {c: p for c, p in candidates.items() if c in LETTERS}
    best = max(letters, key=lambda c: letters[c], default="")
    if plain not in LETTERS and best and sure < 0.9 and letters[best] > 0.75 * sum(letters.values()):
        plain = best
    if plain in LETTERS and letters.get(plain, 0.0) < sure:
        letters = {plain: round(min(sure, 1.0), 5)}
    return {"text": plain, "confidence": sure, "candidates": letters}
