"""Papers whose answers stand on an answer sheet behind the questions (答题纸): text from one, answers from the other."""

import re
from collections.abc import Collection

from contracts.artefacts import Header, Page, Paper, Question, Reading, Submission
from contracts.errors import Permanent
from services.parser.core.flow import upright
from services.parser.core.parse import parse as parse_pages

_SHEET = re.compile(r"答题[纸卷]|answer\s*sheet", re.IGNORECASE)
_TOP = 0.25
"""Share of a page's height in which a sheet's heading stands."""


def parse(submission: Submission, reading: Reading) -> Paper:
    """As `parse.parse`; where question pages are followed by an answer sheet, an answer is looked for at its place there."""
    first = next((page.page for page in reading.pages if _is_sheet(page)), 1)
    if first == 1:
        return parse_pages(submission, reading)
    behind = {page.page for page in reading.pages if page.page >= first}
    try:
        printed = parse_pages(submission, _only(reading, {page.page for page in reading.pages} - behind))
        sheet = parse_pages(submission, _only(reading, behind))
    except Permanent:  # questions on one of them only
        return parse_pages(submission, reading)
    return _joined(printed, sheet, reading)


def _is_sheet(page: Page) -> bool:
    """Whether a line that says nothing else calls the page an answer sheet."""
    return any(
        _SHEET.fullmatch(re.sub(r"\W", "", line.text).strip()) and upright(line)[3] < _TOP * page.height
        for line in page.lines
    )


def _only(reading: Reading, numbers: Collection[int]) -> Reading:
    """The reading with nothing on the other pages: places in it stay what they are."""
    bare = {"lines": (), "spots": (), "bubbles": (), "marks": (), "rules": (), "figures": ()}
    pages = tuple(page if page.page in numbers else page.model_copy(update=bare) for page in reading.pages)
    return reading.model_copy(update={"pages": pages})


def _joined(printed: Paper, sheet: Paper, reading: Reading) -> Paper:
    places = {question.number: question for question in sheet.questions}
    known = {question.number for question in printed.questions}
    questions = [_answered(q, places.get(q.number), reading) for q in printed.questions]
    questions += [question for question in sheet.questions if question.number not in known]
    return sheet.model_copy(
        update={
            "header": _header(sheet.header, printed.header),
            "sections": printed.sections or sheet.sections,
            "questions": tuple(questions),
            "kind": "paper",
            "total_score": printed.total_score if printed.total_score is not None else sheet.total_score,
        }
    )


def _answered(printed: Question, place: Question | None, reading: Reading) -> Question:
    """The question with its place on the sheet; with both where only the paper has been written on."""
    if place is None or not place.regions:
        return printed
    both = {"regions": printed.regions + place.regions, "marks": printed.marks + place.marks}
    if not printed.regions:
        return place
    if _written(printed, reading) and not _written(place, reading):
        return printed.model_copy(update=both)
    own = {name: getattr(place, name) for name in ("lines", "spots", "bubbles")}
    score = printed.max_score if printed.max_score is not None else place.max_score
    blanks = max(printed.blanks, place.blanks) if place.spots else printed.blanks
    return printed.model_copy(update=both | own | {"max_score": score, "blanks": blanks})


def _written(question: Question, reading: Reading) -> bool:
    """Whether anything stands in the question's places."""
    lines = (reading.pages[ref.page - 1].lines[ref.index] for ref in question.lines)
    spots = (reading.pages[ref.page - 1].spots[ref.index] for ref in question.spots)
    return bool(question.bubbles) or any(line.text.strip() for line in lines) or any(s.text.strip() for s in spots)


def _header(sheet: Header, printed: Header) -> Header:
    """The pupil fills in the sheet's head; the paper's has the title."""
    told = {name: value for name, value in printed if value is not None}
    told |= {name: value for name, value in sheet if value is not None and (name != "title" or "title" not in told)}
    return Header.model_validate(told)
