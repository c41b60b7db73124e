"""Compare a student's short answer with one key: the kinds of answers in turn, the most special first."""

import re
import unicodedata

from contracts.equality.british import words_of
from contracts.equality.canonical import MAX_LENGTH as LONGEST
from contracts.equality.canonical import canonical
from contracts.equality.chemistry import compare_chemistry
from contracts.equality.clock import compare_times
from contracts.equality.doubts import are_doubtful
from contracts.equality.groups import compare_groups, compare_ratios
from contracts.equality.keys import kept_of, read_key, within
from contracts.equality.match import Match, best, worst
from contracts.equality.phrase import phrase_of
from contracts.equality.quantities import compare_quantities, in_units
from contracts.equality.relations import compare_relations
from contracts.equality.scalars import compare_scalars
from contracts.equality.solutions import compare_solutions
from contracts.equality.spoken import in_signs, is_language
from contracts.equality.wording import HAN, compare_wording, is_english

MAX_LENGTH = 160
"""Longer texts are compared as wordings only."""
_BUDGET = 24
"""Pairs of pieces compared for one answer: more is no blank's answer, and is left to a teacher."""
_ALIKE_IN_BOTH_CASES = frozenset("ckopsuvwxyz")
_JOINING = re.compile(r"\b(?:or|and)\b", re.IGNORECASE)
_LABELS, _LETTERS, _CAPITALS = re.compile(r"[①-⑳]+"), re.compile(r"[A-H]+"), re.compile(r"[A-Z]+")


def compare(student: str, key: str) -> Match:
    """How `student` stands to `key`, any texts. A key may list accepted answers: "2或8" is both, "colour/color" either.

    Total: no text makes it fail, hang or execute anything.
    """
    student, key = kept_of(student), kept_of(key)
    if not canonical(student) or not canonical(key):
        return Match.DIFFERENT
    if max(len(student), len(key)) > LONGEST:
        return Match.SAME if student.split() == key.split() else Match.DOUBTFUL
    if are_doubtful(student, key):
        return Match.DOUBTFUL
    read = read_key(key)
    found = best(_Comparison(student, wanted).found() for wanted in read.accepted)
    if found is not Match.DIFFERENT:
        return found
    perhaps = any(_Comparison(student, meant).found().right for meant in read.perhaps)
    return Match.DOUBTFUL if read.open or perhaps or _one_of(student, key) else found


def _one_of(student: str, key: str) -> bool:
    """Whether the answer is one side of an English "or", which may part two answers, or belong to one (sooner or later)."""
    sides = re.split(r"\s+or\s+", key)
    return (
        len(sides) > 1
        and is_language(key)
        and in_signs(key) is None
        and words_of(student) in [words_of(side) for side in sides]
    )


class _Comparison:
    """One answer beside one accepted answer, with a budget of pairs of pieces."""

    def __init__(self, student: str, key: str) -> None:
        self.written = student, key
        self.known: dict[tuple[str, str], Match] = {}

    def found(self) -> Match:
        student, key = (canonical(t) for t in self.written)
        if not key or not student:
            return Match.DIFFERENT
        worded = compare_wording(*self.written)
        if worded.right:
            return worded if all(is_english(t) for t in self.written) else best([worded, self.told(student, key)])
        spoken = self.spoken()
        if spoken is not None:
            return best([worded, spoken])
        if all(is_english(t) for t in self.written):
            return best([worded, compare_solutions(student, key) or worded])  # no real roots, no solution
        return best([worded, self.told(student, key)])

    def spoken(self) -> Match | None:
        """Where English words stand for signs: by the signs; a key in words wants a teacher's eye on an answer in signs."""
        signs = [in_signs(t) for t in self.written]
        if not any(signs):
            return None
        student, key = (t if s is None else s.text for t, s in zip(self.written, signs, strict=True))
        if is_language(student) or is_language(key):
            return None  # language after all
        found = best([self.told(canonical(student), canonical(key)), compare_wording(student, key)])
        if signs[1] is not None and signs[1].spelled:
            found = worst([found, Match.EQUIVALENT])
        if all(is_english(t) for t in self.written) or any(_JOINING.search(t) for t in self.written):
            return found  # as letters, "-1 or" and "- or" would be one product
        return best([found, self.told(*(canonical(t) for t in self.written))])

    def told(self, student: str, key: str) -> Match:
        """Two canonical texts."""
        if student == key:
            return Match.SAME
        if max(len(student), len(key)) > MAX_LENGTH:
            return Match.DIFFERENT
        return self.whole(student, key)

    def whole(self, student: str, key: str) -> Match:
        labels = _labels(student, key) or compare_chemistry(student, key) or compare_times(student, key)
        if labels is not None:
            return labels
        student, key = _grouped_thousands(student, key)
        for compared in (
            compare_solutions(student, key),
            compare_groups(student, key, self.piece),
            compare_relations(student, key, self.piece),
            compare_ratios(student, key),
        ):
            if compared is not None:
                return compared
        return self.single(student, key)

    def piece(self, student: str, key: str) -> Match:
        """A part of an answer beside a part of the key."""
        if student == key:
            return Match.SAME
        if (student, key) not in self.known:
            if len(self.known) >= _BUDGET:
                return Match.DOUBTFUL
            self.known[student, key] = Match.DIFFERENT  # until it is known: no pair contains itself
            self.known[student, key] = self._piece(student, key)
        return self.known[student, key]

    def _piece(self, student: str, key: str) -> Match:
        if HAN.search(key):
            worded = compare_wording(student, key)
            if worded.right:
                return worded
        return self.whole(student, key)

    def single(self, student: str, key: str) -> Match:
        """Two values: expressions, quantities, ranges, and what flat writing may have lost."""
        a, b = phrase_of(student), phrase_of(key)
        scalars = compare_scalars(a, b)
        quantities = compare_quantities(a, b) or Match.DIFFERENT
        if scalars is not None and scalars.right:  # 47m² and 47mm are the same letters, and other units
            return scalars if quantities.right or not in_units(a, b) else Match.DOUBTFUL
        if quantities.right:
            return quantities
        if within(student, key):
            return Match.EQUIVALENT
        return _flattened(student, key)


def _labels(student: str, key: str) -> Match | None:
    """①③④, or A、C: a set where the key is in order, else a sequence."""
    a, b = re.sub("[,、;和]", "", student), re.sub("[,、;和]", "", key)
    numbered, lettered = _LABELS.fullmatch(b), _LETTERS.fullmatch(a) and _LETTERS.fullmatch(b)
    if _CAPITALS.fullmatch(student) and _CAPITALS.fullmatch(key):
        return _order(student, key)
    if not numbered and not lettered:
        return None
    if numbered and a.isdecimal():  # circles are easily lost
        return Match.NEAR if unicodedata.normalize("NFKC", b) == a else Match.DIFFERENT
    rising = list(b) == sorted(set(b))
    return Match.SAME if a == b or (rising and sorted(a) == sorted(b)) else Match.DIFFERENT


def _order(student: str, key: str) -> Match | None:
    """BDAC is an order of events, and DBAC another; NDA is no DNA. ABD are a choice's letters, and two name a segment."""
    told = len(key) > 2 and student not in (key, key[::-1]) and sorted(student) == sorted(key)
    return Match.DOUBTFUL if told and not (_LETTERS.fullmatch(key) and list(key) == sorted(set(key))) else None


def _grouped_thousands(student: str, key: str) -> tuple[str, str]:
    """1,200 as 1200 where the other side has no comma."""
    pattern = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?\D{0,6}")
    if "," not in key and pattern.fullmatch(student):
        return student.replace(",", ""), key
    if "," not in student and pattern.fullmatch(key):
        return student, key.replace(",", "")
    return student, key


def _flattened(student: str, key: str) -> Match:
    """What hurried writing or its reading loses: a raised exponent, the gap of a mixed number, the case of a letter."""
    lost = re.sub(r"\^\(?(-?\w)\)?", r"\1", key)
    if lost != key and student in (lost, re.sub(r"\^(?=\w)", "", key)) and not re.search(r"\d\^", key):
        return Match.NEAR
    if re.search(r"\*10\^\(?\d", key) and student == re.sub(r"(?<=\*10)\^\(?(-?\d+)\)?", r"\1", key):
        return Match.NEAR
    if "&" in key and student == key.replace("&", ""):
        return Match.NEAR
    if student.lower() == key.lower():
        return _other_case(student, key)
    if re.fullmatch(r"∠[A-Z]{3}", key) and student == "∠" + key[:0:-1]:
        return Match.SAME
    return Match.DIFFERENT


def _other_case(student: str, key: str) -> Match:
    """The same letters in another case: a choice, letters that look alike in both, or another meaning: mW is not MW."""
    if re.fullmatch("[A-HT]", key):
        return Match.SAME
    changed = {a.lower() for a, b in zip(student, key, strict=False) if a != b}
    return Match.NEAR if changed <= _ALIKE_IN_BOTH_CASES else Match.DOUBTFUL
