"""The chart of mastery."""

from contracts.artefacts.diagnosis import Diagnosis
from services.report.core.names import percent, short
from services.report.core.summary import View
from services.report.core.words import Words

_MOST = 8  # rows: the first page has no room for more
_LONGEST_NAME = 18, 34
_ONE_LINE = 22  # characters, not Chinese, after which a name takes two lines: then all are set smaller


def mastery_of(diagnosis: Diagnosis, words: Words) -> tuple[list[View], int]:
    """What can be judged first, then the lowest; and how many rows are left out."""
    rows = [
        {
            "name": short(m.name[:1].upper() + m.name[1:], _LONGEST_NAME[m.name.isascii()]),
            "long": m.name.isascii() and len(m.name) > _ONE_LINE,
            "mean": m.mastery,
            "low": m.low,
            "high": m.high,
            "percent": percent(m.mastery),
            "range": f"{percent(m.low)}–{percent(m.high)}",
            "sufficient": m.sufficient,
            "earlier": m.earlier,
            "earlier_text": "" if m.earlier is None else words.say["earlier"].format(percent=percent(m.earlier)),
            "evidence": words.brief(list(m.evidence)) if m.evidence else "",
        }
        for m in diagnosis.mastery
    ]
    kept = sorted(rows, key=lambda row: (not row["sufficient"], row["mean"]))[:_MOST]
    return kept, len(rows) - len(kept)
