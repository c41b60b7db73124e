"""What type a question is: by key, by heading, by its own shape."""

import re
from collections.abc import Sequence

from contracts.artefacts import KeyItem, QuestionType, Section

_LETTERS = re.compile(r"^[A-H]{1,8}$")
_TRUE_FALSE = {"√", "×", "T", "F", "对", "错", "正确", "错误", "✓", "✗", "True", "False"}
_RANGE = re.compile(r"(\d{1,3})\s*[-—~～至到]\s*(\d{1,3})\s*题?\s*为?\s*(单选|多选|判断|填空)")
_WORDS: dict[str, QuestionType] = {
    "单选": "single_choice",
    "多选": "multiple_choice",
    "判断": "true_false",
    "填空": "fill_blank",
}
_BRACKET = re.compile(r"[(（]\s{0,9}[A-H√×✓✗]{0,4}\s{0,9}[)）]")
_GAP = re.compile(r"_{2,}|＿{2,}")
_DO = re.compile(r"计算|求|解方程|证明|多少|化简|解不等式|solve|prove|how (many|much)", re.IGNORECASE)


def kind_of(
    item: KeyItem | None, section: Section | None, number: int, text: str, options: dict[str, str], blanks: int
) -> QuestionType:
    """The most trusted word on a question's type."""
    if item is not None and item.type is not None:
        return item.type
    ranged = _ranged(section, number)
    if ranged:
        return ranged
    by_answer = _by_answer(item, section)
    if by_answer:
        return by_answer
    if section is not None and section.type is not None:
        return section.type
    if len(options) >= 2:
        return "single_choice"
    if blanks or _GAP.search(text):
        return "fill_blank"
    if _DO.search(text):
        return "calculation"
    return "true_false" if _BRACKET.search(text[-8:]) else "short_answer"


def blanks_in(text: str, rules: int) -> int:
    """How many blanks a stem prints: underlined places found on the page, or runs of underscores in its text."""
    return max(rules, len(_GAP.findall(text)))


def _ranged(section: Section | None, number: int) -> QuestionType | None:
    if section is None:
        return None
    for first, last, word in _RANGE.findall(section.title):
        if int(first) <= number <= int(last):
            return _WORDS[word]
    return None


def _by_answer(item: KeyItem | None, section: Section | None) -> QuestionType | None:
    answer = item.answer if item is not None else None
    if isinstance(answer, str) and _LETTERS.match(answer.strip()) and (section is None or section.type != "fill_blank"):
        if section is not None and section.type in ("single_choice", "multiple_choice", "true_false"):
            return section.type
        return "multiple_choice" if len(answer.strip()) > 1 else "single_choice"
    if isinstance(answer, str) and answer.strip() in _TRUE_FALSE:
        return "true_false"
    return None


def common(kinds: Sequence[QuestionType]) -> QuestionType | None:
    """The most frequent type; None of none."""
    return max(set(kinds), key=lambda k: (kinds.count(k), k)) if kinds else None
