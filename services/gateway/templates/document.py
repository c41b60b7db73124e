"""What a template says, as clients write it, and the answer key that the stages read of it."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.artefacts import AnswerKey, KeyItem, QuestionType, RubricItem
from contracts.artefacts.submission import Origin, Subject

MAX_ITEMS = 1000
_PART = re.compile(r"^(?P<top>.+?)(?P<part>[(（][^()（）]{1,8}[)）])$")
_PRINTABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_TRIMMED = r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$"
_CLOSE = 0.005

Number = Annotated[str, Field(max_length=40, pattern=_TRIMMED)]
Word = Annotated[str, Field(min_length=1, max_length=60, pattern=_TRIMMED)]
Line = Annotated[str, Field(max_length=300, pattern=_PRINTABLE)]
Answer = Annotated[str, Field(max_length=20_000, pattern=_PRINTABLE)]
Score = Annotated[float, Field(strict=True, ge=0, le=10_000, allow_inf_nan=False)]


class _Part(BaseModel):
    """Base of a template's parts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TemplateSection(_Part):
    """大题. What it says of type and points holds for its items that don't say otherwise."""

    number: Number = Field(description="As printed.", examples=["一"])
    title: Line = ""
    type: QuestionType | None = None
    item_score: Score | None = Field(default=None, description="Points of each of its items.")


class TemplateCriterion(_Part):
    """What earns points of a worked solution, a short answer or an essay."""

    criterion: Annotated[str, Field(min_length=1, max_length=500, pattern=_TRIMMED)]
    points: Annotated[float, Field(strict=True, gt=0, le=10_000, allow_inf_nan=False)]


class TemplateItem(_Part):
    """题目 or 小题: sub-questions are items of their own, numbered `17(1)`."""

    number: Number = Field(examples=["17(1)"])
    section: Number | None = Field(default=None, description="Number of its section.")
    path: list[Number] | None = Field(
        default=None, max_length=8, description="Where numbers repeat: as in the result document."
    )
    type: QuestionType | None = None
    answer: Answer | Annotated[list[Answer], Field(max_length=200)] | None = Field(
        default=None, description="Text, or a list: blank by blank. Choices are letters: `ACD`."
    )
    accepted: list[Answer] = Field(
        default=[], max_length=20, description="Whole answers that are as right; blanks joined by `|`."
    )
    max_score: Score | None = None
    partial_score: Score | None = Field(
        default=None, description="Points of a multiple choice with some of the right letters and no wrong one."
    )
    knowledge_points: list[Word] = Field(default=[], max_length=10)
    rubric: list[TemplateCriterion] = Field(
        default=[], max_length=40, description="评分标准; its points add up to `max_score`."
    )
    facility: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)] | None = Field(
        default=None,
        description="难度系数: the share of its points that is usually earned. The diagnosis then knows how hard it is.",
    )
    origin: Origin | None = Field(default=None, description="`model`: a language model wrote it, which reports say.")

    @model_validator(mode="after")
    def _consistent(self) -> "TemplateItem":
        if None not in (self.partial_score, self.max_score) and self.partial_score > self.max_score:  # type: ignore[operator]
            raise ValueError("partial_score is more than max_score")
        if self.accepted and self.answer is None:
            raise ValueError("accepted needs an answer beside it, which is shown as the right one")
        if (
            self.rubric
            and self.max_score is not None
            and abs(sum(c.points for c in self.rubric) - self.max_score) > 1e-6
        ):
            raise ValueError("the rubric's points don't add up to max_score")
        return self


class Document(_Part):
    """A template as clients write it."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="TemplateDocument")

    name: str = Field(max_length=120, pattern=_TRIMMED, description="Unique within the tenant, in any case of letters.")
    subject: Subject
    grade: int | None = Field(default=None, strict=True, ge=1, le=12)
    title: Line | None = Field(default=None, description="Title of exams whose upload gives none.")
    total_score: Score | None = None
    sections: list[TemplateSection] = Field(default=[], max_length=50)
    items: list[TemplateItem] = Field(min_length=1, max_length=MAX_ITEMS)


def faults(document: Document) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What no single field can show: (place, what is wrong and what to do)."""
    known = Counter(section.number for section in document.sections)
    for i, section in enumerate(document.sections):
        if known[section.number] > 1:
            yield ("sections", i, "number"), f"is given to several sections: {section.number}"
    seen: set[tuple[str, ...]] = set()
    for i, item in enumerate(document.items):
        if item.section is not None and document.sections and item.section not in known:
            yield ("items", i, "section"), f"is no section of this template: {item.section}"
        place = tuple(item.path) if item.path else (item.section or "", item.number)
        if place in seen:
            yield ("items", i, "number"), f"{item.number} is there before: give repeated numbers a section or a path"
        seen.add(place)


def warnings(document: Document) -> list[str]:
    """What is allowed and looks like a mistake."""
    found = []
    key = answer_key(document)
    parents = {top for item in key.questions if (top := _parts(item.number)[0]) != item.number}
    leaves = [item for item in key.questions if item.number not in parents]
    scores = [item.max_score for item in leaves]
    if document.total_score is not None and None not in scores:
        total = sum(score for score in scores if score is not None)
        if abs(total - document.total_score) > _CLOSE:
            found.append(f"the items add up to {total:g} points, total_score says {document.total_score:g}")
    if without := [item.number for item in leaves if item.answer is None and item.type != "essay"]:
        found.append(f"no answer for {_listed(without)}: graded by marks on the paper, or not at all")
    if unscored := [item.number for item in leaves if item.max_score is None]:
        found.append(f"no points for {_listed(unscored)}: right or wrong is told, no score")
    return found


def answer_key(document: Document) -> AnswerKey:
    """The key the stages read. Items of repeated numbers are told apart by path, the others found by number alone."""
    sections = {section.number: section for section in document.sections}
    counts = Counter(item.number for item in document.items)
    items = []
    for item in document.items:
        section = sections.get(item.section or "")
        path = tuple(item.path) if item.path else None
        if path is None and item.section is not None and counts[item.number] > 1:
            path = (item.section, *_parts(item.number))
        score = item.max_score
        if score is None and section is not None and len(_parts(item.number)) == 1:
            score = section.item_score
        items.append(
            KeyItem(
                number=item.number,
                path=path,
                type=item.type or (section.type if section else None),
                answer=tuple(item.answer) if isinstance(item.answer, list) else item.answer,
                max_score=score,
                accepted=tuple(item.accepted),
                partial_score=item.partial_score,
                knowledge_points=tuple(item.knowledge_points),
                rubric=tuple(RubricItem(criterion=c.criterion, points=c.points) for c in item.rubric),
                facility=item.facility,
                origin=item.origin,
            )
        )
    return AnswerKey(questions=tuple(items))


def _parts(number: str) -> tuple[str, ...]:
    """A number taken apart: 17(1) is 17 and (1)."""
    match = _PART.match(number)
    return (match["top"], match["part"]) if match else (number,)


def _listed(numbers: list[str]) -> str:
    shown = ", ".join(numbers[:10])
    return f"{shown} and {len(numbers) - 10} more" if len(numbers) > 10 else shown
