"""One row of past records, as schools keep them: checked, or with what is wrong with it. Pure."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Literal

from contracts.taxonomy import taxonomy
from services.gateway.core.form import SUBJECTS, subject_name
from services.gateway.core.numerals import numeral

FaultCode = Literal[
    "bad_encoding", "bad_json", "bad_csv", "line_too_long", "missing_field", "bad_value", "bad_date", "unknown_subject",
    "earned_above_max", "duplicate_row",
]  # fmt: skip

COLUMNS: dict[str, tuple[str, ...]] = {
    "student_id": ("student_id", "student", "学号", "学生", "考号"),
    "class_id": ("class_id", "class", "班级"),
    "subject": ("subject", "科目", "学科"),
    "date": ("date", "日期", "考试日期"),
    "paper": ("paper", "exam", "试卷", "考试"),
    "item": ("item", "question", "题号", "试题"),
    "knowledge_points": ("knowledge_points", "points", "知识点"),
    "earned": ("earned", "score", "得分"),
    "max": ("max", "max_score", "满分", "分值"),
    "difficulty": ("difficulty", "难度"),
    "facility": ("facility", "难度系数", "得分率"),
}
"""Fields of a row and the names they may have in a file."""
REQUIRED = ("student_id", "date", "item", "knowledge_points", "earned", "max")

_LONGEST = {"student_id": 128, "class_id": 128, "paper": 300, "item": 40}
_LONGEST_POINT, _MOST_POINTS = 100, 5
_MOST_SCORE = 10_000.0
_FIRST_DAY = date(1990, 1, 1)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_BETWEEN = re.compile(r"[;；|｜、]")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class Wrong(Exception):
    """A row that can't be taken: why, in which field, and what to do."""

    def __init__(self, code: FaultCode, field: str | None, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.detail = detail


@dataclass(frozen=True)
class Record:
    """What a student earned on one item on a day. `points`: (code, name) of each knowledge point."""

    student_id: str
    class_id: str | None
    subject: str
    on: date
    paper: str
    item: str
    points: tuple[tuple[str, str], ...]
    earned: float
    max_score: float
    difficulty: float | None

    @property
    def identity(self) -> tuple[str, ...]:
        """What it is the response to: another row with the same is a correction of it."""
        return (*self.sitting, self.item)

    @property
    def sitting(self) -> tuple[str, ...]:
        """The occasion."""
        return (self.student_id, self.subject, self.on.isoformat(), self.paper)


def record_of(given: Mapping[str, Any], subject: str | None, today: date) -> Record:
    """The row of these fields; `subject` of rows that name none. Raises Wrong."""
    for name in REQUIRED:
        if given.get(name) in (None, "", []):
            raise Wrong("missing_field", name, f"Give {name}: every row needs one.")
    max_score = _number(given, "max", _MOST_SCORE)
    if max_score <= 0:
        raise Wrong("bad_value", "max", "Give the item's full points, more than 0.")
    earned = _number(given, "earned", _MOST_SCORE)
    if earned > max_score:
        raise Wrong("earned_above_max", "earned", "More was earned than the item has: correct earned or max.")
    named = _subject(given.get("subject") or subject)
    return Record(
        student_id=_text(given, "student_id"),
        class_id=_text(given, "class_id") or None,
        subject=named,
        on=_date(given["date"], today),
        paper=_text(given, "paper"),
        item=_text(given, "item"),
        points=_points(given["knowledge_points"], named),
        earned=earned,
        max_score=max_score,
        difficulty=_difficulty(given),
    )


def _difficulty(given: Mapping[str, Any]) -> float | None:
    """0 easy to 1 hard; `facility`, what is usually earned, is the other way round and goes before it."""
    if given.get("facility") not in (None, ""):
        return 1.0 - _number(given, "facility", 1.0)
    return None if given.get("difficulty") in (None, "") else _number(given, "difficulty", 1.0)


def _plain(value: Any, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Wrong("bad_value", name, f"Give {name} as a text.")
    text = value.strip() if isinstance(value, str) else numeral(value)
    if text is None:
        raise Wrong("bad_value", name, f"Give {name} as a text, or as a number that is not infinite.")
    if _CONTROL.search(text):
        raise Wrong("bad_value", name, f"Take control characters out of {name}.")
    return text


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    text = "" if value is None else _plain(value, name)
    if len(text) > _LONGEST[name]:
        raise Wrong("bad_value", name, f"Shorten {name} to {_LONGEST[name]} characters.")
    if not text and name in REQUIRED:
        raise Wrong("missing_field", name, f"Give {name}: every row needs one.")
    return text


def _number(given: Mapping[str, Any], name: str, most: float) -> float:
    try:
        found = float(_plain(given[name], name).removesuffix("分"))
    except ValueError:
        found = math.nan
    if not 0 <= found <= most:
        raise Wrong("bad_value", name, f"Give {name} as a number from 0 to {most:g}.")
    return found


def _subject(value: Any) -> str:
    found = subject_name(_plain(value, "subject")) if value else ""
    if found not in SUBJECTS:
        known = ", ".join(SUBJECTS)
        raise Wrong("unknown_subject", "subject", f"Give subject, in the row or as ?subject=: one of {known}.")
    return found


def _date(value: Any, today: date) -> date:
    match = _DATE.fullmatch(_plain(value, "date").partition("T")[0])
    try:
        found = date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        found = None
    if found is None:
        raise Wrong("bad_date", "date", "Give the date as 2025-06-30.")
    if not _FIRST_DAY <= found <= today + timedelta(days=1):
        raise Wrong("bad_date", "date", f"Give a date from {_FIRST_DAY} on that is not in the future.")
    return found


def _points(value: Any, subject: str) -> tuple[tuple[str, str], ...]:
    given = _BETWEEN.split(value) if isinstance(value, str) else value
    if not isinstance(given, list):
        raise Wrong("bad_value", "knowledge_points", "Give knowledge_points as a list, or as a text parted by ; or 、.")
    named = list(dict.fromkeys(filter(None, (_plain(each, "knowledge_points") for each in given))))
    if not named:
        raise Wrong(
            "missing_field", "knowledge_points", "Name at least one knowledge point: a row without says nothing."
        )
    if len(named) > _MOST_POINTS or any(len(name) > _LONGEST_POINT for name in named):
        detail = f"Name at most {_MOST_POINTS} knowledge points of {_LONGEST_POINT} characters each."
        raise Wrong("bad_value", "knowledge_points", detail)
    return tuple(dict.fromkeys(_point(name, subject) for name in named))


def _point(name: str, subject: str) -> tuple[str, str]:
    """A name or code of the taxonomy is that point, as on papers; another is its own."""
    return _known(subject).get(name) or (f"given.{name}", name)


@cache
def _known(subject: str) -> dict[str, tuple[str, str]]:
    points = [(point.code, point.name) for point in taxonomy(subject).points]
    return {code: (code, name) for code, name in points} | {name: (code, name) for code, name in reversed(points)}


def midnight(on: date) -> datetime:
    """When an imported response is taken to have been given: before every exam uploaded on that day (UTC)."""
    return datetime.fromisoformat(f"{on.isoformat()}T00:00:00+00:00")
