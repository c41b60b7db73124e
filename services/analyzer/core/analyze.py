"""The analyzer: the student's answer to every question, its verdict and score."""

from collections.abc import Sequence
from dataclasses import replace

from contracts.artefacts.analysis import Analysis, Answer
from contracts.artefacts.paper import Paper, Question, QuestionType
from contracts.artefacts.reading import Reading
from contracts.artefacts.submission import KeyItem, SubjectRules, Submission
from services.analyzer.core.accepted import grade_under
from services.analyzer.core.choices import lettered, read_choice, read_judgement
from services.analyzer.core.confidence import CONFIRMED_ABOVE, REVIEW_BELOW, calibrated
from services.analyzer.core.evidence import Found, is_mended, is_written
from services.analyzer.core.fills import read_blanks
from services.analyzer.core.grading import UNGRADED, Grade, grade
from services.analyzer.core.keyed import has_digits_of, is_keyed, likelier, ranked
from services.analyzer.core.keys import key_text, match_key, phrases_of
from services.analyzer.core.marks import Marked, marked_total, marks_of, read_marks
from services.analyzer.core.others import elsewhere, like_others
from services.analyzer.core.strips import straightened
from services.analyzer.core.totals import composite, totals
from services.analyzer.core.typography import named_alike, spelled
from services.analyzer.core.words import Words
from services.analyzer.core.worked import read_written, sub_answers

Path = tuple[str, ...]
_TYPED = "typed"
_TICKED = "ticked"
"""Evidence of a choice that a teacher ticked: it says what was answered, so the teacher judged it, not the key."""
_LETTERS = ("letter", "ringed")
"""Evidence of a choice whose letter stands in its own place."""
_LIKELY = 0.5
"""Confidence from which such a letter is likelier than any other, or none."""
_CLEAR_TICK = 0.8
"""Confidence of a teacher's tick from which it is believed to be one, and this question's."""
_CHOICES: frozenset[str] = frozenset({"single_choice", "multiple_choice"})
_TICKABLE = _CHOICES | {"true_false"}
"""Types whose answer is one of few, so that a tick alone tells which."""
_WORKED: frozenset[str] = frozenset({"calculation", "short_answer", "essay"})


def analyze(submission: Submission, reading: Reading, paper: Paper, words: Words = frozenset()) -> Analysis:
    """The answers of all questions of `paper`, in its order, with the paper's totals. `words`: of English."""
    keys = match_key(paper.questions, submission.answer_key)
    children = children_of(paper)
    leaves = [q for q in paper.questions if not children.get(q.path)]
    found = settled_answers(submission, reading, paper, words)
    answers: dict[Path, Answer] = {}
    for question in leaves:
        item = keys.get(question.path)
        answers[question.path] = _answer(question, reading, item, found[question.path], submission.rules)
    for question in reversed(paper.questions):  # the deepest parents first
        parts = children.get(question.path, [])
        if parts:
            marked = read_marks(marks_of(question, reading), _maximum(question, keys.get(question.path)), worked=True)
            maximum, key = _maximum(question, keys.get(question.path)), key_text(keys.get(question.path))
            answers[question.path] = composite(question, [answers[p.path] for p in parts], maximum, key, marked)
    ordered = tuple(answers[q.path] for q in paper.questions)
    return totals(ordered, marked_total(reading, paper.questions))


def children_of(paper: Paper) -> dict[Path, list[Question]]:
    """Sub-questions by their parent's path."""
    children: dict[Path, list[Question]] = {}
    for question in paper.questions:
        children.setdefault(question.path[:-1], []).append(question)
    return children


def settled_answers(
    submission: Submission, reading: Reading, paper: Paper, words: Words = frozenset()
) -> dict[Path, Found]:
    """What every question without sub-questions is answered with, in the light of the other answers and the key."""
    keys, children = match_key(paper.questions, submission.answer_key), children_of(paper)
    leaves = [q for q in paper.questions if not children.get(q.path)]
    read = read_answers(submission, reading, paper, words)
    read |= like_others(leaves, read, reading)
    unread = Found(None, "unread", 0.0, doubt=True)
    read |= dict.fromkeys(elsewhere(leaves, read, reading), unread)
    phrases = phrases_of(submission.answer_key)
    return {q.path: _in_light_of(q, keys.get(q.path), read[q.path], reading, phrases) for q in leaves}


def _in_light_of(
    question: Question, item: KeyItem | None, found: Found, reading: Reading, phrases: Sequence[str]
) -> Found:
    kind = _kind(question, item)
    if kind == "single_choice":
        marked = read_marks(marks_of(question, reading), None)
        crossed = marked is not None and marked.verdict == "wrong"
        return found if crossed else likelier(found, item)
    if kind in _TICKABLE:
        return found
    found = ranked(found, item) if kind == "fill_blank" or found.evidence.startswith("sub") else found
    return replace(found, answer=named_alike(spelled(found.answer, key_text(item)), phrases))


def read_answers(
    submission: Submission, reading: Reading, paper: Paper, words: Words = frozenset()
) -> dict[Path, Found]:
    """What the student wrote, for every question without sub-questions, before any grading."""
    keys = match_key(paper.questions, submission.answer_key)
    children = children_of(paper)
    read: dict[Path, Found] = {}
    if submission.essay is not None:
        typed = Found(submission.essay.content, _TYPED, 1.0)
        return {q.path: typed for q in paper.questions if not children.get(q.path)}
    for question in paper.questions:
        parts = children.get(question.path, [])
        subs = sub_answers(question, parts, reading)
        read |= {(*question.path, tag): found for tag, found in subs.items()}
        if subs:  # a part without writing beside parts with: left out, unless it has places of its own
            left = [p for p in parts if p.path not in read and not p.spots and not children.get(p.path)]
            read |= {p.path: Found("", "sub_blank", 0.7) for p in left}
    for question in straightened(paper.questions, reading):
        if not children.get(question.path) and question.path not in read:
            read[question.path] = _found(question, reading, keys.get(question.path), words)
    return read


def _kind(question: Question, item: KeyItem | None) -> QuestionType:
    return item.type if item is not None and item.type is not None else question.type


def _maximum(question: Question, item: KeyItem | None) -> float | None:
    return item.max_score if item is not None and item.max_score is not None else question.max_score


def _found(question: Question, reading: Reading, item: KeyItem | None, words: Words) -> Found:
    """The student's answer, by the question's type. The key says how many blanks there are, never what is in them."""
    kind = _kind(question, item)
    if kind in _CHOICES:
        return read_choice(question, reading, multiple=kind == "multiple_choice")
    if kind == "true_false":
        return read_judgement(question, reading)
    if kind in _WORKED and not (item is None and lettered(question, reading)):
        return read_written(question, reading)
    if kind in _WORKED:
        return read_choice(question, reading, multiple=False)
    blanks = len(item.answer) if item is not None and isinstance(item.answer, tuple) else 0
    if item is not None and isinstance(item.answer, str):
        blanks = max(1, item.answer.count("|") + 1)
    return read_blanks(question, reading, blanks or question.blanks, words)


def _answer(question: Question, reading: Reading, item: KeyItem | None, found: Found, rules: SubjectRules) -> Answer:
    kind, maximum = _kind(question, item), _maximum(question, item)
    if kind == "composite":
        kind = "fill_blank"
    marked = read_marks(marks_of(question, reading), maximum, worked=kind in _WORKED)
    found = under_marks(found, marked, item, kind)
    by_key = UNGRADED if found.evidence == _TICKED else grade_under(item, found.answer, kind, rules)
    decided, score, graded_by, agreed = reconcile(by_key, marked, maximum, kind, found)
    confidence = _confidence(found)
    clear = confidence >= (CONFIRMED_ABOVE if confirmed(found, by_key, item) else REVIEW_BELOW)
    judged = decided.sure or not wanted(item, reading)
    review = found.answer is None or not clear or not agreed or not judged
    return Answer(
        number=question.number,
        path=question.path,
        student_answer=found.answer,
        answer_confidence=confidence,
        correct_answer=key_text(item),
        verdict=decided.verdict,
        score=score,
        max_score=maximum,
        graded_by=graded_by,
        needs_review=review,
        answer_regions=tuple(p.region for p in found.pieces),
    )


def _confidence(found: Found) -> float:
    """That the answer was read as it stands; what came as text was not read."""
    if found.answer is None or found.evidence == _TYPED:
        return 0.0 if found.answer is None else 1.0
    return calibrated(found.evidence, found.raw, doubt=found.doubt)


def wanted(item: KeyItem | None, reading: Reading) -> bool:
    """Whether a verdict is expected: by a key, or because a teacher marked the paper. Elsewhere none is missed."""
    keyed = item is not None and item.answer is not None
    return keyed or any(m.kind in ("tick", "half_tick", "cross", "score") for p in reading.pages for m in p.marks)


def confirmed(found: Found, by_key: Grade, item: KeyItem | None = None) -> bool:
    """Whether the key confirms a free reading: a misreading seldom happens to be the right answer.

    Of several blanks those that are not empty must be the key's. A number that is right but for a lost or doubled digit
    (00 for 0, km for 1km) is a misreading. A letter in its own place may be doubtful where it is likelier than not, since
    something was struck there or stands elsewhere (docs/accuracy.md has how often it was right).

    Readings know nothing of the key, but where it chose among them; those it cannot confirm. Nor do words confirm that
    were mended, for the student may have misspelt what the key spells right.
    """
    kind = found.evidence.partition(":")[0]
    likely = kind.partition("_")[0] in _LETTERS and found.raw >= _LIKELY
    free = not found.keyed and not is_mended(found) and (likely or not found.doubt)
    return free and has_digits_of(found, item) and (by_key.verdict == "correct" or is_keyed(found, item))


def under_marks(found: Found, marked: Marked | None, item: KeyItem | None, kind: QuestionType) -> Found:
    """The answer in the light of a teacher's tick: what is ticked is not blank, and a ticked choice is the key's.

    A clear tick says so by itself: of 157 choices that have one and a key, all were the key's. Where another letter was read,
    if only doubtfully since the tick runs through it, a teacher looks.
    """
    if marked is None or marked.verdict not in ("correct", "partial"):
        return found
    ticked, clear, written = marked.verdict == "correct", marked.confidence >= _CLEAR_TICK, is_written(found)
    keys = Found(key_text(item), _TICKED, marked.confidence, found.pieces, doubt=written or not clear, keyed=True)
    if written:
        return keys if ticked and clear and _is_unlike_key(found, item, kind) else found
    if ticked and item is not None and isinstance(item.answer, str) and kind in _TICKABLE:
        return keys
    return Found(None, "unread", 0.0, found.pieces, doubt=True)


def _is_unlike_key(found: Found, item: KeyItem | None, kind: QuestionType) -> bool:
    """Whether a choice is doubtfully read as other letters than the key's."""
    letters = item.answer if item is not None and kind in _CHOICES and isinstance(item.answer, str) else None
    unlike = letters is not None and grade(found.answer, letters, kind).verdict in ("wrong", "partial")
    return unlike and _confidence(found) < REVIEW_BELOW


def reconcile(
    by_key: Grade, marked: Marked | None, maximum: float | None, kind: QuestionType, found: Found
) -> tuple[Grade, float | None, str | None, bool]:
    """The key's grade and the teacher's marks made one: (grade, score, graded_by, whether they agree).

    Marks win where the key cannot judge (worked answers) or there is no key; elsewhere the key's verdict stays and
    disagreement is for the teacher to look at.
    """
    blank = found.answer is not None and not is_written(found)
    deaf = kind in _WORKED or by_key.verdict == "ungraded" or (by_key.verdict == "blank" and not blank)
    if marked is not None and marked.verdict is not None and deaf:
        verdict = "blank" if blank and marked.verdict == "wrong" else marked.verdict
        score = marked.score(maximum)
        agreed = by_key.verdict in ("ungraded", verdict) and not marked.mixed
        return Grade(verdict, None, sure=not marked.mixed), score, "marks", agreed
    if by_key.verdict == "ungraded":
        if blank:
            return Grade("blank", 0.0, sure=True), (0.0 if maximum is not None else None), None, True
        return UNGRADED, None, None, True
    agreed = marked is None or marked.verdict is None or by_key.verdict in (marked.verdict, "blank")
    return by_key, points(by_key.share, maximum), "key", agreed


def points(share: float | None, maximum: float | None) -> float | None:
    """A share of the maximum in half points; null when either is unknown."""
    return None if share is None or maximum is None else round(share * maximum * 2) / 2
