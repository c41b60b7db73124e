"""Numbers where a text is meant: 17 for "17", 2025010117.0 for a student's id, as exports have them."""

import math
from decimal import Decimal


def numeral(value: float) -> str | None:
    """The number with all its digits and no more, as one writes it: 3.0 is 3. None: it is infinite, or none at all.

    Every digit counts: ids that are rounded are other students', answers that are rounded are other answers.
    """
    if isinstance(value, int):
        return str(value)
    return f"{Decimal(repr(value)).normalize():f}" if math.isfinite(value) else None
