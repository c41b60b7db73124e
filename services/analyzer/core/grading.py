"""Verdicts: an answer against the key, by the rules of its type."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from contracts.artefacts.analysis import Verdict
from contracts.artefacts.paper import QuestionType
from contracts.equality import Match, compare
from contracts.equality.canonical import letters
from contracts.equality.keys import has_answer
from contracts.equality.match import best
from contracts.equality.wording import edit_distance
from contracts.notation.ticks import truth_sign
from services.analyzer.core.keypoints import find, points_of
from services.analyzer.core.worked import conclusion, plain

PARTIAL_CHOICE = 0.5
"""Share of the points for a multiple choice that names some of the right letters and no wrong one."""
_SIMILAR = 0.75
"""Share of equal characters from which a wording is the key's with misreads."""


@dataclass(frozen=True)
class Grade:
    """A verdict with its share of the points, null when ungraded; `sure`: no teacher needs to look."""

    verdict: Verdict
    share: float | None
    sure: bool = True


UNGRADED = Grade("ungraded", None, sure=False)
BLANK = Grade("blank", 0.0)


def grade(answer: str | None, key: str | tuple[str, ...] | None, kind: QuestionType) -> Grade:
    """The verdict of `answer` under `key`, both as written; ungraded without either."""
    if answer is None or key is None or not (key if isinstance(key, str) else any(key)):
        return UNGRADED
    if not answer.replace("|", "").strip():
        return BLANK
    if not has_answer(_joined(key)):  # 略, 见解析: only its very words can be told to be right
        return Grade("correct", 1.0) if compare(answer, _joined(key)) is Match.SAME else UNGRADED
    if kind == "fill_blank":
        return _blanks(answer, key)
    rule = _RULES.get(kind)
    return rule(answer, _joined(key)) if rule else UNGRADED


def _joined(key: str | tuple[str, ...]) -> str:
    return key if isinstance(key, str) else "|".join(key)


def _letters(text: str) -> set[str]:
    return set(re.findall("[A-H]", text.upper()))


def _single(answer: str, key: str) -> Grade:
    wanted, given = _letters(key), _letters(answer)
    if not wanted:
        return _one(answer, key)
    if not given:
        return Grade("wrong", 0.0, sure=False)
    right = len(given) == 1 and given <= wanted if "/" in key else given == wanted
    return Grade("correct", 1.0) if right else Grade("wrong", 0.0)


def _multiple(answer: str, key: str) -> Grade:
    wanted, given = _letters(key), _letters(answer)
    if not wanted:
        return _one(answer, key)
    if given == wanted:
        return Grade("correct", 1.0)
    if given and given < wanted:
        return Grade("partial", PARTIAL_CHOICE)
    return Grade("wrong", 0.0)


def _judgement(answer: str, key: str) -> Grade:
    wanted, given = truth_sign(key), truth_sign(answer)
    if wanted is None or given is None:
        return _one(answer, key)
    return Grade("correct", 1.0) if wanted == given else Grade("wrong", 0.0)


def _one(answer: str, key: str) -> Grade:
    found = compare(answer, key)
    return Grade("correct" if found.right else "wrong", float(found.right), sure=found.sure)


def _blanks(answer: str, key: str | tuple[str, ...]) -> Grade:
    """Blank by blank; the share of the points is the share of right blanks."""
    wanted = tuple(key.split("|")) if isinstance(key, str) else key
    if isinstance(key, str) and not all(wanted):  # |x| is one blank's
        wanted = (key,)
    given = answer.split("|")
    if len(wanted) == 1:
        return _one("".join(given) if len(given) > 1 and not compare(answer, wanted[0]).right else answer, wanted[0])
    sure = len(given) == len(wanted)
    found = [compare(g, w) for g, w in zip([*given, *[""] * len(wanted)], wanted, strict=False)]
    right = sum(m.right for m in found)
    sure &= all(m.sure for m in found)
    verdict: Verdict = "correct" if right == len(wanted) else "partial" if right else "wrong"
    return Grade(verdict, right / len(wanted), sure=sure)


def _calculation(answer: str, key: str) -> Grade:
    return _worked(answer, conclusion(key))


def _short_answer(answer: str, key: str) -> Grade:
    by_words = _worked(answer, key)
    same = compare(plain(answer), plain(key)) is Match.SAME  # the very words of the key need no judgement
    return Grade(by_words.verdict, by_words.share, sure=same)


def _worked(answer: str, final_key: str) -> Grade:
    """By the conclusion, or by the whole wording where the key is words. The way is not judged: a teacher looks."""
    whole, final = plain(answer), conclusion(answer)
    wanted = plain(final_key)
    found = best([compare(whole, wanted), compare(final, wanted)])
    if found.right:
        return Grade("correct", 1.0, sure=found is Match.SAME)
    if _wordy(wanted):
        return _by_wording(whole, wanted)
    return Grade("wrong", 0.0, sure=False)


def _wordy(text: str) -> bool:
    return len(re.findall(r"[一-鿿]", text)) >= 8 or len(re.findall(r"[A-Za-z]{2,}", text)) >= 4


def _by_wording(answer: str, key: str) -> Grade:
    """By the key's points: all met is right, some are worth their share, none wrong; no verdict where one is unclear.

    Likeness is not meaning, so a teacher is always asked.
    """
    a, b = letters(answer), letters(key)
    foreign = set(re.findall(r"\d+", a)) - set(re.findall(r"\d+", b))
    found = [find(point, answer) for point in points_of(key)]
    met = found.count("met")
    if "turned" not in found and 1 - edit_distance(a, b) / max(len(a), len(b), 1) >= _SIMILAR:
        return Grade("wrong", 0.0, sure=False) if foreign else Grade("correct", 1.0, sure=False)
    if "unclear" in found:
        return UNGRADED
    if met == len(found):
        return UNGRADED if foreign else Grade("correct", 1.0, sure=False)
    return Grade("partial", met / len(found), sure=False) if met else Grade("wrong", 0.0, sure=False)


_RULES: dict[str, Callable[[str, str], Grade]] = {
    "single_choice": _single,
    "multiple_choice": _multiple,
    "true_false": _judgement,
    "calculation": _calculation,
    "short_answer": _short_answer,
}
