"""From raw evidence to a calibrated confidence, and to the decision whether a teacher should look.

One monotone line per kind of evidence, logit(p) = slope * logit(raw) + offset (Platt 1999), two rounded numbers each, fitted on
the development papers and, for short answers in Chinese and in formulas, 80 more made the same way in other hands, with
`python -m bench.calibration`; a kind without enough cases keeps a cautious default.
"""

import math

REVIEW_BELOW = 0.95
"""Answers whose calibrated confidence is lower go to a teacher; docs/accuracy.md has what other thresholds give."""

CONFIRMED_ABOVE = 0.2
"""The same for answers that agree with the key."""

_DEFAULT = (0.5, -0.5)
_LINES: dict[str, tuple[float, float]] = {
    # letters: by how many views agree
    "letter_3": (0.25, 3.75),
    "letter_2": (1.25, -3.0),
    "letter_1": (0.5, 0.75),
    "letter_0": (0.5, 1.75),
    "letter_set": (0.0, 1.5),
    "set_bracket": (1.0, -2.25),
    "set": (0.5, 0.0),
    "line": (0.75, 0.25),
    "stem": (0.5, 2.5),
    "ringed": (0.0, 3.0),
    "ticked": (0.0, 4.0),
    "bubble": (0.25, 4.0),
    "spot_cell": (0.0, 3.25),
    "spot_bracket": (0.25, 2.0),
    # blanks: by whether the place's own reading and the line's agree (near: one misreads the other's word), and by what
    # the answer is made of; numbers and formulas are never sure, for a faint minus or exponent leaves no trace in
    # either view
    "fill_agreed:long": (0.25, 3.0),
    "fill_agreed:known": (0.75, 0.0),
    "fill_agreed:unknown": (0.25, -1.0),
    "fill_agreed:word": (0.5, 0.25),
    "fill_agreed:han": (0.75, -0.25),
    "fill_agreed:number": (0.25, 0.25),
    "fill_agreed:formula": (0.75, -1.75),
    "fill_agreed": (0.25, -0.5),
    "fill_near:long": (1.0, 0.0),
    "fill_near:known": (0.25, 1.5),
    "fill_mended": (0.0, 1.5),
    "fill_mended:han": (0.5, 0.0),
    "fill_spot:long": (0.75, -1.75),
    "fill_spot:known": (0.75, -1.75),
    "fill_spot:unknown": (0.0, -0.75),
    "fill_spot:word": (0.5, -0.75),
    "fill_spot:han": (1.0, -2.75),
    "fill_spot:number": (0.75, -1.25),
    "fill_spot:formula": (0.5, -0.75),
    "fill_spot": (0.25, -1.0),
    "fill_line:long": (0.5, -0.5),
    "fill_line:known": (0.5, -0.5),
    "fill_line": (0.5, -2.25),
    "sub:han": (1.25, -3.0),
    "sub:formula": (0.5, -1.0),
    "sub": (0.5, -1.0),
    "sub_mended": (0.5, -0.5),
    # nothing written
    "blank_usual": (0.0, 3.0),
    "blank_spot": (0.5, -1.75),
    "blank_empty": (0.0, 1.75),
    "blank_stem": (0.0, -1.5),
    "bubble_blank": (0.0, 3.25),
    "sub_blank": (0.0, 0.5),
}
_DOUBT = 0.35
"""Share of its confidence that an answer keeps when its views or places disagree."""


def calibrated(evidence: str, raw: float, *, doubt: bool) -> float:
    """The probability that an answer found this way with this raw confidence is right.

    `evidence` is a kind, perhaps with what the answer is made of ("fill_spot:word"); the most special line known holds.
    """
    kind = evidence.partition(":")[0]
    line = _LINES.get(evidence) or _LINES.get(kind) or _LINES.get(kind.partition("_")[0]) or _DEFAULT
    raw = min(0.995, max(0.005, raw))
    p = 1 / (1 + math.exp(-(line[0] * math.log(raw / (1 - raw)) + line[1])))
    return round(p * (_DOUBT if doubt else 1.0), 4)
