"""The answer key as an anchor: numbers, paths, types and scores that the school gave."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from contracts.artefacts import AnswerKey, KeyItem, Question

_PART = re.compile(r"^(?P<top>.*?)[(（](?P<part>[^()（）]{1,4})[)）]$")


@dataclass
class Key:
    """An answer key, looked up by number and section; each item matches once."""

    items: tuple[KeyItem, ...]
    counts: Counter[int] = field(default_factory=Counter)
    _used: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, key: AnswerKey | None, sections: Sequence[str] = ()) -> "Key":
        """The key of a submission; an empty one without. `sections`: those of the paper, in order."""
        items = _located(key.questions if key else (), sections)
        counts = Counter(int(n) for item in items if (n := top_number(item.number)).isdecimal())
        return cls(items, counts)

    def match(self, number: str, section: str | None) -> KeyItem | None:
        """The next unused item of this number, of the section if the key names sections."""
        able = [i for i, item in enumerate(self.items) if top_number(item.number) == number and i not in self._used]
        able = [i for i in able if not _PART.match(_flat(self.items[i].number))] or []
        exact = [i for i in able if section is not None and section in (self.items[i].path or ())[:1]]
        chosen = next(iter(exact or able), None)
        if chosen is None:
            return None
        self._used.add(chosen)
        return self.items[chosen]

    def part(self, number: str, part: str) -> KeyItem | None:
        """The item of a sub-question such as 17(1), when the key lists them by themselves."""
        want = _flat(f"{number}({part})")
        return next((item for item in self.items if _flat(item.number) == want), None)

    def unmatched(self, found: Sequence[Question]) -> list[KeyItem]:
        """The key's items for questions that weren't found, in its order."""
        known = {q.path for q in found} | {(q.number,) for q in found if len(q.path) == 1}
        numbers = {q.number for q in found}
        return [
            item
            for i, item in enumerate(self.items)
            if i not in self._used
            and (item.path or (item.number,)) not in known
            and (item.path is not None or item.number not in numbers)
        ]


def _located(items: Sequence[KeyItem], sections: Sequence[str]) -> tuple[KeyItem, ...]:
    """Items whose numbers start over once in each section are of that section: a lost question isn't another's double."""
    runs: list[list[KeyItem]] = []
    for item in items:
        if not runs or item.number in {each.number for each in runs[-1]}:
            runs.append([])
        runs[-1].append(item)
    alone = all(item.path is None and item.number.isdecimal() for item in items)
    if not alone or len(runs) < 2 or len(runs) != len(sections) or len(set(sections)) < len(sections):
        return tuple(items)
    return tuple(
        item.model_copy(update={"path": (section, item.number)})
        for section, run in zip(sections, runs, strict=True)
        for item in run
    )


def top_number(number: str) -> str:
    """The top-level number: "17(1)" -> "17", "第3题" -> "3"."""
    return part_of(number)[0]


def part_of(number: str) -> tuple[str, str]:
    """The top-level number and that of the part, empty for a whole question: "17(1)" -> "17", "1"."""
    text = re.sub(r"[第题\s]", "", _flat(number)).rstrip(".,、")
    match = _PART.match(text)
    return (match["top"], match["part"]) if match and match["top"] else (text, "")


def _flat(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()
