"""What each student earned, and how the class is spread over it."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.classreport.core import document as d
from services.gateway.classreport.core.points import FEWEST_SHOWN
from services.gateway.classreport.core.scale import mean, variance
from services.gateway.classreport.core.sheet import Sheet, Sitting

COMPARABLE = 0.8
"""A student's share says something when at least this share of the paper's points was graded."""

_BINS = 10


def fewer_than(needs: int, has: int, what: d.Figure, detail: str) -> d.Unsaid:
    """That so many students are needed for it."""
    return d.Unsaid(what=what, why="too_few_students", needs=needs, has=has, detail=detail)


@dataclass(frozen=True)
class Standing:
    """What a student earned of what was graded, in points; comparable when that is most of what was graded of anybody."""

    earned: float
    graded: float
    comparable: bool

    @property
    def share(self) -> float:
        return self.earned / self.graded


def standings_of(sheet: Sheet) -> list[Standing]:
    """Of each student, on what was graded; comparable when that is most of what was graded of anybody."""
    columns = range(len(sheet.items))
    gradable = math.fsum(
        sheet.items[i].max for i in columns if any(cell and cell.share is not None for cell in sheet.column(i))
    )
    found = []
    for student in range(len(sheet.sittings)):
        graded = [(share, sheet.items[i].max) for i in columns if (share := sheet.share(student, i)) is not None]
        whole = math.fsum(most for _, most in graded)
        earned = math.fsum(share * most for share, most in graded)
        found.append(Standing(earned, whole, whole > 0 and whole >= COMPARABLE * gradable))
    return found


def _band(share: float) -> d.Band:
    return next(band for band, least in d.BANDS if share >= least - 1e-12)


def distribution_of(
    standings: Sequence[Standing], disclosure: d.Disclosure, unsaid: list[d.Unsaid]
) -> d.Distribution | None:
    """Of comparable students; None, and why is added to `unsaid`, when there are none or too few to hide anybody."""
    shares = sorted(standing.share for standing in standings if standing.comparable)
    if not shares:
        detail = "no student was graded on most of the points"
        unsaid.append(d.Unsaid(what="distribution", why="too_little_graded", detail=detail))
        return None
    if len(shares) < FEWEST_SHOWN and disclosure != "score":
        detail = f"needs {FEWEST_SHOWN} students, or it would tell single scores; there are {len(shares)}"
        unsaid.append(fewer_than(FEWEST_SHOWN, len(shares), "distribution", detail))
        return None
    bins = Counter(min(_BINS - 1, math.floor(share * _BINS + 1e-9)) for share in shares)
    bands = Counter(_band(share) for share in shares)
    open_ = disclosure == "score"
    return d.Distribution(
        students=len(shares),
        mean=mean(shares),
        sd=math.sqrt(variance(shares)) if len(shares) > 1 else None,
        median=_quantile(shares, 0.5),
        quartiles=(_quantile(shares, 0.25), _quantile(shares, 0.75)),
        lowest=shares[0] if open_ else None,
        highest=shares[-1] if open_ else None,
        bins=tuple(d.BinRow(low=i / _BINS, high=(i + 1) / _BINS, count=bins[i]) for i in range(_BINS)),
        bands=tuple(d.BandRow(band=band, from_=least, count=bands[band]) for band, least in d.BANDS),
    )


def _quantile(ordered: Sequence[float], p: float) -> float:
    """Linear between the order statistics (type 7, as numpy and R do)."""
    at = p * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def students_of(
    sittings: Sequence[Sitting], standings: Sequence[Standing], disclosure: d.Disclosure
) -> tuple[d.StudentRow, ...]:
    """As far as `disclosure` lets it be told, in the order of the batch."""
    if disclosure == "none":
        return ()
    score = disclosure == "score"
    return tuple(
        d.StudentRow(
            exam_id=sitting.outcome.exam_id,
            student_id=sitting.student_id,
            class_id=sitting.class_id,
            band=_band(standing.share) if standing.comparable else None,
            earned=standing.earned if score else None,
            graded_max=standing.graded if score else None,
        )
        for sitting, standing in zip(sittings, standings, strict=True)
    )
