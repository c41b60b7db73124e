"""What the class report shows, as plain JSON data that HTML and PDF share: the words are chosen here once."""

from typing import Any, TypeAlias, cast

from contracts.artefacts.submission import Subject
from contracts.names import GRADES, SUBJECTS, TYPES
from services.gateway.classreport.core.document import (
    BANDS,
    ClassReport,
    ItemRow,
    OptionRow,
    PointRow,
    StudentRow,
)
from services.gateway.classreport.core.notes import notes, unsaid
from services.gateway.classreport.core.words import DASH, Words, decimal, heat, percent, short, span

View: TypeAlias = dict[str, Any]

_MOST_CLASSES = 4
_LABELS = frozenset({"blank", "unread", "other"})


def view_of(report: ClassReport, say: Words) -> View:
    """Everything on the report. All values are strings, numbers, booleans and lists of them; `t` has the fixed texts."""
    compared = not any(entry.what == "comparisons" for entry in report.unsaid)
    return {
        "t": say.plain(),
        "language": {"zh": "zh-CN", "en": "en"}[say.language],
        "title": short(report.name or report.title or say("paper_of", subject=_subject(report, say))),
        "meta": _meta(report, say),
        "figures": _figures(report, say),
        "alarms": [_alarm(item, say) for item in report.items if "miskey" in item.flags],
        "bins": _bins(report),
        "bands": _bands(report, say),
        "reteach": _reteach(report, say),
        "groups": compared,
        "points_note": say("points_compared" if compared else "points_plain"),
        "choices_note": say("key_note", note=say("choices_compared" if compared else "choices_plain")),
        "classes": list(report.classes[:_MOST_CLASSES]) if len(report.classes) > 1 else [],
        "points": [_point(point, report, say) for point in report.knowledge_points],
        "questions": [_item(item, say) for item in report.items],
        "choices": [_choice(item, say) for item in report.items if item.options],
        "students": [_student(row, say) for row in report.students],
        "scores": report.disclosure == "score",
        "unsaid": [unsaid(entry, say) for entry in report.unsaid],
        "notes": notes(report, say),
        "batch": say("batch", id=report.batch_id),
    }


def _meta(report: ClassReport, say: Words) -> list[list[str]]:
    c = report.coverage
    papers = say("copies", n=c.reported)
    left = [(c.not_completed, "not_completed"), (c.other, "other_paper"), (c.unreadable, "unreadable")]
    aside = say("comma").join(say("left", n=count, why=say(why)) for count, why in left if count)
    grades = GRADES[say.language]
    pairs = [
        (say("subject"), _subject(report, say)),
        (say("grade"), grades[report.grade - 1] if 1 <= report.grade <= len(grades) else ""),
        (say("class"), say("list").join(report.classes[:_MOST_CLASSES])),
        (say("paper"), report.title if report.name and report.title else ""),
        (say("papers"), say("aside", copies=papers, left=aside) if aside else papers),
    ]
    return [[label, short(value)] for label, value in pairs if value]


def _subject(report: ClassReport, say: Words) -> str:
    return SUBJECTS[say.language].get(cast("Subject", report.subject), report.subject)


def _figures(report: ClassReport, say: Words) -> list[View]:
    d, r = report.distribution, report.reliability
    found: list[tuple[str, str, str]] = []
    if d is not None:
        passed = sum(row.count for row in d.bands if row.band != "below")
        found = [
            (say("mean"), percent(d.mean), say("sd", sd=percent(d.sd)) if d.sd is not None else ""),
            (
                say("median"),
                percent(d.median),
                say("quartiles", low=percent(d.quartiles[0]), high=percent(d.quartiles[1])),
            ),
            (say("passed"), percent(passed / d.students), say("people_of", n=passed, all=d.students)),
        ]
    if r is not None:
        interval = say("interval95", low=decimal(r.interval.low), high=decimal(r.interval.high))
        found.append((say("alpha"), decimal(r.alpha), interval))
    if r is not None and r.sem is not None:
        found.append((say("sem"), say("points", n=f"{r.sem:.1f}"), say("share_of", share=percent(r.sem_share))))
    return [{"name": name, "value": value, "note": note} for name, value, note in found]


def _alarm(item: ItemRow, say: Words) -> str:
    key = next((option for option in item.options if option.key), None)
    other = next((option for option in item.options if option.label == item.suspected_key), None)
    if key is None or other is None:
        return ""
    more, fewer = percent(other.upper), percent(key.upper)
    return say("alarm", number=item.number, key=key.label, other=other.label, more=more, fewer=fewer)


def _bins(report: ClassReport) -> list[View]:
    if report.distribution is None:
        return []
    rows = report.distribution.bins
    most = max(row.count for row in rows) or 1
    return [
        {"name": f"{row.low * 100:.0f}–{row.high * 100:.0f}", "count": row.count, "share": row.count / most}
        for row in rows
    ]


def _bands(report: ClassReport, say: Words) -> list[View]:
    if report.distribution is None:
        return []
    whole = report.distribution.students
    return [
        {
            "name": say(f"band.{row.band}"),
            "range": f"≥ {row.from_ * 100:.0f}%" if row.from_ else f"< {BANDS[-2][1] * 100:.0f}%",
            "count": say("people", n=row.count),
            "share": row.count / whole,
            "percent": percent(row.count / whole),
        }
        for row in report.distribution.bands
    ]


def _reteach(report: ClassReport, say: Words) -> list[View]:
    items = {item.number: item for item in report.items}
    found = []
    for entry in report.reteach:
        item = items[entry.number]
        common = item.common_wrong
        wrong = say("answered", n=common.count, answer=common.answer) if common else ""
        found.append(
            {
                "number": entry.number,
                "points": short(say("list").join(entry.knowledge_points)),
                "facility": percent(entry.facility),
                "interval": span(item.facility_interval),
                "lost": say("points", n=f"{entry.lost:.1f}"),
                "wrong": wrong,
                "sure": entry.sure,
            }
        )
    return found


def _point(point: PointRow, report: ClassReport, say: Words) -> View:
    classes = report.classes[:_MOST_CLASSES] if len(report.classes) > 1 else ()
    numbers = say("list").join(point.items[:8]) + (say("and_more") if len(point.items) > 8 else "")
    return {
        "name": short(point.name),
        "numbers": say("questions", numbers=numbers),
        "mean": point.mean,
        "percent": percent(point.mean),
        "range": span(point.interval),
        "low": point.interval.low if point.interval else None,
        "high": point.interval.high if point.interval else None,
        "cells": [heat(value) for value in (point.upper, point.middle, point.lower)],
        "class_cells": [heat(point.classes.get(name)) for name in classes],
    }


def _item(item: ItemRow, say: Words) -> View:
    return {
        "number": item.number,
        "type": TYPES[say.language][item.type],
        "max": f"{item.max_score:g}",
        "facility": item.facility,
        "p": decimal(item.facility),
        "low": item.facility_interval.low if item.facility_interval else None,
        "high": item.facility_interval.high if item.facility_interval else None,
        "range": f"{decimal(item.facility_interval.low)} – {decimal(item.facility_interval.high)}"
        if item.facility_interval
        else DASH,
        "d": decimal(item.discrimination),
        "r": decimal(item.point_biserial),
        "blank": str(item.blank or DASH),
        "missing": str(item.missing or DASH),
        "review": str(item.needs_review or DASH),
        "flags": [{"code": flag, "name": say(f"flag.{flag}")} for flag in item.flags],
        "points": short(say("list").join(item.knowledge_points)),
    }


def _choice(item: ItemRow, say: Words) -> View:
    return {
        "number": item.number,
        "alarm": "miskey" in item.flags,
        "options": [_option(option, say) for option in item.options],
    }


def _option(option: OptionRow, say: Words) -> View:
    return {
        "label": say(f"label.{option.label}") if option.label in _LABELS else option.label,
        "key": option.key,
        "count": option.count,
        "share": option.share,
        "percent": percent(option.share),
        "upper": percent(option.upper),
        "lower": percent(option.lower),
        "r": decimal(option.r),
        "idle": option.idle,
    }


def _student(row: StudentRow, say: Words) -> View:
    score = f"{row.earned:g} / {row.graded_max:g}" if row.earned is not None and row.graded_max is not None else ""
    return {
        "id": short(row.student_id or say("nameless", id=row.exam_id[:8])),
        "class": short(row.class_id or ""),
        "band": say(f"band.{row.band}" if row.band else "incomparable"),
        "code": row.band or "unknown",
        "score": score,
    }
