"""Section headings (大题) and what they say about their questions."""

import re
from dataclasses import dataclass

from contracts.artefacts import QuestionType, Section
from services.parser.core.flow import Flow, Row

_CHINESE = "一二三四五六七八九十"
_HEADING = re.compile(rf"^\W{{0,2}}(?P<n>[{_CHINESE}]{{1,3}})\s*[、.．,，:：。·]\s*(?P<title>.{{0,80}})")
_SPACED = re.compile(
    rf"^\W{{0,2}}(?P<n>[{_CHINESE}])\s*(?P<title>(单?项?选择|多项?选择|填空|判断|解答|计算|作文|应用|简答|实验).{{0,80}})"
)
_PART = re.compile(rf"^\W{{0,2}}第\s*(?P<n>[{_CHINESE}IVⅠⅡⅢ\d]{{1,3}})\s*(部分|大题|卷)\s*(?P<title>.{{0,80}})")
_ENGLISH = re.compile(
    r"^\W{0,2}(?:part|section)\s*(?P<n>[A-HIVX\d]{1,4})\b[\s.:：、]*(?P<title>.{0,80})", re.IGNORECASE
)
_NUMBER = r"(\d{1,3}(?:\.\d)?)"
_ITEM = re.compile(rf"(?:每小?[题空]|各)\s*{_NUMBER}\s*分|{_NUMBER}\s*(?:marks?|points?)\s*each", re.IGNORECASE)
_TOTAL = re.compile(
    rf"(?:共|满分|计)\s*{_NUMBER}\s*分|[(（]\s*{_NUMBER}\s*(?:marks?|points?|分)\s*[)）]", re.IGNORECASE
)

_TYPES: tuple[tuple[str, QuestionType], ...] = (
    (r"多项?选|不定项|multiple\s*answers?", "multiple_choice"),
    (r"选择|单选|choice|choose|完形|阅读理解", "single_choice"),
    (r"判断|对的打|true\s*(or|/)\s*false|\bT\s*/\s*F", "true_false"),
    (r"填空|填一填|补全|默写|语法填空|blank|fill", "fill_blank"),
    (r"作文|写作|书面表达|习作|writing|essay|composition", "essay"),
    (r"计算|解答|应用|解方程|解决问题|综合|证明|calculat|problem|solve", "calculation"),
    (r"简答|问答|论述|实验|探究|材料|short|answer|reading", "short_answer"),
)


@dataclass(frozen=True)
class Heading:
    """A section and the row it stands in; `at` is its place among the flow's rows."""

    at: int
    row: Row
    section: Section


def headings_of(flow: Flow) -> list[Heading]:
    """The section headings, in reading order; only printed lines near their column's edge count."""
    found = [h for at, row in enumerate(flow.rows) if (h := _heading(at, row, flow))]
    return _in_order(found)


def type_of_title(title: str) -> QuestionType | None:
    """What a heading's words say of its questions' type."""
    return next((kind for pattern, kind in _TYPES if re.search(pattern, title, re.IGNORECASE)), None)


def _heading(at: int, row: Row, flow: Flow) -> Heading | None:
    if not row.printed or row.footer or row.box[0] > row.column.left + 0.45 * (row.column.box[2] - row.column.left):
        return None
    match = _HEADING.match(row.text) or _SPACED.match(row.text) or _PART.match(row.text) or _ENGLISH.match(row.text)
    if match is None:
        return None
    words = row.text + _continuation(at, flow)
    kind = type_of_title(words)
    if kind is None and not (_ITEM.search(words) or _TOTAL.search(words) or len(match["title"]) <= 24):
        return None
    section = Section(
        number=match["n"].upper() if match["n"].isascii() else match["n"],
        title=match["title"].strip(),
        type=kind,
        item_score=_first(_ITEM, words),
        total_score=_first(_TOTAL, words),
    )
    return Heading(at, row, section)


def _continuation(at: int, flow: Flow) -> str:
    """The next row's text when the heading runs on, so that its scoring rule is seen."""
    if at + 1 >= len(flow.rows):
        return ""
    text = flow.rows[at + 1].text
    return "" if re.match(r"^\W{0,2}(\d|[(（]\s*\d|[A-D][.．、])", text) else text[:80]


def _first(pattern: re.Pattern[str], text: str) -> float | None:
    match = pattern.search(text)
    return float(next(g for g in match.groups() if g)) if match else None


def _in_order(headings: list[Heading]) -> list[Heading]:
    """Drop a heading that repeats an earlier number of the same script: an enumeration inside a text."""
    kept: list[Heading] = []
    seen: set[str] = set()
    for heading in headings:
        if heading.section.number not in seen or heading.section.type is not None:
            kept.append(heading)
            seen.add(heading.section.number)
    return kept
