"""What papers of one batch have in common and should not. It is told to the later one; nothing is refused: two students
may have handed in blank pages, and one may have written two papers. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.gateway.batches.storing import Kept, Kin
from services.gateway.core.advice import KinCode, kin_sentence
from services.gateway.core.form import Form


def compared(papers: Sequence[Kept]) -> list[Kept]:
    """The papers in their order, each with what it shares with an earlier one that is taken as well."""
    files: dict[str, int] = {}
    sitters: dict[tuple[object, ...], int] = {}
    found = []
    for paper in papers:
        if paper.form is None:
            found.append(paper)
            continue
        told = [*_same_file(paper, paper.form, files), *_same_student(paper, paper.form, sitters)]
        found.append(replace(paper, advice=(*paper.advice, *told)))
    return found


def _same_file(paper: Kept, form: Form, files: dict[str, int]) -> Iterator[Kin]:
    """`files`: the papers in which contents came first; pages that a paper has twice itself are its own matter."""
    for number, digest in enumerate(paper.digests, 1):
        if (first := files.setdefault(digest, paper.number)) != paper.number:
            yield _kin("same_file", first, number, form.locale)


def _same_student(paper: Kept, form: Form, sitters: dict[tuple[object, ...], int]) -> Iterator[Kin]:
    """Two papers of one student, on the same thing as far as is known."""
    sitter = (form.student_id, form.subject, form.grade, form.title, form.template_id)
    if form.student_id and (first := sitters.setdefault(sitter, paper.number)) != paper.number:
        yield _kin("same_student", first, 1, form.locale)


def _kin(code: KinCode, first: int, file: int, locale: str) -> Kin:
    return Kin(None, file, code, kin_sentence(code, first, file, locale), first)
