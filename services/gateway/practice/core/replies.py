"""What a model says when it is asked to write items, and to solve them: shapes with limits, not yet believed."""

from pydantic import BaseModel, Field


class WrittenReply(BaseModel):
    """One item as the model writes it. `wrong`: wrong answers to try the key with, where there are no options."""

    type: str = Field(max_length=40)
    stem: str = Field(max_length=4000)
    options: dict[str, str] = Field(default={}, max_length=8)
    answer: str | list[str]
    wrong: list[str] = Field(default=[], max_length=8)
    solution: str = Field(default="", max_length=4000)
    facility: float | None = None


class WritingReply(BaseModel):
    """What a model wrote."""

    items: list[WrittenReply] = Field(max_length=40)


class SolvedReply(BaseModel):
    """What a model answers to an item whose key it wasn't shown; None: it finds no single answer."""

    number: int
    answer: str | list[str] | None = None


class SolvingReply(BaseModel):
    """The answers."""

    answers: list[SolvedReply] = Field(max_length=40)
