"""Which question of a result is meant."""

import unicodedata
from collections.abc import Sequence

from contracts.result import ResultQuestion
from services.gateway.core.problems import Code, Problem


def named(questions: Sequence[ResultQuestion], name: str) -> ResultQuestion:
    """The question of this number, or of this path joined with dots; Problem(QUESTION_NOT_FOUND) for none or several."""
    wanted = _plain(name)
    same = {q.path: q for q in reversed(questions) if _plain(q.number) == wanted}
    if len(same) != 1:
        by_path = [q for q in questions if _plain(name_of(q)) == wanted]
        if by_path:
            return by_path[0]
    if not same:
        raise Problem(Code.QUESTION_NOT_FOUND)
    if len(same) > 1:
        names = [".".join(path) for path in reversed(same)]
        detail = f"{len(names)} questions have this number: name it by its path, one of {', '.join(names[:10])}."
        raise Problem(Code.QUESTION_NOT_FOUND, detail)
    return next(iter(same.values()))


def name_of(question: ResultQuestion) -> str:
    """Its path, joined with dots: a name that is its own even where sections number from 1 again."""
    return ".".join(question.path)


def has_parts(question: ResultQuestion, questions: Sequence[ResultQuestion]) -> bool:
    """Whether sub-questions are entries of their own."""
    depth = len(question.path)
    return any(len(q.path) > depth and q.path[:depth] == question.path for q in questions)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(" ", "")
