"""Signs that were read as others of their shape, where only one of them can stand: 所r≤ is 所以, A|203 is Al2O3.

Each rule names what nobody writes there, so nothing that may be meant is changed; the rest is left to whoever has a key.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from contracts.artefacts.reading import Line, Spot
from services.ocr.core.simplified import folded, is_simplified

INFERRED = 0.5
"""Confidence of a sign that follows from what stands beside it."""
_UNIT = r"(?:[dcmkμn]?m|[kmμ]?g|m?[lL]|km/h|m/s|min|[kM]?[JWNV]|k?Pa)"
_METAL = r"(?:Mg|Ca|Na|K|Fe|Zn|Cu|Ba|Al|Ag|H)"


class Rule(NamedTuple):
    """What is read (the pattern's group 1; all else stands around it) and the sign that it is."""

    read: re.Pattern[str]
    sign: str


RULES = (
    # 以 falls into strokes like r and ≤; no word begins 所r or 可r.
    Rule(re.compile(r"(?<=[所可])([rv](?:[≤<＜lI|]|(?=[^\s=A-Za-z(（])))"), "以"),
    # The first part of a solution is (1).
    Rule(re.compile(r"(?<=解[:：][(（])([7nlI|/])(?=[)）])"), "1"),
    # No short answer opens a bracket behind its number that it does not close.
    Rule(
        re.compile(rf"^\s*(?:解[:：]\s*)?[(（]\d[)）]\s*([(（])(?=[\d.]{{0,6}}{_UNIT}(?![A-Za-z])[^()（）]{{0,6}}$)"),
        "1",
    ),
    Rule(re.compile(r"(?<![A-Za-z\d|])([lI|])(?=(?:[dcmk]m|[km]g|mL|km/h)(?![A-Za-z]))"), "1"),
    # S inside a long number (in short ones it is a sum or an area: 3S2; behind one, seconds), before what is counted (not S千米: a distance), and as a class.
    Rule(re.compile(r"(?<=\d{3})(S)(?=\d)"), "5"),
    Rule(re.compile(r"(?<=\d{6})(S)(?![A-Za-z\d])"), "5"),
    Rule(re.compile(r"(?<![A-Za-z\d])([Ss])(?=(?:[(（]\d{1,2})?[)）]班)"), "5"),
    Rule(re.compile(r"(?<![A-Za-z\d])(S)(?=[袋个只元名箱筐棵]|千[克瓦])"), "5"),
    Rule(re.compile(r"(?<![\w)）]-)(?<=-)(S)(?=$|[或,，；;])"), "5"),
    # Formulas of substances: there is no element A, no C with an index beside a metal, and no index begins with 0.
    Rule(re.compile(r"(?<![A-Za-z])A([|I1])(?=2[O0]3|C[l|]3|[(（](?:OH|SO4))"), "l"),
    Rule(re.compile(rf"(?<![A-Za-z]){_METAL}C([1|I])(?=[23]?(?:$|[^A-Za-z\d.]))"), "l"),
    Rule(re.compile(r"(?<![A-Za-z])(?:A[l|]|Fe|Mn|N|P|Cr)[2-4](0)(?=[2-7](?:$|[^A-Za-z\d.]))"), "O"),
    Rule(re.compile(rf"(?<![A-Za-z])(?:{_METAL}?[CS]|{_METAL}N|H2[CS])(0)(?=[2-4](?:$|[^A-Za-z\d.]))"), "O"),
    Rule(re.compile(r"(?<![A-Za-z])(?:H|Na|K|Ag)2(0)(?=$|[^A-Za-z\d.])"), "O"),
)


def mended(lines: Sequence[Line], spots: Sequence[Spot]) -> tuple[list[Line], list[Spot]]:
    """Lines and spots of a page with such signs put right; lines of a text layer as they are, since nobody read them."""
    fold = folded if is_simplified(line.text for line in lines) else str
    return [_line(line, fold) for line in lines], [_spot(spot, fold) for spot in spots]


def told(text: str) -> str:
    """A text with such signs put right."""
    for read, sign in RULES:
        for start, end in _spans(read, text):
            text = text[:start] + sign + text[end:]
    return text


def _spans(read: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """Where a rule's signs stand, the last first, so that mending one moves no other."""
    return [found.span(1) for found in read.finditer(text)][::-1]


def _line(line: Line, fold: Callable[[str], str]) -> Line:
    if line.confidence == 1.0:
        return line
    if len(line.xs) != len(line.text):
        return line.model_copy(update={"text": told(fold(line.text))})
    text, xs, sure = fold(line.text), list(line.xs), list(line.confidences)
    guessed = [place in line.guessed for place in range(len(text))]
    for read, sign in RULES:
        for start, end in _spans(read, text):
            text = text[:start] + sign + text[end:]
            xs[start:end] = [float(np.mean(xs[start:end]))]
            sure[start:end] = [min(INFERRED, *sure[start:end], 1.0)]
            guessed[start:end] = [any(guessed[start:end])]
    if text == line.text:
        return line
    confidence = line.confidence if len(sure) == len(line.confidences) == 0 else float(np.mean(sure))
    update = {"text": text, "xs": tuple(xs), "confidences": tuple(sure), "confidence": confidence}
    return line.model_copy(update=update | {"guessed": tuple(place for place, is_one in enumerate(guessed) if is_one)})


def _spot(spot: Spot, fold: Callable[[str], str]) -> Spot:
    text = told(fold(spot.text))
    shares: dict[str, float] = {}
    for seen, share in spot.candidates.items():
        plain = told(fold(seen))
        shares[plain] = shares.get(plain, 0.0) + share
    return (
        spot
        if (text, shares) == (spot.text, spot.candidates)
        else spot.model_copy(update={"text": text, "candidates": shares})
    )
