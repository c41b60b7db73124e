"""An essay as text."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Essay:
    """One student's essay. `subject` is its language, chinese or english; paragraphs are parted by line breaks.

    `prompt` and `requirements` are the task; a length in them is read, `min_length` and `max_length` outrank it.
    `rubric`: criteria with their points, which add up to `max_score`, instead of the server's dimensions.
    """

    content: str
    subject: str
    grade: int
    title: str | None = None
    prompt: str | None = None
    requirements: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    max_score: float | None = None
    rubric: Sequence[Mapping[str, Any]] | None = None
    student_id: str | None = None
    class_id: str | None = None
    locale: str | None = None
    priority: str | None = None
    callback_url: str | None = None

    def body(self) -> dict[str, Any]:
        """As it is sent."""
        return {name: value for name, value in asdict(self).items() if value is not None}
