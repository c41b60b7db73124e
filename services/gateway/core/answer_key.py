"""Reading an answer key from JSON, with errors that name the place."""

import json
import re
from typing import Any, get_args

from contracts.artefacts.paper import QuestionType
from contracts.artefacts.submission import AnswerKey, KeyItem, RubricItem
from services.gateway.core.numerals import numeral

MAX_QUESTIONS = 1000
MAX_ANSWER = 20_000
MAX_LIST = 200
MAX_CRITERIA = 40
MAX_CRITERION = 500
_TYPES = frozenset(get_args(QuestionType))
_NUMBER = KeyItem.model_fields["number"].metadata[0].max_length
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What no text of a paper has. A NUL can't even be kept in the database, where numbers stand in the review queue."""


class KeyErrors(Exception):
    """What is wrong with the key: (JSON pointer, what is wrong and what to write) pairs."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("answer key")
        self.errors = errors


def parse_answer_key(text: str) -> AnswerKey:
    """The key of `{"questions": [{"number", "path"?, "type"?, "answer"?, "max_score"?, "facility"?, "rubric"?}]}`.

    A rubric is `[{"criterion", "points"}]`, whose points add up to `max_score`.

    Tolerates what clients write: numbers as numbers, answers as numbers or booleans. Raises KeyErrors.
    """
    document = _load(text)
    questions = document.get("questions") if isinstance(document, dict) else None
    if not isinstance(questions, list):
        raise KeyErrors([("", 'must be an object with a list "questions"')])
    if len(questions) > MAX_QUESTIONS:
        raise KeyErrors([("/questions", f"has {len(questions)} entries; at most {MAX_QUESTIONS} are taken")])
    errors: list[tuple[str, str]] = []
    items = [_item(entry, f"/questions/{i}", errors) for i, entry in enumerate(questions)]
    if errors:
        raise KeyErrors(errors[:20])
    return AnswerKey(questions=tuple(item for item in items if item is not None))


def _load(text: str) -> Any:
    def refuse(name: str) -> None:
        raise ValueError(f"{name} is not JSON")

    try:
        document = json.loads(text, parse_constant=refuse)
        text.encode()
        json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise KeyErrors([("", f"is not JSON: {error.msg} at character {error.pos}")]) from error
    except RecursionError as error:
        raise KeyErrors([("", "is nested too deeply")]) from error
    except ValueError as error:  # NaN, Infinity, lone surrogates, absurdly long integers
        raise KeyErrors([("", "contains a number or character that JSON text can't hold")]) from error
    return document


def _item(entry: Any, at: str, errors: list[tuple[str, str]]) -> KeyItem | None:
    if not isinstance(entry, dict):
        errors.append((at, 'must be an object with "number"'))
        return None
    before = len(errors)
    number = _number(entry.get("number"), f"{at}/number", errors)
    path = _path(entry.get("path"), f"{at}/path", errors)
    kind = entry.get("type")
    if kind is not None and (not isinstance(kind, str) or kind not in _TYPES):
        errors.append((f"{at}/type", f"must be one of {', '.join(sorted(_TYPES))}"))
    answer = _answer(entry.get("answer"), f"{at}/answer", errors)
    score = _score(entry.get("max_score"), f"{at}/max_score", errors)
    facility = _facility(entry.get("facility"), f"{at}/facility", errors)
    rubric = _rubric(entry.get("rubric"), score, f"{at}/rubric", errors)
    if len(errors) > before:
        return None
    return KeyItem(
        number=number, path=path, type=kind, answer=answer, max_score=score, facility=facility, rubric=rubric
    )


def _number(value: Any, at: str, errors: list[tuple[str, str]]) -> str:
    text = _text(value)
    if text is None or not text.strip() or len(text.strip()) > _NUMBER:
        errors.append(
            (at, f'must be the question\'s number as text, such as "17(1)", up to {_NUMBER} printable characters')
        )
        return ""
    return text.strip()


def _path(value: Any, at: str, errors: list[tuple[str, str]]) -> tuple[str, ...] | None:
    if value is None:
        return None
    parts = [_text(v) for v in value] if isinstance(value, list) and len(value) <= MAX_LIST else [None]
    if any(part is None or len(part) > _NUMBER for part in parts):
        errors.append((at, 'must be a list of texts, such as ["三", "17", "(1)"]'))
        return None
    return tuple(part for part in parts if part is not None)


def _answer(value: Any, at: str, errors: list[tuple[str, str]]) -> str | tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        text = _text(value)
        if text is None or len(text) > MAX_ANSWER:
            errors.append(
                (at, f"must be a text of up to {MAX_ANSWER} characters without control characters, or a list of them")
            )
        return text
    parts = ["" if v is None else _text(v) for v in value]
    if len(parts) > MAX_LIST or any(part is None or len(part) > MAX_ANSWER for part in parts):
        errors.append(
            (
                at,
                f"must be a list of up to {MAX_LIST} texts of up to {MAX_ANSWER} characters without control characters",
            )
        )
        return None
    return tuple(part for part in parts if part is not None)


def _score(value: Any, at: str, errors: list[tuple[str, str]]) -> float | None:
    if value is None:
        return None
    try:
        score = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else -1.0
    except (ValueError, OverflowError):
        score = -1.0
    if not 0 <= score <= 10_000:
        errors.append((at, "must be a number of points from 0 to 10000"))
        return None
    return score


def _facility(value: Any, at: str, errors: list[tuple[str, str]]) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        errors.append((at, "must be the share of the points that is usually earned, from 0 to 1"))
        return None
    return float(value)


def _rubric(value: Any, total: float | None, at: str, errors: list[tuple[str, str]]) -> tuple[RubricItem, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_CRITERIA:
        errors.append((at, f'must be a list of 1 to {MAX_CRITERIA} objects with "criterion" and "points"'))
        return ()
    before = len(errors)
    items = [_criterion(entry, f"{at}/{i}", errors) for i, entry in enumerate(value)]
    known = [item for item in items if item is not None]
    if len(errors) == before and total is not None and abs(sum(item.points for item in known) - total) > 1e-6:
        errors.append((at, f"its points add up to {sum(i.points for i in known):g}, but max_score is {total:g}"))
    return tuple(known)


def _criterion(entry: Any, at: str, errors: list[tuple[str, str]]) -> RubricItem | None:
    if not isinstance(entry, dict):
        errors.append((at, 'must be an object with "criterion" and "points"'))
        return None
    before, text = len(errors), entry.get("criterion")
    points = _score(entry.get("points"), f"{at}/points", errors)
    if not isinstance(text, str) or not 0 < len(text.strip()) <= MAX_CRITERION or _CONTROL.search(text):
        said = f"must say in up to {MAX_CRITERION} printable characters what earns the points"
        errors.append((f"{at}/criterion", said))
    elif len(errors) == before and not points:
        errors.append((f"{at}/points", "must be a number of points above 0"))
    elif points:
        return RubricItem(criterion=text.strip(), points=points)
    return None


def _text(value: Any) -> str | None:
    """None: it is no text, or none that could stand on a paper."""
    if isinstance(value, bool):
        return "√" if value else "×"
    if isinstance(value, int | float):
        return numeral(value)
    return value if isinstance(value, str) and not _CONTROL.search(value) else None
