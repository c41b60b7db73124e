"""Simple causes of a wrong answer that the answer itself shows, without a model."""

import re

from services.diagnostic.core.evidence import Item

_CHOICES = frozenset("ABCDEFGH")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:/\d+)?")


def cause_of(item: Item) -> str | None:
    """What went wrong, as a short Chinese clause; null when the answer doesn't show it."""
    answer, key = item.answer.student_answer, item.answer.correct_answer
    if item.answer.error_cause:
        return item.answer.error_cause
    if item.answer.verdict not in {"wrong", "partial"} or not answer or not key:
        return None
    if item.question.type == "multiple_choice":
        return _choice_cause(set(answer) & _CHOICES, set(key) & _CHOICES)
    return _number_cause(_plain(answer), _plain(key))


def _choice_cause(chosen: set[str], right: set[str]) -> str | None:
    if not chosen or not right or chosen == right:
        return None
    if chosen < right:
        return "漏选"
    return "多选" if chosen > right else None


def _number_cause(answer: str, key: str) -> str | None:
    if key.startswith("±") and answer == key[1:]:
        return "漏掉一个解"
    if not (_NUMBER.fullmatch(answer) and _NUMBER.fullmatch(key)):
        return None
    if answer.lstrip("+-") == key.lstrip("+-") and answer != key:
        return "符号出错"
    digits = [number.lstrip("+-").replace(".", "").strip("0") for number in (answer, key)]
    if digits[0] == digits[1] and digits[0] and "/" not in answer + key:
        return "小数点位置出错"
    return None


def _plain(text: str) -> str:
    """An answer with signs of one form, without spaces and without a leading `x=`."""
    text = "".join(text.split()).replace("－", "-").replace("−", "-").replace("＋", "+").replace("＝", "=")
    return re.sub(r"^[a-zA-Z]=", "", text)
