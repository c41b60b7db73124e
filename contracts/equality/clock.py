"""Times of the day: 下午3时, 15:00, 晚上8点30分, 早上七点半."""

import re
from functools import lru_cache

from contracts.equality.match import Match
from contracts.equality.numerals import SIGNS, numeral

_TIME = re.compile(
    rf"(?P<half>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚)?"
    rf"(?:(?P<hour>\d{{1,2}}|[{SIGNS}]{{1,3}})(?:时|点钟?)(?:(?P<minute>\d{{1,2}}|[{SIGNS}]{{1,3}})分|(?P<thirty>半))?整?"
    rf"|(?P<h>\d{{1,2}}):(?P<m>\d\d))"
)
_LATE = ("下午", "傍晚", "晚上", "晚")
_EARLY = ("凌晨", "清晨", "早上", "早晨", "上午")
_NIGHT = ("凌晨", "晚上", "晚")
_NOON, _DAY = 12 * 60, 24 * 60


@lru_cache(maxsize=256)
def _minutes(text: str) -> tuple[int, bool] | None:
    """Minutes since midnight, and whether the half of the day is said; None for a text that is no time of the day."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    hour, minute = (numeral(x) for x in (found["hour"] or found["h"], found["minute"] or found["m"] or "0"))
    if hour is None or minute is None:
        return None
    time = int(hour) * 60 + (30 if found["thirty"] else int(minute))
    if (found["half"] in _NIGHT and int(hour) == 12) or (found["half"] in _EARLY and time >= _NOON + 60):
        return None  # 晚上12时 is no noon, 上午15时 is nothing
    if found["half"] in _LATE and time < _NOON:
        time += _NOON
    return (time, bool(found["half"]) or int(hour) > 12) if time < _DAY and minute < 60 else None


def compare_times(student: str, key: str) -> Match | None:
    """How two canonical times stand, where the key says which half of the day; None when they are not two of those."""
    a, b = _minutes(student), _minutes(key)
    if a is None or b is None or not b[1]:
        return None
    if a[0] == b[0]:
        return Match.SAME if a[1] else Match.EQUIVALENT
    return Match.DOUBTFUL if not a[1] and a[0] + _NOON == b[0] else Match.DIFFERENT
