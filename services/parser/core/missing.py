"""Questions that must be on the paper but weren't found on its pages: they are told of, never left out.

The answer key lists them, or the numbers before and after them were found.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from contracts.artefacts import KeyItem, Question
from services.parser.core.key import Key, part_of, top_number

_GAP = 3
"""Numbers in a row that may be lost: where more lack, the paper leaves them out, as homework from a book does."""
_FEW = 0.2
"""Share of the questions found that may lack, for the same reason."""


def with_keyed(found: Sequence[Question], key: Key, *, on_pages: bool) -> list[Question]:
    """The questions with the key's others, each behind what stands before it in the key. `on_pages`: not of a text."""
    out = list(found)
    lost = {id(item) for item in key.unmatched(found)}
    at = 0
    for item in key.items:
        at = next((i + 1 for i in range(len(out) - 1, -1, -1) if _stands_for(out[i], item)), at)
        if id(item) in lost:
            out.insert(at, _of_key(item, out, on_pages=on_pages))
            at += 1
    return out


def _stands_for(question: Question, item: KeyItem) -> bool:
    """Whether a question is an item's, or a part of it."""
    inside = not item.path or question.path[: len(item.path)] == item.path
    return inside and top_number(question.number) == top_number(item.number)


def _of_key(item: KeyItem, others: Sequence[Question], *, on_pages: bool) -> Question:
    top, part = part_of(item.number)
    section = (item.path or ())[:1] if len(item.path or ()) > 1 else ()
    begun = any(top_number(q.number) == top and q.path[: len(section)] == section and not q.missing for q in others)
    path = item.path or ((top, f"({part})") if part and not begun else (item.number,))
    kind = item.type or "short_answer"
    return Question(number=item.number, path=path, type=kind, max_score=item.max_score, missing=on_pages and not begun)


def with_counted(found: Sequence[Question]) -> list[Question]:
    """The questions with those whose number lacks between two others, where only few do."""
    tops = [q for q in found if "(" not in q.number and q.number.isdecimal()]
    gaps = {after.path: list(_between(before, after)) for before, after in pairwise(tops)}
    if sum(map(len, gaps.values())) > max(1, _FEW * len(tops)):
        return list(found)
    return [q for question in found for q in (*gaps.get(question.path, ()), question)]


def _between(before: Question, after: Question) -> Iterator[Question]:
    first, last = int(before.number) + 1, int(after.number)
    if not 0 < last - first <= _GAP:
        return
    section = before.path[:-1]
    alike = section == after.path[:-1] and before.type == after.type
    for number in range(first, last):
        yield Question(
            number=str(number),
            path=(*section, str(number)),
            type=before.type if alike else "short_answer",
            max_score=before.max_score if alike and before.max_score == after.max_score else None,
            missing=True,
        )
