"""One item of a bank: a question with all that is needed to print it, grade it and choose it."""

import re
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from contracts.artefacts import KeyItem, RubricItem
from contracts.artefacts.submission import Subject
from contracts.names import Language
from services.gateway.templates.document import Answer, Score, TemplateCriterion

ItemType = Literal["single_choice", "multiple_choice", "true_false", "fill_blank", "short_answer", "calculation"]
TYPES: tuple[ItemType, ...] = get_args(ItemType)
STARTER = "starter."
"""Ids that begin so are of the bank that ships."""
BLANK = re.compile(r"_{3,}|（\s*）|\(\s{2,}\)")
_PRINTABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*\S[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_ID = r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$"
_LETTERS = "ABCDEFGH"
_TRUTH = {
    "√": "√", "✓": "√", "对": "√", "正确": "√", "t": "√", "true": "√", "×": "×", "x": "×", "✗": "×", "错": "×",
    "错误": "×", "f": "×", "false": "×",
}  # fmt: skip

PointName = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
Note = Annotated[str, Field(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
Option = Annotated[str, Field(min_length=1, max_length=1000, pattern=_PRINTABLE)]


class Item(BaseModel):
    """题目 of a bank. Formulas stand between dollar signs, as TeX."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="BankItem")

    id: str = Field(pattern=_ID, description="Your own: sent again, the item replaces the one that has it.")
    subject: Subject
    grade: int = Field(strict=True, ge=1, le=12, description="From which on it can be asked.")
    points: list[PointName] = Field(
        min_length=1, max_length=5, description="Knowledge points, the main one first: codes or names of the taxonomy."
    )
    type: ItemType
    stem: str = Field(max_length=8000, pattern=_PRINTABLE, description="A blank is `____`.")
    options: dict[str, Option] = Field(default={}, description="Of choices: `A`, `B`, … in order.")
    answer: Answer | Annotated[list[Answer], Field(min_length=1, max_length=20)] = Field(
        description="As in templates: letters, √ or ×, a text, or a list blank by blank."
    )
    accepted: list[Answer] = Field(default=[], max_length=20, description="Whole answers that are as right.")
    partial_score: Score | None = None
    rubric: list[TemplateCriterion] = Field(default=[], max_length=40)
    score: float = Field(strict=True, gt=0, le=100, allow_inf_nan=False)
    facility: float | None = Field(
        default=None, strict=True, ge=0, le=1, allow_inf_nan=False,
        description="难度系数: the share of its points that a student of that grade is expected to earn; null: unknown.",
    )  # fmt: skip
    solution: str = Field(default="", max_length=8000, description="解析, printed with the key.")
    family: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")] | None = Field(
        default=None, description="Items that vary one task have the same: a paper takes one of them at most."
    )
    language: Language = "zh"
    source: Note = ""
    license: Note = ""
    origin: Literal["human", "model"] = "human"

    @field_validator("answer")
    @classmethod
    def _answered(cls, value: str | list[str]) -> str | list[str]:
        if not all(part.strip() for part in ([value] if isinstance(value, str) else value)):
            raise ValueError("must not be empty: every blank needs its answer")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "Item":
        for complaint in (_of_choice(self), _of_text(self), _of_points(self)):
            if complaint:
                raise ValueError(complaint)
        return self

    @property
    def group(self) -> str:
        """What a paper takes one of at most."""
        return self.family or self.id

    def key_item(self, number: str, names: tuple[str, ...]) -> KeyItem:
        """Its entry of an answer key; `names` of its knowledge points."""
        return KeyItem(
            number=number,
            type=self.type,
            answer=tuple(self.answer) if isinstance(self.answer, list) else self.answer,
            max_score=self.score,
            accepted=tuple(self.accepted),
            partial_score=self.partial_score,
            knowledge_points=names,
            rubric=tuple(RubricItem(criterion=c.criterion, points=c.points) for c in self.rubric),
        )


def truth(answer: str) -> str | None:
    """√ or ×, however it is written; None for anything else."""
    return _TRUTH.get(answer.strip().lower())


def _of_choice(item: Item) -> str | None:
    if not item.type.endswith("_choice"):
        return "options belong to choices only" if item.options else None
    letters = "".join(item.options)
    if len(letters) < 2 or letters != _LETTERS[: len(letters)]:
        return "a choice needs options A, B, … in order, 2 to 8 of them"
    if not isinstance(item.answer, str) or not item.answer or set(item.answer) - set(letters):
        return f"the answer of a choice is letters of its options, which are {letters}"
    if list(item.answer) != sorted(set(item.answer)):
        return "the letters of the answer must be in order, each once"
    return "a single choice has one right letter" if item.type == "single_choice" and len(item.answer) > 1 else None


def _of_text(item: Item) -> str | None:
    if item.type == "true_false" and item.answer not in ("√", "×"):
        return "the answer of a judgement is √ or ×"
    blanks = len(BLANK.findall(item.stem))
    answers = len(item.answer) if isinstance(item.answer, list) else 1
    if item.type == "fill_blank" and blanks != answers:
        return f"the stem has {blanks} blanks (____), the answer {answers}"
    if item.type != "fill_blank" and isinstance(item.answer, list):
        return "only blanks have a list of answers"
    texts = (item.stem, item.solution, *item.options.values())
    return "a dollar sign is missing: formulas stand between two" if any(t.count("$") % 2 for t in texts) else None


def _of_points(item: Item) -> str | None:
    if item.partial_score is not None and (item.type != "multiple_choice" or item.partial_score > item.score):
        return "partial_score is for multiple choices, and not more than score"
    total = sum(criterion.points for criterion in item.rubric)
    return "the rubric's points don't add up to score" if item.rubric and abs(total - item.score) > 1e-6 else None
