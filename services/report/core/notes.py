"""The notes at the end: how it was graded and what is uncertain."""

from collections.abc import Callable, Sequence

from contracts.artefacts.diagnosis import Diagnosis
from contracts.notation.labels import labels_of, runs
from contracts.result import Result, ResultQuestion
from services.report.core.words import Words


def notes_of(result: Result, diagnosis: Diagnosis, shown: Sequence[ResultQuestion], words: Words) -> list[str]:
    """Sentences, each about the questions it names."""
    say = words.say
    labelled = list(zip(shown, labels_of(shown), strict=True))
    notes = [
        say["note_graded"].format(questions=words.cite(labels), by=name)
        for by, name in words.graded_by.items()
        if (labels := [label for q, label in labelled if q.graded_by == by and q.verdict != "ungraded"])
    ]
    conditions: dict[str, Callable[[ResultQuestion], bool]] = {
        "note_ungraded": lambda q: q.verdict == "ungraded" and q.essay is None and not _absent(q),
        "note_essay": _waits,
        "note_model": lambda q: q.origin == "model",
        "note_corrected": lambda q: q.corrected_by is not None,
        "note_confirmed": lambda q: q.reviewed_by is not None and q.corrected_by is None,
        "note_absent": _absent,
        "note_review": lambda q: q.needs_review and not _waits(q) and not _absent(q),
    }
    for key, holds in conditions.items():
        if labels := [label for q, label in labelled if holds(q)]:
            notes.append(say[key].format(questions=words.cite(labels)))
    notes += [
        say["note_page"].format(page=page.page, faults=faults)
        for page in result.pages
        if (faults := words.listed.join(words.quality[code] for code in page.quality.advice if code in words.quality))
    ]
    if result.page_order:
        notes.append(say["note_order"].format(pages=words.listed.join(map(str, result.page_order))))
    if result.missing_pages:
        notes.append(say["note_missing"].format(pages=words.listed.join(runs([str(n) for n in result.missing_pages]))))
    if result.other_cards:
        notes.append(say["note_cards"].format(count=result.other_cards))
    if result.diagnosis.mastery:
        notes.append(say["note_mastery"])
    if any(m.earlier is not None for m in diagnosis.mastery):
        notes.append(say["note_earlier"])
    if result.pages:  # not of an essay that came as text
        notes.append(say["note_machine"])
    return [note[0].upper() + note[1:] for note in notes]


def _absent(question: ResultQuestion) -> bool:
    """Not found on the pages, and no teacher has said since what was answered."""
    return question.missing and question.student_answer is None and question.verdict == "ungraded"


def _waits(question: ResultQuestion) -> bool:
    """An essay without a score: nothing about it was read or graded in doubt."""
    return question.essay is not None and question.verdict == "ungraded"
