"""What the class report shows, as plain JSON data that HTML and PDF share: the words are chosen here once."""

from typing import Any, TypeAlias

from services.gateway.classreport.core.document import (
    BANDS,
    ClassReport,
    ItemRow,
    OptionRow,
    PointRow,
    StudentRow,
    Unsaid,
)
from services.gateway.classreport.core.words import (
    BAND_NAMES,
    DASH,
    FLAGS,
    GRADES,
    LABELS,
    SUBJECTS,
    TYPES,
    decimal,
    heat,
    percent,
    short,
    span,
)

View: TypeAlias = dict[str, Any]

_MOST_CLASSES = 4


def view_of(report: ClassReport) -> View:
    """Everything on the report. All values are strings, numbers, booleans and lists of them."""
    compared = not any(entry.what == "comparisons" for entry in report.unsaid)
    return {
        "title": short(report.name or report.title or f"{SUBJECTS.get(report.subject, '')}试卷"),
        "meta": _meta(report),
        "figures": _figures(report),
        "alarms": [_alarm(item) for item in report.items if "miskey" in item.flags],
        "bins": _bins(report),
        "bands": _bands(report),
        "reteach": _reteach(report),
        "groups": compared,
        "points_note": "得分率与 95% 区间；分组按总分，前后各 27%" if compared else "得分率",
        "choices_note": "高、低为高分组与低分组中选它的比例" if compared else "灰色为闲置",
        "classes": list(report.classes[:_MOST_CLASSES]) if len(report.classes) > 1 else [],
        "points": [_point(point, report) for point in report.knowledge_points],
        "questions": [_item(item) for item in report.items],
        "choices": [_choice(item) for item in report.items if item.options],
        "students": [_student(row) for row in report.students],
        "scores": report.disclosure == "score",
        "unsaid": [_unsaid(entry) for entry in report.unsaid],
        "notes": _notes(report),
        "batch_id": report.batch_id,
    }


def _meta(report: ClassReport) -> list[list[str]]:
    c = report.coverage
    papers = f"{c.reported} 份"
    left = [(c.not_completed, "未完成"), (c.other, "不在本报告内"), (c.unreadable, "结果不可读")]
    aside = "，".join(f"另有 {count} 份{words}" for count, words in left if count)
    grade = GRADES[report.grade - 1] if 1 <= report.grade <= len(GRADES) else ""
    pairs = [
        ("学科", SUBJECTS.get(report.subject, report.subject)),
        ("年级", grade),
        ("班级", "、".join(report.classes[:_MOST_CLASSES])),
        ("试卷", report.title if report.name and report.title else ""),
        ("答卷", f"{papers}（{aside}）" if aside else papers),
    ]
    return [[label, short(value)] for label, value in pairs if value]


def _figures(report: ClassReport) -> list[View]:
    d, r = report.distribution, report.reliability
    found: list[tuple[str, str, str]] = []
    if d is not None:
        passed = sum(row.count for row in d.bands if row.band != "below")
        found = [
            ("平均得分率", percent(d.mean), f"标准差 {percent(d.sd)}" if d.sd is not None else ""),
            ("中位数", percent(d.median), f"四分位 {percent(d.quartiles[0])} – {percent(d.quartiles[1])}"),
            ("合格率", percent(passed / d.students), f"{passed} / {d.students} 人"),
        ]
    if r is not None:
        interval = f"95% 区间 {decimal(r.interval.low)} – {decimal(r.interval.high)}"
        found.append(("信度 α", decimal(r.alpha), interval))
    if r is not None and r.sem is not None:
        found.append(("测量标准误", f"{r.sem:.1f} 分", f"得分率 ±{percent(r.sem_share)}"))
    return [{"name": name, "value": value, "note": note} for name, value, note in found]


def _alarm(item: ItemRow) -> str:
    key = next((option for option in item.options if option.key), None)
    other = next((option for option in item.options if option.label == item.suspected_key), None)
    if key is None or other is None:
        return ""
    return (
        f"第 {item.number} 题：答案给的是 {key.label}，但高分组有 {percent(other.upper)} 选 {other.label}，"
        f"选 {key.label} 的只有 {percent(key.upper)}。请先核对答案，再看这道题的其他数据。"
    )


def _bins(report: ClassReport) -> list[View]:
    if report.distribution is None:
        return []
    rows = report.distribution.bins
    most = max(row.count for row in rows) or 1
    return [
        {"name": f"{row.low * 100:.0f}–{row.high * 100:.0f}", "count": row.count, "share": row.count / most}
        for row in rows
    ]


def _bands(report: ClassReport) -> list[View]:
    if report.distribution is None:
        return []
    whole = report.distribution.students
    return [
        {
            "name": BAND_NAMES[row.band],
            "range": f"≥ {row.from_ * 100:.0f}%" if row.from_ else f"< {BANDS[-2][1] * 100:.0f}%",
            "count": row.count,
            "share": row.count / whole,
            "percent": percent(row.count / whole),
        }
        for row in report.distribution.bands
    ]


def _reteach(report: ClassReport) -> list[View]:
    items = {item.number: item for item in report.items}
    found = []
    for entry in report.reteach:
        item = items[entry.number]
        wrong = f"{item.common_wrong.count} 人答 {item.common_wrong.answer}" if item.common_wrong else ""
        found.append(
            {
                "number": entry.number,
                "points": short("、".join(entry.knowledge_points)),
                "facility": percent(entry.facility),
                "interval": span(item.facility_interval),
                "lost": f"{entry.lost:.1f} 分",
                "wrong": wrong,
                "sure": entry.sure,
            }
        )
    return found


def _point(point: PointRow, report: ClassReport) -> View:
    classes = report.classes[:_MOST_CLASSES] if len(report.classes) > 1 else ()
    return {
        "name": short(point.name),
        "numbers": "第 " + "、".join(point.items[:8]) + (" 等" if len(point.items) > 8 else "") + " 题",
        "mean": point.mean,
        "percent": percent(point.mean),
        "range": span(point.interval),
        "low": point.interval.low if point.interval else None,
        "high": point.interval.high if point.interval else None,
        "cells": [heat(value) for value in (point.upper, point.middle, point.lower)],
        "class_cells": [heat(point.classes.get(name)) for name in classes],
    }


def _item(item: ItemRow) -> View:
    return {
        "number": item.number,
        "type": TYPES[item.type],
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
        "flags": [{"code": flag, "name": FLAGS[flag]} for flag in item.flags],
        "points": short("、".join(item.knowledge_points)),
    }


def _choice(item: ItemRow) -> View:
    return {
        "number": item.number,
        "alarm": "miskey" in item.flags,
        "options": [_option(option) for option in item.options],
    }


def _option(option: OptionRow) -> View:
    return {
        "label": LABELS.get(option.label, option.label),
        "key": option.key,
        "count": option.count,
        "share": option.share,
        "percent": percent(option.share),
        "upper": percent(option.upper),
        "lower": percent(option.lower),
        "r": decimal(option.r),
        "idle": option.idle,
    }


def _student(row: StudentRow) -> View:
    score = f"{row.earned:g} / {row.graded_max:g}" if row.earned is not None and row.graded_max is not None else ""
    return {
        "id": short(row.student_id or f"试卷 {row.exam_id[:8]}"),
        "class": short(row.class_id or ""),
        "band": BAND_NAMES[row.band] if row.band else "暂不可比",
        "code": row.band or "unknown",
        "score": score,
    }


_WHAT = {
    "comparisons": "区分度、选项的高低分组对比、答案核查",
    "reliability": "信度与测量标准误",
    "measurement_error": "测量标准误",
    "intervals_of_points": "知识点的区间",
    "distribution": "得分分布",
}


def _unsaid(entry: Unsaid) -> str:
    why = {
        "too_few_students": f"需要至少 {entry.needs} 人，现有 {entry.has} 人",
        "too_few_on_same_items": f"需要至少 {entry.needs} 人在相同的至少 2 道题上都有判分，现有 {entry.has} 人",
        "no_variation": "所有学生总分相同",
        "negative_alpha": "α 为负，各题测的不是同一件事",
        "too_little_graded": "没有学生的大部分分值得到判分",
    }[entry.why]
    return f"{_WHAT[entry.what]}：{why}。"


def _notes(report: ClassReport) -> list[str]:
    c, r = report.coverage, report.reliability
    review = sum(item.needs_review for item in report.items)
    notes = [
        "难度系数是得分占满分的比例，越高越容易；区间为 95% Wilson 区间，部分给分的题偏宽。未判分的作答不按 0 分计。",
        (
            "区分度 D：总分前 27% 与后 27% 学生的难度系数之差（Kelley 1939）；r：题目得分与其余各题总分的相关。"
            "两者都低于 0.2 为区分低（Ebel、Frisbie 1991）。选项表按其余各题总分分组。"
        ),
        (
            "答案待查：高分组选某个其他选项的比选答案的多，选它的学生其余各题得分更高，选答案的学生则没有更高"
            "（据 Haladyna、Rodriguez 2013）。少于 5% 的人选的干扰项为闲置。"
        ),
        "先讲的题：难度系数低于 0.6；“确定”指区间上端也低于 0.6。答案待查的题不在其中。",
    ]
    if r is not None:
        left = f"第 {'、'.join(r.left_out[:12])} 题判分缺失较多，未计入。" if r.left_out else ""
        notes.append(
            f"信度为 Cronbach α（对错题即 KR-20），区间按 Feldt 等（1987），基于 {r.students} 人、{len(r.items)} 题。{left}"
        )
    if review:
        notes.append(f"有 {review} 处作答待复核，复核之后数据会随之更新。")
    if c.stray_questions:
        notes.append(f"有 {c.stray_questions} 个题号只在少数答卷上出现（多为题号误读），未计入。")
    return notes
