"""From raw evidence to a calibrated confidence, and to the decision whether a teacher should look.

One monotone line per kind of evidence, logit(p) = slope * logit(raw) + offset (Platt 1999), two rounded numbers each, fitted on
the development papers with `python -m bench.calibration`; a kind without enough cases keeps a cautious default.
"""

import math

REVIEW_BELOW = 0.9
"""Answers whose calibrated confidence is lower go to a teacher."""

_DEFAULT = (0.6, 0.0)
_LINES: dict[str, tuple[float, float]] = {}
_DOUBT = 0.6


def calibrated(evidence: str, raw: float, *, doubt: bool) -> float:
    """The probability that an answer found this way with this raw confidence is right."""
    slope, offset = _LINES.get(evidence, _DEFAULT)
    raw = min(0.995, max(0.005, raw))
    p = 1 / (1 + math.exp(-(slope * math.log(raw / (1 - raw)) + offset)))
    return round(p * (_DOUBT if doubt else 1.0), 4)
