"""How a student's answer stands to a key."""

from collections.abc import Iterable
from enum import Enum


class Match(Enum):
    """How a student's answer stands to the key's.

    SAME: the same writing, or the same value in finished form. EQUIVALENT: the same value in a form that a teacher may
    or may not accept (a missing unit, an unfactored product, 4/8). NEAR: other writing, but a misread is likelier than
    a mistake. DOUBTFUL: close to the key, yet a mistake is as likely: wrong until a teacher says otherwise.
    DIFFERENT: another answer.
    """

    SAME = "same"
    EQUIVALENT = "equivalent"
    NEAR = "near"
    DOUBTFUL = "doubtful"
    DIFFERENT = "different"

    @property
    def right(self) -> bool:
        """Whether the answer counts as right (NEAR and EQUIVALENT need a teacher's eye)."""
        return self not in (Match.DOUBTFUL, Match.DIFFERENT)

    @property
    def sure(self) -> bool:
        """Whether nobody needs to look."""
        return self in (Match.SAME, Match.DIFFERENT)


_ORDER = tuple(Match)


def worst(matches: Iterable[Match]) -> Match:
    """The weakest of several matches; SAME of none."""
    return max(matches, key=_ORDER.index, default=Match.SAME)


def best(matches: Iterable[Match]) -> Match:
    """The strongest of several matches; DIFFERENT of none."""
    return min(matches, key=_ORDER.index, default=Match.DIFFERENT)
