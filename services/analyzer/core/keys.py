"""Which entry of the answer key belongs to which question."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from contracts.artefacts.paper import Question
from contracts.artefacts.submission import AnswerKey, KeyItem

Path = tuple[str, ...]


def number_of(text: str) -> str:
    """A question number in one spelling: "第12题" → "12", "17（2）" → "17(2)", "一.3" → "3"."""
    text = re.sub(r"[第题小\s]", "", unicodedata.normalize("NFKC", text)).rstrip(".,、")
    return re.split(r"[.\-/、]", text)[-1] or text


def match_key(questions: Sequence[Question], key: AnswerKey | None) -> dict[Path, KeyItem]:
    """Key entries by question path: by path first, then by number in order of appearance, then by the parent's list.

    Where numbers start over in each section and a question was not found, the order of all of them tells which it was.
    """
    if key is None:
        return {}
    matched: dict[Path, KeyItem] = {}
    items = list(key.questions)
    by_path = {tuple(number_of(x) for x in i.path): i for i in items if i.path}
    for question in questions:
        found = by_path.get(tuple(number_of(x) for x in question.path))
        if found is not None:
            matched[question.path] = found
    used = {id(i) for i in matched.values()}
    rest: dict[str, list[KeyItem]] = {}
    for item in items:
        if id(item) not in used:
            rest.setdefault(number_of(item.number), []).append(item)
    open_ = [q for q in questions if q.path not in matched]
    asked = Counter(number_of(q.number) for q in open_)
    if any(0 < asked[number] < len(waiting) for number, waiting in rest.items()):
        left = [item for item in items if id(item) not in used]
        for question, item in _in_step(open_, left):
            matched[question.path] = item
            rest[number_of(item.number)].remove(item)
    for question in open_:
        waiting = rest.get(number_of(question.number))
        if question.path not in matched and waiting:
            matched[question.path] = waiting.pop(0)
    _inherit(questions, matched)
    return matched


def _in_step(questions: Sequence[Question], items: Sequence[KeyItem]) -> Iterator[tuple[Question, KeyItem]]:
    """The most questions and entries of one number that both stand in the same order."""
    asked, keyed = ([number_of(each.number) for each in some] for some in (questions, items))
    longest = [[0] * (len(keyed) + 1) for _ in range(len(asked) + 1)]
    for i in range(len(asked) - 1, -1, -1):
        for j in range(len(keyed) - 1, -1, -1):
            same = longest[i + 1][j + 1] + 1 if asked[i] == keyed[j] else 0
            longest[i][j] = max(same, longest[i + 1][j], longest[i][j + 1])
    i = j = 0
    while i < len(asked) and j < len(keyed):
        if asked[i] == keyed[j] and longest[i][j] == longest[i + 1][j + 1] + 1:
            yield questions[i], items[j]
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1


def _inherit(questions: Sequence[Question], matched: dict[Path, KeyItem]) -> None:
    """A list at the parent answers its sub-questions in order, and shares its points evenly."""
    children: dict[Path, list[Question]] = {}
    for question in questions:
        children.setdefault(question.path[:-1], []).append(question)
    for question in questions:
        item, parts = matched.get(question.path), children.get(question.path, [])
        if item is None or not parts or not isinstance(item.answer, tuple):
            continue
        share = item.max_score / len(item.answer) if item.max_score is not None and item.answer else None
        for i, child in enumerate(parts):
            if child.path not in matched and i < len(item.answer):
                matched[child.path] = KeyItem(number=child.number, answer=item.answer[i], max_score=share)


def phrases_of(key: AnswerKey | None) -> tuple[str, ...]:
    """Everything the key has for a blank, of any question."""
    answers = [item.answer for item in (key.questions if key is not None else ()) if item.answer is not None]
    return tuple(phrase for answer in answers for phrase in ((answer,) if isinstance(answer, str) else answer))


def key_text(item: KeyItem | None) -> str | None:
    """The key's answer as the result document shows it: blanks joined by `|`."""
    if item is None or item.answer is None:
        return None
    return item.answer if isinstance(item.answer, str) else "|".join(item.answer)
