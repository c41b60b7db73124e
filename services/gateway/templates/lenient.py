"""What teachers and other systems write, in the API's words: for imports only, the API itself is strict."""

from collections.abc import Callable
from typing import Any

from contracts.artefacts import QuestionType
from services.gateway.core.form import subject_name
from services.gateway.core.numerals import numeral

KINDS: dict[str, QuestionType] = {
    "单选": "single_choice", "单选题": "single_choice", "选择": "single_choice", "选择题": "single_choice",
    "单项选择": "single_choice", "单项选择题": "single_choice", "choice": "single_choice",
    "多选": "multiple_choice", "多选题": "multiple_choice", "多项选择": "multiple_choice",
    "多项选择题": "multiple_choice", "不定项选择": "multiple_choice", "不定项选择题": "multiple_choice",
    "判断": "true_false", "判断题": "true_false", "填空": "fill_blank", "填空题": "fill_blank",
    "简答": "short_answer", "简答题": "short_answer", "问答题": "short_answer", "论述题": "short_answer",
    "材料题": "short_answer", "实验题": "short_answer", "计算": "calculation", "计算题": "calculation",
    "解答": "calculation", "解答题": "calculation", "应用题": "calculation", "证明题": "calculation",
    "作文": "essay", "作文题": "essay", "写作": "essay", "书面表达": "essay", "综合": "composite", "综合题": "composite",
}  # fmt: skip
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""Full-width forms to ASCII, and no more: NFKC would make 171 of 17①."""


def tidied(data: Any) -> Any:
    """A template, or an answer key as uploads take it (`questions`), in the API's words; what isn't known stays."""
    if not isinstance(data, dict):
        return data
    found = {name: value for name, value in data.items() if value is not None}
    if "items" not in found and "questions" in found:
        found["items"] = found.pop("questions")
    _each(found, "subject", lambda value: subject_name(value) if isinstance(value, str) else value)
    _each(found, "name", text)
    _each(found, "title", text)
    _each(found, "items", lambda value: [item(each) for each in value] if isinstance(value, list) else value)
    _each(found, "sections", lambda value: [item(each) for each in value] if isinstance(value, list) else value)
    return found


def item(data: Any) -> Any:
    """An item or a section."""
    if not isinstance(data, dict):
        return data
    found = {name: value for name, value in data.items() if value is not None}
    for name in ("number", "section"):
        _each(found, name, number)
    _each(found, "path", lambda value: [number(each) for each in value] if isinstance(value, list) else value)
    _each(found, "type", lambda value: KINDS.get(value.strip().lower(), value) if isinstance(value, str) else value)
    for name in ("answer", "accepted", "knowledge_points"):
        _each(found, name, _texts)
    for name in ("max_score", "item_score", "partial_score"):
        _each(found, name, points)
    _each(found, "facility", share)
    return found


def text(value: Any) -> Any:
    """Numbers as texts, booleans as signs of judgement."""
    if isinstance(value, bool):
        return "√" if value else "×"
    if isinstance(value, int | float):
        return numeral(value) or value
    return value.strip() if isinstance(value, str) else value


def number(value: Any) -> Any:
    """A question's number in one spelling: １． is 1."""
    found = text(value)
    return found.translate(_NARROW).strip().rstrip(".,、") if isinstance(found, str) else found


def points(value: Any) -> Any:
    """A number of points, also as text: 4分 is 4."""
    try:
        return float(value.strip().removesuffix("分")) if isinstance(value, str) else value
    except ValueError:
        return value


def share(value: Any) -> Any:
    """A share, also as text and in percent: 65% is 0.65."""
    if not isinstance(value, str):
        return value
    written = value.translate(_NARROW).strip()
    try:
        return float(written.removesuffix("%")) / (100 if written.endswith("%") else 1)
    except ValueError:
        return value


def _texts(value: Any) -> Any:
    return ["" if each is None else text(each) for each in value] if isinstance(value, list) else text(value)


def _each(found: dict[str, Any], name: str, change: Callable[[Any], Any]) -> None:
    if name in found:
        found[name] = change(found[name])
