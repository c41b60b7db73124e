"""A practice paper as it is stored, and the template by which its answers are graded."""

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.artefacts.submission import Subject
from contracts.cost import Cost
from contracts.names import GRADES, SUBJECTS, Language
from services.gateway.practice.core.choose import Chosen, Level
from services.gateway.practice.core.item import TYPES, Item, ItemType
from services.gateway.practice.core.plan import Reason
from services.gateway.practice.core.points import Points
from services.gateway.practice.core.words import LEVELS, SECTIONS, words
from services.gateway.templates.document import Document, TemplateItem, TemplateSection

_NAME = 120


class _Part(BaseModel):
    """Base of a paper's parts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PractisedPoint(_Part):
    """A knowledge point of a paper. `numbers`: of its questions; fewer than `wanted` when the bank has no more."""

    code: str
    name: str
    reason: Reason = Field(description="`weak`, `asked`, or `prerequisite`: a weak point rests on it.")
    mastery: float | None = Field(description="0 to 1, of the exams it was made from; null: not known.")
    wanted: int = Field(description="Items meant for it.")
    numbers: list[str]


class PracticeSection(_Part):
    """大题."""

    number: str
    title: str
    type: ItemType


class PracticeQuestion(_Part):
    """A numbered item, as it was in the bank when the paper was made."""

    number: str
    section: str
    item: Item


class Writing(_Part):
    """What a model was asked to write for a paper, and what came of it."""

    model: str | None = Field(description="null: none was asked.")
    wanted: int = Field(description="Items that the banks lack, as many as the request allows.")
    used: int = Field(description="Items of the paper that a model wrote, now or for an earlier paper.")
    dropped: dict[str, int] = Field(
        description="Items that it wrote and the checks refused: `not_an_item`, `other_type`, `speaks_to_models`, `duplicate`,"
        " `key_refused`, `distractor_accepted`, `unsolved`, `solved_otherwise`."
    )
    failed: dict[str, int] = Field(
        description="Items that could not be had: `no_model`, `quota_exceeded`, `types_not_written`, `nothing_usable`, or the"
        " words of `llm.kept_local`."
    )
    cost: Cost | None = None


class About(_Part):
    """What a paper is for."""

    title: str
    subject: Subject
    grade: int | None
    language: Language
    student_id: str | None
    exam_ids: list[str]
    level: Level
    target: float
    seed: int


class Practice(About):
    """A practice paper, stored as JSON."""

    schema_: Literal["redink.practice.v1"] = Field(default="redink.practice.v1", alias="schema")
    total_score: float
    points: list[PractisedPoint]
    sections: list[PracticeSection]
    questions: list[PracticeQuestion]
    written: Writing | None = Field(default=None, description="null: no written items were asked for.")

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def arrange(about: About, chosen: Sequence[Chosen], points: Points) -> Practice:
    """Sections by type; in each, what others rest on comes first, and of a point the easier first. Numbers go through."""
    flat = [(item, each.need.code) for each in chosen for item in each.items]
    flat.sort(key=lambda pair: TYPES.index(pair[0].type))  # stable: within a type, the order of the points
    sections: list[PracticeSection] = []
    questions: list[PracticeQuestion] = []
    numbers: dict[str, list[str]] = {}
    for kind, group in groupby(flat, key=lambda pair: pair[0].type):
        title, numerals = SECTIONS[about.language][kind], words(about.language)["numerals"].split()
        section = PracticeSection(number=numerals[len(sections)], title=title, type=kind)
        sections.append(section)
        for item, code in group:
            number = str(len(questions) + 1)
            questions.append(PracticeQuestion(number=number, section=section.number, item=item))
            numbers.setdefault(code, []).append(number)
    return Practice(
        **dict(about),
        total_score=sum(question.item.score for question in questions),
        points=[_practised(each, numbers.get(each.need.code, []), points) for each in chosen],
        sections=sections,
        questions=questions,
    )


def title_of(subject: Subject, grade: int | None, level: Level, language: Language) -> str:
    """Of a paper that was given none."""
    of_grade = "" if grade is None else GRADES[language][grade - 1]
    parts = {"grade": of_grade, "subject": SUBJECTS[language][subject], "level": LEVELS[language][level]}
    return words(language)["title" if of_grade else "title.gradeless"].format_map(parts)


def template_of(practice: Practice, practice_id: str, points: Points) -> Document:
    """The paper as a template: uploads that name it are graded with the paper's key."""
    tail = f" · {practice_id}"
    return Document(
        name=practice.title[: _NAME - len(tail)].strip() + tail,
        subject=practice.subject,
        grade=practice.grade,
        title=practice.title,
        total_score=practice.total_score,
        sections=[TemplateSection(number=s.number, title=s.title, type=s.type) for s in practice.sections],
        items=[_template_item(question, points) for question in practice.questions],
    )


def _practised(each: Chosen, numbers: list[str], points: Points) -> PractisedPoint:
    need = each.need
    name = points.name(need.code)
    return PractisedPoint(
        code=need.code, name=name, reason=need.reason, mastery=need.mastery, wanted=each.meant, numbers=numbers
    )


def _template_item(question: PracticeQuestion, points: Points) -> TemplateItem:
    item = question.item
    return TemplateItem(
        number=question.number,
        section=question.section,
        type=item.type,
        answer=item.answer,
        accepted=item.accepted,
        max_score=item.score,
        partial_score=item.partial_score,
        knowledge_points=[points.name(code)[:60] for code in item.points],
        rubric=item.rubric,
        facility=None if item.origin == "model" else item.facility,  # a model only guesses it
        origin="model" if item.origin == "model" else None,
    )
