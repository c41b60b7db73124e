"""An answer in the light of the paper's other answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from contracts.artefacts.paper import Question
from contracts.artefacts.reading import Reading
from services.analyzer.core.evidence import Found, is_written
from services.analyzer.core.marks import marks_of, read_marks
from services.analyzer.core.uncut import print_of

Path = tuple[str, ...]
_FEW, _MANY, _MOST = 2, 4, 0.6
_CLEAN = 0.98
"""Share of an empty place without ink."""
_CHOICES = ("single_choice", "multiple_choice")
_GAP = 2.2
"""Times a line's pitch between two characters from which a place may stand between them."""
_SETTLED = {"blank_spot": (*_CHOICES, "true_false"), "blank_empty": ("fill_blank",)}
"""Evidence of empty places, and the types of question that have such places."""


def like_others(questions: Sequence[Question], read: Mapping[Path, Found], reading: Reading) -> dict[Path, Found]:
    """Answers whose empty place is of the kind in which the student wrote the others: those are blank more surely.

    Not where the stem has another gap in it, whose place and writing may have been lost.
    """
    gaping = {q.path for q in questions if q.type == "fill_blank" and _has_gap(q, reading)}
    settled: dict[Path, Found] = {}
    for evidence, types in _SETTLED.items():
        able = [q.path for q in questions if q.type in types]
        written = [read[path] for path in able if is_written(read[path])]
        used = Counter(f.pieces[0].source if f.pieces else "none" for f in written)
        usual = {s for s, n in used.items() if n >= _MOST * used.total() and used.total() >= _FEW}
        settled |= {
            path: replace(read[path], evidence="blank_usual")
            for path in able
            if read[path].evidence == evidence
            and path not in gaping
            and read[path].raw >= _CLEAN
            and usual
            and {p.source for p in read[path].pieces} == usual
        }
    return settled


def _has_gap(question: Question, reading: Reading) -> bool:
    """Whether characters of one of the question's printed lines stand far apart."""
    for line in print_of(question, reading):
        signs = zip(line.xs, line.text, strict=False)
        apart = [b - a for a, b in pairwise(x for x, sign in signs if sign.strip())]
        if apart and max(apart) > _GAP * median(apart):
            return True
    return False


def elsewhere(questions: Sequence[Question], read: Mapping[Path, Found], reading: Reading) -> set[Path]:
    """Choices that look blank on a paper whose choices are answered where nothing was found.

    That is so when a teacher ticked one of them, or when most choices look blank although the student wrote elsewhere
    and no teacher marked them all as wrong.
    """
    choices = [q for q in questions if q.type in _CHOICES]
    blank = [q for q in choices if read[q.path].answer == ""]
    marks = [read_marks(marks_of(q, reading), q.max_score) for q in blank]
    ticked = any(m is not None and m.verdict == "correct" for m in marks)
    crossed = bool(marks) and all(m is not None and m.verdict == "wrong" for m in marks)
    wrote = any(is_written(f) for f in read.values())
    most = len(choices) >= _MANY and len(blank) > _MOST * len(choices)
    return {q.path for q in blank} if ticked or (most and wrote and not crossed) else set()
