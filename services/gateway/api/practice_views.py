"""What clients say and are told of practice papers."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.artefacts.submission import Subject
from contracts.names import Language
from services.gateway.api.views import View
from services.gateway.practice.core.choose import Level
from services.gateway.practice.core.item import ItemType, PointName
from services.gateway.practice.core.paper import PracticeQuestion, PracticeSection, PractisedPoint, Writing
from services.gateway.practice.papers import Paper
from services.gateway.templates.document import TemplateCriterion

_ID = "prc_2f1c7a50be2c84b8f9f0d3c5a1b2e4d6"
_EXAM = "0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d"
_NEW: dict[str, Any] = {"exam_id": _EXAM, "count": 8, "level": "standard"}
_POINT: dict[str, Any] = {
    "code": "math.07", "name": "一元一次方程", "reason": "weak", "mastery": 0.41, "wanted": 5, "numbers": ["1", "3", "7"],
}  # fmt: skip
_QUESTION: dict[str, Any] = {
    "number": "1", "section": "一", "type": "single_choice", "item_id": "starter.m7-22", "points": ["math.07"],
    "stem": "若 $x=2$ 是方程 $ax-3=5$ 的解，则 $a$ 的值是（　　）", "options": {"A": "$1$", "B": "$2$", "C": "$4$", "D": "$8$"},
    "score": 3.0, "facility": 0.82, "origin": "human", "source": "Redink starter bank", "license": "MIT",
}  # fmt: skip
_WRITTEN: dict[str, Any] = {
    "model": "deepseek-flash", "wanted": 2, "used": 1, "dropped": {"solved_otherwise": 1}, "failed": {"nothing_usable": 1},
    "cost": {"cpu_seconds": 0.0, "llm_tokens": {"in": 1204, "cached": 896, "out": 731}, "amount": 0.002, "currency": "CNY"},
}  # fmt: skip
_ENTRY: dict[str, Any] = {
    "id": _ID, "created_at": "2026-11-22T03:14:15.926Z", "template_id": "tpl_7c0a4f0be2c84b8f9f0d3c5a1b2e4d6f",
    "title": "七年级数学巩固练习（提高）", "subject": "math", "grade": 7, "language": "zh", "student_id": "s-1024",
    "exam_ids": [_EXAM], "level": "standard", "target": 0.65, "seed": 0, "total_score": 36.0, "items": 8,
}  # fmt: skip
_EXAMPLE: dict[str, Any] = _ENTRY | {
    "points": [_POINT], "lacking": [_POINT], "sections": [{"number": "一", "title": "单项选择题", "type": "single_choice"}],
    "questions": [_QUESTION], "written": _WRITTEN, "paper": f"/api/v1/practice/{_ID}/paper.pdf", "key": f"/api/v1/practice/{_ID}/key.pdf",
}  # fmt: skip


class NewPractice(BaseModel):
    """What to practise: the weak points of an exam, or those of a student in a subject, or points by name."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_NEW]})

    exam_id: str | None = Field(default=None, max_length=64, description="Its weak points, grade and student.")
    student_id: str | None = Field(
        default=None, min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$",
        description="Who practises: gets no item twice. With `subject` alone: the weak points of all recorded exams and imported records.",
    )  # fmt: skip
    subject: Subject | None = Field(default=None, description="Needed without an `exam_id`.")
    points: list[PointName] = Field(
        default=[], max_length=20, description="Knowledge points or topics, by code or name, instead of weak ones."
    )
    grade: int | None = Field(
        default=None, ge=1, le=12, description="No items of higher grades; those of this one first."
    )
    count: int = Field(default=10, ge=1, le=50, description="Items of the paper.")
    level: Level = Field(default="standard", description="Facility aimed at: 0.80, 0.65 or 0.45.")
    target: float | None = Field(default=None, ge=0.05, le=0.95, description="Facility aimed at, instead of `level`.")
    types: list[ItemType] = Field(default=[], max_length=6, description="Only these; empty: all.")
    banks: list[Literal["own", "starter"]] = Field(
        default=["own", "starter"], max_length=2, description="May be empty when items are `written`."
    )
    written: int = Field(
        default=0, ge=0, le=20,
        description="At most so many items written by a language model, for what the banks lack: marked as such, with a key"
        " that was checked. Those of earlier papers are taken first. Takes a `grade`, and time.",
    )  # fmt: skip
    prerequisites: bool | None = Field(
        default=None,
        description="Also what a point directly builds on, unless known as a strength. By default for weak points only.",
    )
    repeat: bool = Field(default=False, description="Items of the student's earlier papers may come again.")
    seed: int = Field(default=0, ge=0, lt=2**31, description="Another one draws other items that fit as well.")
    title: str | None = Field(default=None, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")
    language: Language = Field(
        default="zh", description="Of the paper, and of its items unless it is about a language."
    )

    def fingerprint(self) -> str:
        """What is asked for, as JSON: the same of the same request, from one release to the next."""
        return self.model_dump_json(exclude=None if self.written else {"written"})

    @model_validator(mode="after")
    def _one_source(self) -> "NewPractice":
        if self.exam_id is not None and (self.points or self.subject):
            raise ValueError("give exam_id alone: it says subject and points, or leave it out and say them")
        if self.exam_id is None and self.subject is None:
            raise ValueError("give exam_id, or subject with points or student_id")
        if self.exam_id is None and not self.points and self.student_id is None:
            raise ValueError("give points, or a student_id whose weak points are meant")
        if not self.banks and not self.written:
            raise ValueError("banks is empty: name one, or let items be written")
        if self.written and self.exam_id is None and self.grade is None:
            raise ValueError("give a grade: a model writes items for one")
        if self.title is not None and not self.title.strip():
            raise ValueError("a title has more than spaces")
        return self


class PracticeEntry(View):
    """A practice paper in a list."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ENTRY]})

    id: str
    created_at: datetime
    template_id: str | None = Field(description="For the upload of the written sheet; null when it was deleted.")
    title: str
    subject: str
    grade: int | None
    language: Language
    student_id: str | None
    exam_ids: list[str] = Field(description="Whose weak points it is on; the paper goes with them.")
    level: Level
    target: float
    seed: int
    total_score: float
    items: int = Field(description="How many it has.")


class PracticeQuestionView(View):
    """A question without its answer."""

    number: str
    section: str
    type: ItemType
    item_id: str
    points: list[str]
    stem: str
    options: dict[str, str]
    score: float
    facility: float | None
    origin: Literal["human", "model"]
    source: str
    license: str


class PracticeView(PracticeEntry):
    """A practice paper without its key."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    points: list[PractisedPoint] = Field(description="In the order they should be learned.")
    lacking: list[PractisedPoint] = Field(description="Those for which the bank has fewer items than wanted.")
    sections: list[PracticeSection]
    questions: list[PracticeQuestionView]
    written: Writing | None = Field(description="What a model was asked to write; null: nothing.")
    paper: str
    key: str


class PracticePage(View):
    """One page of a list, newest first."""

    items: list[PracticeEntry]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last.")


class PracticeAnswer(View):
    """What is right for one question."""

    number: str
    item_id: str
    type: ItemType
    answer: str | list[str]
    accepted: list[str]
    partial_score: float | None
    max_score: float
    rubric: list[TemplateCriterion]
    solution: str
    origin: Literal["human", "model"]


class PracticeKey(View):
    """The key of a paper. `questions` is as `answer_key` of uploads, with solutions."""

    id: str
    questions: list[PracticeAnswer]


def entry_view(paper: Paper) -> PracticeEntry:
    """A paper in a list."""
    return PracticeEntry(**_entry(paper))


def practice_view(paper: Paper) -> PracticeView:
    """A paper as the API tells it."""
    practice, base = paper.practice, f"/api/v1/practice/{paper.id}"
    return PracticeView(
        **_entry(paper),
        points=practice.points,
        lacking=[point for point in practice.points if len(point.numbers) < point.wanted],
        sections=practice.sections,
        questions=[_question(question) for question in practice.questions],
        written=practice.written,
        paper=f"{base}/paper.pdf",
        key=f"{base}/key.pdf",
    )


def key_json(paper: Paper) -> PracticeKey:
    """Its answers."""
    return PracticeKey(id=paper.id, questions=[_answer(question) for question in paper.practice.questions])


def _entry(paper: Paper) -> dict[str, Any]:
    own = {"id", "created_at", "template_id", "items"}
    told = {name: getattr(paper.practice, name) for name in PracticeEntry.model_fields if name not in own}
    kept = {"id": paper.id, "created_at": paper.created_at, "template_id": paper.template_id}
    return told | kept | {"items": len(paper.practice.questions)}


def _question(question: PracticeQuestion) -> PracticeQuestionView:
    placed = {"number": question.number, "section": question.section, "item_id": question.item.id}
    names = PracticeQuestionView.model_fields.keys() - placed.keys()
    return PracticeQuestionView(**placed, **{name: getattr(question.item, name) for name in names})


def _answer(question: PracticeQuestion) -> PracticeAnswer:
    item = question.item
    return PracticeAnswer(
        number=question.number,
        item_id=item.id,
        type=item.type,
        answer=item.answer,
        accepted=item.accepted,
        partial_score=item.partial_score,
        max_score=item.score,
        rubric=item.rubric,
        solution=item.solution,
        origin=item.origin,
    )
