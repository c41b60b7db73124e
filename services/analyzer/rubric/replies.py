"""What a model says of an answer, as it comes; and its sentences as people may see them."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

_LINK = re.compile(r"(?:https?:)?//\S+|www\.\S+|[\x00-\x08\x0b-\x1f\x7f<>]")
_SHOWN = 300


class CriterionReply(BaseModel):
    """What the model says of one criterion."""

    id: str = Field(max_length=8)
    points: float = Field(ge=0, le=10_000, allow_inf_nan=False)
    evidence: list[str] = Field(default=[], max_length=6)
    reason: str = Field(default="", max_length=600)


class RubricReply(BaseModel):
    """What the model says of an answer."""

    criteria: list[CriterionReply] = Field(min_length=1, max_length=60)
    feedback: str = Field(default="", max_length=1200)


class Said(BaseModel):
    """What a model adds of its own accord: a null in it is no reason to throw the grade away."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value


def shown(text: str) -> str | None:
    """A model's sentence as people may see it: short, without links, markup and control characters."""
    text = " ".join(_LINK.sub("", text).split())
    return (text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…") or None
