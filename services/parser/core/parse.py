"""From a reading to a paper."""

from collections.abc import Iterator, Sequence
from typing import Literal

from contracts.artefacts import Header, Paper, Question, Reading, Submission
from contracts.errors import ErrorCode, Permanent
from services.parser.core.contents import questions_of
from services.parser.core.flow import Flow, flow_of
from services.parser.core.header import header_of
from services.parser.core.key import Key, top_number
from services.parser.core.missing import with_counted, with_keyed
from services.parser.core.number_grids import taken_out
from services.parser.core.numbers import starts_of
from services.parser.core.outline import outline_of
from services.parser.core.points import with_shares
from services.parser.core.sections import headings_of
from services.parser.core.several_cards import first_cards

PaperKind = Literal["paper", "answer_card", "essay", "other"]


def parse(submission: Submission, reading: Reading) -> Paper:
    """Find header, sections and questions. Raises Permanent(NO_QUESTION_FOUND) when there is neither text nor key."""
    reading, other_cards = first_cards(reading)
    reading, filled_in = taken_out(reading)
    flow = flow_of(reading)
    headings = headings_of(flow)
    key = Key.of(submission.answer_key, [heading.section.number for heading in headings])
    starts = starts_of(flow, headings, key.counts)
    found = outline_of(flow, reading, starts, headings, key.counts)
    if not found and not key.items:
        raise Permanent(ErrorCode.NO_QUESTION_FOUND, "no line, bubble or table that could be a question")
    questions = list(_unique(list(questions_of(found, flow, reading, key))))
    questions = with_keyed(questions, key, on_pages=bool(reading.pages))
    kind = _paper_kind(questions, flow)
    if kind == "paper" and not key.items:
        questions = with_counted(questions)
    questions = with_shares(questions, [h.section for h in headings])
    end = min([s.at for s in starts] + [h.at for h in headings], default=len(flow.rows))
    return Paper(
        header=_with_number(
            header_of(flow, end, submission) if flow.rows else Header(title=submission.title), filled_in
        ),
        sections=tuple(h.section for h in headings),
        questions=tuple(_counted_up(questions, kind)),
        kind=kind,
        total_score=_total(questions),
        other_cards=other_cards,
    )


def _with_number(header: Header, filled_in: str | None) -> Header:
    """A number in bubbles is surer than the same in handwriting."""
    return header if filled_in is None else header.model_copy(update={"number": filled_in})


def _counted_up(found: list[Question], kind: PaperKind) -> list[Question]:
    """A card's items by number: they stand in blocks side by side, 1 to 5, 6 to 10. Not where numbers start over."""
    tops = [int(top) if (top := top_number(q.number)).isdecimal() else None for q in found]
    alone = [top for top, q in zip(tops, found, strict=True) if q.number == top_number(q.number)]
    if kind != "answer_card" or None in tops or len(set(alone)) < len(alone):
        return found
    return sorted(found, key=lambda q: int(top_number(q.number)))


def _unique(questions: Sequence[Question]) -> Iterator[Question]:
    """One question per path: the first of a doubled number is the one with contents."""
    best: dict[tuple[str, ...], Question] = {}
    for question in questions:
        known = best.get(question.path)
        if known is None or (not known.regions and question.regions):
            best[question.path] = question
    yield from best.values()


def _paper_kind(questions: Sequence[Question], flow: Flow) -> PaperKind:
    if any(q.bubbles for q in questions) or any("答题卡" in r.text for r in flow.rows[:6]):
        return "answer_card"
    return "essay" if questions and all(q.type == "essay" for q in questions) else "paper"


def _total(questions: Sequence[Question]) -> float | None:
    tops = [q for q in questions if "(" not in q.number]
    scores = [q.max_score for q in tops]
    return sum(s for s in scores if s is not None) if scores and all(s is not None for s in scores) else None
