"""The head of a paper: title, subject, and the pupil's name, class and number."""

import re
from collections.abc import Sequence

from contracts.artefacts import Header, Submission
from services.parser.core.flow import Flow, Row, overlap
from services.parser.core.names import class_of, name_of, number_of

# A capital right after a small letter begins a label too: what is written before it was read together with it, "LinNo.".
_LABELS: tuple[tuple[str, str], ...] = (
    ("name", r"姓\s?名|(?<![a-z])name(?![a-z])|(?-i:(?<=[a-z])Name\b)"),
    ("class", r"班\s?[级圾极]|(?<![a-z])class(?![a-z])|(?-i:(?<=[a-z])Class\b)"),
    (
        "number",
        r"学\s?号|考\s?号|准考证号?|座位?号|(?<![a-z])(?:student\s*)?(?:no\b|number|id\b)\.?|(?-i:(?<=[a-z])(?:No\b|Number\b|ID\b))\.?",
    ),
    ("other", r"学\s?校|得\s?分|成\s?绩|日\s?期|考\s?场|评卷人|(?<![a-z])(?:school|score|date|marks?)(?![a-z])"),
)
_ANY = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _LABELS), re.IGNORECASE)
_WRAP = 1.6
"""Row heights within which a value that did not fit stands below its label."""
_NAME = re.compile(r"^[一-鿿]{2,4}$|^[A-Z][a-z]+ ?[A-Z][a-z]+$")
_CLASS = re.compile(r"[（(][\dBSsIlOo]{1,2}[)）]|\d班|^\d{1,2}[A-H]$")
_TOUCH = 0.3
"""Row heights within which pieces of one line of writing follow each other."""
_SCHOOL_FIELD = re.compile(r"^(学\s?校|考\s?场)")
_EXAM = re.compile(
    r"考试|测试|检测|试卷|试题|练习|月考|期中|期末|模拟|调研|联考|卷[）)]?$|作业|答题卡|test|exam|quiz|paper|practice",
    re.IGNORECASE,
)
_SUBJECTS = (
    ("math", r"数\s?学|math"),
    ("physics", r"物\s?理|physics"),
    ("chemistry", r"化\s?学|chemistry"),
    ("biology", r"生\s?物|biology"),
    ("history", r"历\s?史|history"),
    ("geography", r"地\s?理|geography"),
    ("politics", r"政\s?治|道德与法治|politics"),
    ("english", r"英\s?语|english"),
    ("chinese", r"语\s?文|chinese"),
    ("science", r"科\s?学|science"),
    ("ict", r"信息技术|information technology"),
)


def header_of(flow: Flow, end: int, submission: Submission) -> Header:
    """Read the rows of the head: `end` is where the first section or question begins."""
    rows = flow.rows[: end if end > 0 else min(len(flow.rows), 8)]
    fields = _fields(_head_rows(flow, rows), submission.grade)
    title = _title(rows) or submission.title
    return Header(
        title=title,
        subject=_subject(" ".join(r.text for r in rows)) or submission.subject,
        name=fields.get("name"),
        class_=fields.get("class"),
        number=fields.get("number"),
    )


def _head_rows(flow: Flow, rows: Sequence[Row]) -> list[Row]:
    """The head's rows, and rows elsewhere on page one that hold two labels: a head beside a binding line."""
    extra = [r for r in flow.rows if r.page == 1 and len({m.lastgroup for m in _ANY.finditer(r.text)} - {"other"}) >= 2]
    return [*rows, *(r for r in extra if r not in rows)]


def _fields(rows: Sequence[Row], grade: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows:
        labels = list(_ANY.finditer(row.text))
        for i, label in enumerate(labels):
            name = str(label.lastgroup)
            end = labels[i + 1].start() if i + 1 < len(labels) else len(row.text)
            rest = row.text[label.end() : end]
            if name == "other" or name in found or not _is_label(row.text, label):
                continue
            beside = "" if i + 1 < len(labels) else _beside(row, rows)
            value = _value(name, rest, beside)
            if not value and i + 1 == len(labels):
                value = _carried_over(name, row, rows)
            if value and name == "class":
                value = class_of(value, grade, latin=label[0].isascii())
            if not value and name == "number":
                value = _wrapped(row, rows)
            if value:
                found[name] = value
    return found


def _wrapped(row: Row, rows: Sequence[Row]) -> str | None:
    """The number whose rule did not fit behind its label: digits alone on the next row."""
    below = [
        r
        for r in rows
        if r.page == row.page and 0 < (r.box[1] + r.box[3] - row.box[1] - row.box[3]) / 2 < _WRAP * row.height
    ]
    plain = [re.sub(r"[^0-9A-Za-z]", "", text) for text in _joined(below) if not _ANY.search(text)]
    return next((text for text in plain if text.isdigit() and 5 <= len(text) <= 20), None)


def _carried_over(name: str, row: Row, rows: Sequence[Row]) -> str | None:
    """A name or class whose rule did not fit behind its label: what is written first on the next row, before its labels."""
    last = not any(r is not row and r.page == row.page and _level(r, row) and r.box[0] > row.box[2] for r in rows)
    below = [
        r for r in rows if r.page == row.page and row.box[3] <= (r.box[1] + r.box[3]) / 2 < row.box[3] + row.height
    ]
    first: list[str] = []
    for other in sorted(below, key=lambda r: r.box[0]):
        if _ANY.search(other.text) or other.box[0] >= row.box[0]:
            break
        first.append(other.text)
    text = "".join(first)
    written = any(not r.printed and r.text in first for r in below)
    fits = {"name": _NAME, "class": _CLASS}.get(name)
    return _value(name, text, "") if last and written and fits and fits.search(text) else None


def _joined(rows: Sequence[Row]) -> list[str]:
    """Texts of rows, those put together that touch: writing that crosses a rule is cut in pieces."""
    texts: list[str] = []
    last: Row | None = None
    for row in sorted(rows, key=lambda r: r.box[0]):
        touches = last is not None and abs(row.box[0] - last.box[2]) < _TOUCH * row.height and _level(row, last)
        texts[-1:] = [texts[-1] + row.text] if touches else [*texts[-1:], row.text]
        last = row
    return texts


def _level(one: Row, other: Row) -> bool:
    return overlap(one.box[1], one.box[3], other.box[1], other.box[3]) > 0.4 * min(one.height, other.height)


def _is_label(text: str, match: re.Match[str]) -> bool:
    after = text[match.end() : match.end() + 2].strip()
    return after[:1] in {":", "：", "_", ""} or match.start() == 0 or text[match.start() - 1] in " _：:"


def _beside(row: Row, rows: Sequence[Row]) -> str:
    """What stands to the right of a row's end, up to the next label: the detector cut print from handwriting."""
    out: list[Row] = []
    tail = ""
    for other in sorted(rows, key=lambda r: r.box[0]):
        if (
            other is row
            or other.page != row.page
            or not _level(row, other)
            or other.box[0] < row.box[2] - 0.5 * row.height
        ):
            continue
        label = _ANY.search(other.text)
        if label or other.box[0] - (out[-1].box[2] if out else row.box[2]) > 6 * row.height:
            glued = label is not None and other.text[: label.start()][-1:].islower()
            tail = other.text[: label.start()] if label is not None and glued else ""  # the end of "Lin" in "nNo.:"
            break
        out.append(other)
    return "".join(r.text for r in out) + tail


def _value(name: str, inside: str, beside: str) -> str | None:
    text = (inside + beside).strip(" :：_＿-—.。,，|")
    text = name_of(text) if name == "name" else text
    text = re.sub(r"[_＿]{1,40}", "", text).strip()
    if name == "number":
        digits = number_of(text)
        # "no" is a word, too: what follows it in "no harm to go slow" has no figure.
        return digits if 1 <= len(digits) <= 24 and any(map(str.isdigit, digits)) else None
    if name == "name":
        text = re.sub(r"[\d:：]", "", text).strip()
        return text if 1 <= len(text) <= 40 else None
    return text if 1 <= len(text) <= 24 else None


def _title(rows: Sequence[Row]) -> str | None:
    """The heading: the largest printed line among the first, preferring words of exams."""
    able = [r for r in rows[:10] if r.printed and r.page == 1 and 4 <= len(r.text) <= 60 and not _ANY.search(r.text)]
    able = [
        r
        for r in able
        if not re.match(r"^\W?(满分|时间|注意|考试时间|time|total|part)", r.text.strip("（( "), re.IGNORECASE)
    ]
    if not able:
        return None
    best = max(able, key=lambda r: r.height * (1.5 if _EXAM.search(r.text) else 1.0))
    return best.text.strip()


def _subject(text: str) -> str | None:
    return next((name for name, pattern in _SUBJECTS if re.search(pattern, text, re.IGNORECASE)), None)
