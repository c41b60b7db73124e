"""What type a question is: by key, by heading, by its own shape."""

import re
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Look:
    """What a question looks like: its number, stem, options, and how many underlined places it has."""

    number: int
    text: str
    options: dict[str, str]
    blanks: int


def kind_of(item: KeyItem | None, section: Section | None, look: Look) -> QuestionType:
    """The most trusted word on a question's type: the key's, the heading's, then its own shape."""
    said = item.type if item is not None else None
    titled = section.type if section is not None else None
    return said or _ranged(section, look.number) or _by_answer(item, section) or titled or _by_shape(look)


def _by_shape(look: Look) -> QuestionType:
    if len(look.options) >= 2:
        return "single_choice"
    if look.blanks or _GAP.search(look.text):
        return "fill_blank"
    if _DO.search(look.text):
        return "calculation"
    return "true_false" if _BRACKET.search(look.text[-8:]) else "short_answer"


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
