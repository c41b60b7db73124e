"""What was written and what was right, for one question."""

from collections.abc import Mapping

from contracts.notation.parts import blanks_of
from contracts.notation.ticks import truth_sign
from services.diagnostic.core.evidence import Item
from services.diagnostic.core.methods import kind_of
from services.diagnostic.core.wording import Words, points

_SHORT = 24
_WORKED = {"calculation", "essay", "short_answer"}


def detail_of(item: Item, why: Mapping[tuple[str, ...], str], words: Words) -> str:
    """A clause; with the cause, where one is known."""
    cited, answer = words.cite([item.label]), item.answer
    cause = words.why.format(why=why[item.question.path]) if item.question.path in why else ""
    if answer.verdict == "blank" or answer.student_answer == "":
        return words.left_blank.format(cited=cited)
    compared = "" if item.question.type in _WORKED or not answer.student_answer else _compared(item, words)
    return (compared or _earned(item, words)) + cause


def _earned(item: Item, words: Words) -> str:
    """The points, and a short result."""
    cited, answer = words.cite([item.label]), item.answer
    known = answer.score is not None and bool(answer.max_score)
    said = (
        words.earned.format(cited=cited, earned=points(answer.score or 0.0), full=points(answer.max_score or 0.0))
        if known
        else words.lost.format(cited=cited)
    )
    result = answer.correct_answer if kind_of(item) == "calculation" else None
    short = result and len(result) <= _SHORT
    return said + (words.result.format(quote=words.quote(result or "")) if short else "")


def _compared(item: Item, words: Words) -> str:
    """The answer beside its key, of several blanks only those that differ; nothing where cutting leaves both alike."""
    cited, written, right = words.cite([item.label]), item.answer.student_answer or "", item.answer.correct_answer
    if item.question.type == "true_false":
        written, right = truth_sign(written) or written, truth_sign(right or "") or right
    if not right:
        return words.wrote.format(cited=cited, quote=words.quote(written))
    places = _different(written, right)
    if places:
        cited += words.blanks_at[len(places) > 1].format(places=words.comma_short.join(str(at + 1) for at in places))
        written, right = ("|".join(blanks_of(text)[at] for at in places) for text in (written, right))
    quotes = words.quote(written), words.quote(right)
    if quotes[0] == quotes[1]:
        return ""
    said = words.wrote if written.strip(" |") else words.left_blank
    return said.format(cited=cited, quote=quotes[0]) + words.key.format(quote=quotes[1])


def _different(written: str, right: str) -> list[int]:
    """Which of several blanks do not hold what the key has; none where all or none differ."""
    given, wanted = blanks_of(written), blanks_of(right)
    if len(given) != len(wanted):
        return []
    places = [at for at, (a, b) in enumerate(zip(given, wanted, strict=True)) if a.split() != b.split()]
    return places if len(places) < len(wanted) else []
