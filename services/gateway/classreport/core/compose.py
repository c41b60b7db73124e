"""Sittings to the document. Rounding is left to whoever shows it."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.classreport.core import document as d
from services.gateway.classreport.core.items import ItemFigures, figures_of, miskeyed, reteach
from services.gateway.classreport.core.points import PointFigures, points_of
from services.gateway.classreport.core.scale import ENOUGH, Scale, reliability, scale_of
from services.gateway.classreport.core.sheet import Sheet, Sitting, sheet_of
from services.gateway.classreport.core.standings import distribution_of, fewer_than, standings_of, students_of


@dataclass(frozen=True)
class About:
    """What the report is of."""

    batch_id: str
    name: str | None
    subject: str
    grade: int
    disclosure: d.Disclosure
    papers: int
    not_completed: int
    other: int
    unreadable: int


def compose(about: About, sittings: Sequence[Sitting]) -> d.ClassReport:
    """The report on sittings of one paper, in the order of the batch. At least one is needed."""
    sheet = sheet_of(sittings)
    scale = scale_of(sheet)
    items = figures_of(sheet, scale)
    unsaid: list[d.Unsaid] = []
    trust = _reliability(sheet, scale, unsaid)
    shares = standings_of(sheet)
    numbers = [item.number for item in sheet.items]
    return d.ClassReport(
        batch_id=about.batch_id,
        name=about.name,
        title=_title(sittings),
        subject=about.subject,
        grade=about.grade,
        classes=tuple(sorted({sitting.class_id for sitting in sittings if sitting.class_id})),
        disclosure=about.disclosure,
        coverage=d.Coverage(
            papers=about.papers,
            reported=len(sittings),
            not_completed=about.not_completed,
            other=about.other,
            unreadable=about.unreadable,
            stray_questions=sheet.stray,
        ),
        distribution=distribution_of(shares, about.disclosure, unsaid),
        reliability=trust,
        items=tuple(_item(sheet, index, figures) for index, figures in enumerate(items)),
        alarms=tuple(numbers[i] for i, figures in enumerate(items) if "miskey" in figures.flags),
        reteach=tuple(_reteach(sheet, items[i], i, sure) for i, sure in reteach(sheet, items)),
        knowledge_points=tuple(_point(sheet, figures) for figures in points_of(sheet, scale)),
        students=students_of(sittings, shares, about.disclosure),
        unsaid=tuple(unsaid + _points_unsaid(sheet)),
    )


def _title(sittings: Sequence[Sitting]) -> str | None:
    most = Counter(s.outcome.title for s in sittings if s.outcome.title).most_common(1)
    return str(most[0][0]) if most else None


def _reliability(sheet: Sheet, scale: Scale, unsaid: list[d.Unsaid]) -> d.Reliability | None:
    if not scale.enough:
        unsaid += [_too_few("comparisons", scale), _too_few("reliability", scale)]
        return None
    found = reliability(scale)
    if found is None:
        unsaid.append(d.Unsaid(what="reliability", why="no_variation", detail="all students have the same total"))
        return None
    if found.sem is None:
        detail = "alpha is negative: the items don't measure one thing"
        unsaid.append(d.Unsaid(what="measurement_error", why="negative_alpha", detail=detail))
    whole = math.fsum(sheet.items[i].max for i in scale.items)
    numbers = [item.number for item in sheet.items]
    return d.Reliability(
        alpha=found.alpha,
        interval=d.Interval(low=found.low, high=found.high),
        students=len(scale.students),
        items=tuple(numbers[i] for i in scale.items),
        left_out=tuple(number for i, number in enumerate(numbers) if i not in scale.items),
        sem=found.sem,
        sem_share=None if found.sem is None else found.sem / whole,
    )


def _item(sheet: Sheet, index: int, figures: ItemFigures) -> d.ItemRow:
    item = sheet.items[index]
    interval = None
    if figures.low is not None and figures.high is not None:
        interval = d.Interval(low=figures.low, high=figures.high)
    return d.ItemRow(
        number=item.number,
        path=item.path,
        type=item.type,
        max_score=item.max,
        key=item.key,
        knowledge_points=tuple(name for _, name in item.points),
        graded=figures.graded,
        missing=figures.missing,
        blank=figures.blank,
        needs_review=figures.review,
        facility=figures.facility,
        facility_interval=interval,
        point_biserial=figures.r,
        discrimination=figures.discrimination,
        options=tuple(d.OptionRow(**vars(option)) for option in figures.options),
        common_wrong=d.CommonWrong(answer=figures.wrong[0], count=figures.wrong[1]) if figures.wrong else None,
        flags=figures.flags,
        suspected_key=miskeyed(item, figures.options),
        lost=figures.lost,
    )


def _reteach(sheet: Sheet, figures: ItemFigures, index: int, sure: bool) -> d.Reteach:
    assert figures.facility is not None
    assert figures.lost is not None
    item = sheet.items[index]
    return d.Reteach(
        number=item.number,
        sure=sure,
        facility=figures.facility,
        lost=figures.lost,
        knowledge_points=tuple(name for _, name in item.points),
    )


def _point(sheet: Sheet, figures: PointFigures) -> d.PointRow:
    interval = None
    if figures.low is not None and figures.high is not None:
        interval = d.Interval(low=figures.low, high=figures.high)
    return d.PointRow(
        code=figures.code,
        name=figures.name,
        items=tuple(sheet.items[i].number for i in figures.items),
        students=figures.students,
        mean=figures.mean,
        interval=interval,
        upper=figures.upper,
        middle=figures.middle,
        lower=figures.lower,
        classes=dict(figures.classes),
    )


def _points_unsaid(sheet: Sheet) -> list[d.Unsaid]:
    have = len(sheet.sittings)
    if have >= ENOUGH or not any(item.points for item in sheet.items):
        return []
    return [fewer_than(ENOUGH, have, "intervals_of_points", f"needs {ENOUGH} students; there are {have}")]


def _too_few(what: d.Figure, scale: Scale) -> d.Unsaid:
    has = len(scale.students)
    detail = f"needs {ENOUGH} students who were graded on the same two items or more; there are {has}"
    return d.Unsaid(what=what, why="too_few_on_same_items", needs=ENOUGH, has=has, detail=detail)
