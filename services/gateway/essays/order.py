"""What a client sends as an essay, and the form of an exam that it is. Pure."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from contracts.artefacts import AnswerKey, EssayTask, KeyItem, RubricItem
from contracts.artefacts.essay import LONGEST
from contracts.events import Priority
from services.gateway.core.form import Form
from services.gateway.essays.paper import NUMBER

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_CLOSE = 0.005


def _line(text: str) -> str:
    if _CONTROL.search(text) or "\n" in text or "\t" in text:
        raise ValueError("must not contain line breaks or control characters")
    return text.strip()


def _text(text: str) -> str:
    """With the line ends of Unix: positions of mistakes count characters of this."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    return text.strip("\n")


def _content(text: str) -> str:
    text = _text(text)
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _locale(text: str) -> str:
    if not _LOCALE.fullmatch(text):
        raise ValueError("must be a language tag such as zh-CN or en")
    return text


Line = Annotated[str, AfterValidator(_line)]
Text = Annotated[str, AfterValidator(_text)]
Points = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
Length = Annotated[int, Field(ge=1, le=LONGEST)]


class EssayCriterion(BaseModel):
    """What earns points."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    criterion: Annotated[Line, Field(min_length=1, max_length=500)]
    points: Points


class EssayOrder(BaseModel):
    """An essay to be graded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    content: Annotated[str, AfterValidator(_content)] = Field(
        min_length=1, max_length=LONGEST, description="The essay, paragraphs parted by line breaks."
    )
    subject: Literal["chinese", "english"] = Field(description="The language of the essay.")
    grade: int = Field(ge=1, le=12)
    title: Line | None = Field(default=None, max_length=300)
    prompt: Text | None = Field(default=None, max_length=4000, description="The task: what to write about.")
    requirements: Text | None = Field(
        default=None, max_length=4000, description="What else was asked for. A length said here or in `prompt` is read."
    )
    min_length: Length | None = Field(
        default=None,
        description="Characters of Chinese with punctuation, or English words; outranks what the task says.",
    )
    max_length: Length | None = None
    max_score: Points = Field(default=100.0, description="Points of the whole.")
    rubric: list[EssayCriterion] = Field(
        default=[], max_length=40, description="Your criteria, whose points add up to `max_score`, instead of ours."
    )
    student_id: Line = Field(default="", max_length=128, description="Your own id; a pseudonym is best.")
    class_id: Line | None = Field(default=None, max_length=128)
    locale: Annotated[str, AfterValidator(_locale)] = Field(
        default="zh-CN", max_length=35, description="The language of what is said about the essay."
    )
    priority: Priority = "interactive"
    callback_url: Line | None = Field(
        default=None, max_length=2048, description="Told once, signed, when this essay ends: as for POST /exams."
    )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.min_length is not None and self.max_length is not None and self.min_length > self.max_length:
            raise ValueError("min_length must not be more than max_length")
        total = sum(each.points for each in self.rubric)
        if self.rubric and abs(total - self.max_score) > _CLOSE:
            raise ValueError(
                f"the rubric's points add up to {total:g}, max_score is {self.max_score:g}: make them agree"
            )
        return self

    def form(self) -> Form:
        """The form of the exam that it is; a task that is empty says nothing."""
        item = KeyItem(
            number=NUMBER,
            path=(NUMBER,),
            type="essay",
            max_score=self.max_score,
            rubric=tuple(RubricItem(criterion=each.criterion, points=each.points) for each in self.rubric),
        )
        task = EssayTask(
            content=self.content,
            prompt=self.prompt or None,
            requirements=self.requirements or None,
            least=self.min_length,
            most=self.max_length,
        )
        return Form(
            subject=self.subject,
            grade=self.grade,
            student_id=self.student_id,
            title=self.title or None,
            class_id=self.class_id or None,
            locale=self.locale,
            priority=self.priority,
            answer_key=AnswerKey(questions=(item,)),
            ignored=(),
            callback_url=self.callback_url,
            essay=task,
        )
