"""How to practise again what lost points: by the kinds of the questions, and by whether answers are worked out or known."""

import re
from collections.abc import Sequence

from contracts.artefacts.paper import QuestionType
from services.diagnostic.core.evidence import Item
from services.diagnostic.core.wording import Words

_MOST_METHODS = 2
_NUMBER = re.compile(r"[^\d|]{0,8}\d{1,12}(?:[./]\d{1,12})?[^\d|年月日世纪]{0,8}")
"""A number, alone or with its name and unit: 96元, 不足0.1千克; no date."""
_SCIENCES = frozenset({"math", "physics", "chemistry", "science"})
"""Where a question left blank lacks a method and a first step; elsewhere what wasn't known is in the book."""
_WORKED_OUT = frozenset({"math", "physics"})
"""Where what stands in a blank is worked out, unless the key is in words without a figure."""
_WORDS = re.compile(r"[\u4e00-\u9fff]|[A-Za-z]{4}")


def kind_of(item: Item) -> QuestionType:
    """The type; a short answer whose key is a number is worked out, not worded."""
    number = item.question.type == "short_answer" and _NUMBER.fullmatch(item.answer.correct_answer or "")
    return "calculation" if number else item.question.type


def method_of(items: Sequence[Item], subject: str, words: Words) -> str:
    """For the questions that were tried; of several methods the two on whose questions most was lost."""
    tried: dict[str, list[Item]] = {}
    for item in items:
        if item.answer.verdict != "blank":
            tried.setdefault(_method(item, subject, words), []).append(item)
    if not tried:
        return words.method_blank if subject in _SCIENCES else words.method_blank_known
    if len(tried) == 1:
        return next(iter(tried))
    most = sorted(tried, key=lambda method: -sum(item.lost for item in tried[method]))[:_MOST_METHODS]
    each, between = words.method_of
    return between.join(
        each.format(cited=words.cite(item.label for item in tried[method]), method=method) for method in most
    )


def _method(item: Item, subject: str, words: Words) -> str:
    kind = kind_of(item)
    if kind == "fill_blank" and not _worked_out(item, subject):
        return words.method_known
    if kind in {"fill_blank", "calculation"} and subject != "math":
        return words.method_measured
    return words.method[kind]


def _worked_out(item: Item, subject: str) -> bool:
    key = item.answer.correct_answer or ""
    return subject in _WORKED_OUT and (re.search(r"\d", key) is not None or _WORDS.search(key) is None)
