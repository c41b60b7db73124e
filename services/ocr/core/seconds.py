"""What else a free reading may be: its characters as the next likeliest ones of the recogniser.

Of 187 handwritten lines that were misread with as many characters as they have, 118 are among these (docs/adr/0031). Only
something that knows more, as a key does, can choose there, so nothing is chosen here.
"""

from collections.abc import Callable, Sequence

import numpy as np

from services.ocr.core import ctc
from services.ocr.core.steps import Steps

RANKS = 3
"""Readings told beside the first one."""
CHANCE = 0.01
"""Probability from which a character may be another."""
OTHER_DIGIT = 0.1
"""Probability from which a digit may be another: any digit makes sense where one stands, and a wrong one is the commonest mistake."""
LONGEST = 24
"""Characters of a reading from which it is no short answer."""


def seconds(steps: Steps, alphabet: Sequence[str], plain: Callable[[str], str]) -> tuple[str, ...]:
    """Readings of as many characters, the likelier first: each has the next likeliest one for every character that has one.

    plain: folds classes that look alike.
    """
    at = ctc.peaks_at(steps)
    if not 0 < len(at) <= LONGEST:
        return ()
    ranked = [_ranked(steps, step, alphabet, plain) for step in at]
    rows = ["".join(signs[min(rank, len(signs) - 1)] for signs in ranked) for rank in range(RANKS + 1)]
    return tuple(row for row in dict.fromkeys(rows) if row != rows[0])


def _ranked(steps: Steps, step: int, alphabet: Sequence[str], plain: Callable[[str], str]) -> list[str]:
    """What stands at a step, the likeliest first; the last one stands for all ranks after it."""
    shares = steps.shares(step)
    likely = np.flatnonzero(shares >= CHANCE)
    order = likely[np.argsort(-shares[likely])].tolist() or [int(shares.argmax())]
    first = plain(alphabet[order[0]])
    found = [first]
    for index in order[1:]:
        sign = plain(alphabet[index])
        least = OTHER_DIGIT if first.isdigit() and sign.isdigit() else CHANCE
        if len(sign) == 1 and sign.strip() and sign not in found and shares[index] >= least:
            found.append(sign)
    return found
