"""A teacher's red marks: what they say of one question, and of the whole paper."""

import re
from dataclasses import dataclass

from contracts.artefacts.analysis import Verdict
from contracts.artefacts.paper import Question
from contracts.artefacts.reading import Mark, Reading

_NUMBER = re.compile(r"^[-−–]?\d{1,3}(?:\.5|\.0)?$")


@dataclass(frozen=True)
class Marked:
    """What red ink says. `lost`: points taken off as written ("-2"); `given`: points written without a sign."""

    verdict: Verdict | None
    lost: float | None = None
    given: float | None = None
    confidence: float = 0.0
    mixed: bool = False

    def score(self, maximum: float | None) -> float | None:
        """Points of `maximum`; null where the marks do not determine them."""
        if maximum is None:
            return None
        if self.lost is not None and self.lost <= maximum:
            return maximum - self.lost
        if self.verdict == "correct":
            return maximum
        if self.verdict == "wrong":
            return 0.0
        return self.given if self.given is not None and self.given <= maximum else None


def marks_of(question: Question, reading: Reading) -> list[Mark]:
    """The question's red marks."""
    pages = {p.page: p for p in reading.pages}
    found = []
    for number, index in question.marks:
        page = pages.get(number)
        if page is not None and index < len(page.marks):
            found.append(page.marks[index])
    return found


def read_marks(marks: list[Mark], maximum: float | None, *, worked: bool = False) -> Marked | None:
    """The verdict of a question's marks; None when there is none that judges.

    A number alone judges only a `worked` answer: beside others it is more likely of a table of scores.
    """
    kinds = [m for m in marks if m.kind in ("tick", "half_tick", "cross")]
    numbers = [(m, value) for m in marks if m.kind == "score" and (value := mark_value(m.text)) is not None]
    if not kinds and (not numbers or not (worked or any(v < 0 for _, v in numbers))):
        return None
    taken = any(m.kind != "tick" for m in kinds)  # a number beside a cross is a loss, its minus often too faint to read
    lost = next((abs(v) for _, v in numbers if v < 0 or taken), None)
    given = next((v for _, v in numbers if v >= 0 and not taken), None)
    confidence = min([m.confidence for m in kinds] + [m.confidence for m, _ in numbers])
    names = {m.kind for m in kinds}
    mixed = "cross" in names and len(names) > 1
    verdict: Verdict | None
    if maximum is not None and lost is not None and lost >= maximum:
        verdict = "wrong"
    elif "half_tick" in names or mixed or (lost is not None and maximum is not None and lost < maximum):
        verdict = "partial"
    elif "cross" in names:
        verdict = "wrong"
    elif "tick" in names:
        verdict = "correct" if lost is None else "partial"
    elif given is not None and maximum is not None and worked and given <= maximum:
        verdict = "correct" if given == maximum else "wrong" if given == 0 else "partial"
    else:
        verdict = None
    return Marked(verdict, lost, given, confidence, mixed)


def mark_value(text: str) -> float | None:
    """The number of a score mark; None when it is none."""
    bare = (
        text.replace(" ", "").replace("分", "").replace("−", "-").replace("–", "-").replace("一", "-").replace("+", "")
    )
    return float(bare) if _NUMBER.match(bare) else None


def marked_total(reading: Reading, questions: tuple[Question, ...]) -> float | None:
    """The total written at the head of the first page: the largest number above the first question, of no question."""
    if not reading.pages:
        return None
    page = reading.pages[0]
    owned = {i for q in questions for number, i in q.marks if number == page.page}
    tops = [r.box[1] for q in questions for r in q.regions if r.page == page.page]
    limit = min(tops, default=page.height * 0.25)
    values = [
        value
        for i, m in enumerate(page.marks)
        if i not in owned and m.kind == "score" and m.box[1] < limit
        and (value := mark_value(m.text)) is not None and value >= 0
    ]  # fmt: skip
    return max(values, default=None)
