"""What the server says, typed as far as programs branch on it; `raw` has all of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED", "EXPIRED"})


@dataclass(frozen=True)
class Exam:
    """Where an exam is. `progress` in percent, `remaining` in seconds, `step` in words."""

    id: str
    status: str
    progress: int
    step: str
    remaining: float | None
    error_code: str | None
    error_message: str | None
    raw: Mapping[str, Any]

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in FINAL

    @property
    def completed(self) -> bool:
        """Whether it has a result and a report."""
        return self.status == "COMPLETED"

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Exam":
        """From the JSON of an exam, of its status, or of an event."""
        return cls(
            id=document["exam_id"],
            status=document["status"],
            progress=document["progress"],
            step=document.get("current_step", ""),
            remaining=document.get("estimated_remaining_time"),
            error_code=document.get("error_code"),
            error_message=document.get("error_message"),
            raw=document,
        )


@dataclass(frozen=True)
class Batch:
    """How far papers uploaded together are. `counts`: exams by status; `refused`: papers that became none."""

    id: str
    status: str
    progress: int
    papers: int
    waiting: int
    refused: int
    counts: Mapping[str, int]
    raw: Mapping[str, Any]

    @property
    def ended(self) -> bool:
        """Whether all its exams have."""
        return self.status in {"COMPLETED", "CANCELLED"}

    @property
    def done(self) -> int:
        """Exams that have ended."""
        return sum(count for status, count in self.counts.items() if status in FINAL)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Batch":
        """From the JSON of a batch, of an upload's answer, or of an event."""
        numbers = {name: document[name] for name in ("status", "progress", "papers", "waiting", "refused", "counts")}
        return cls(id=document["batch_id"], raw=document, **numbers)


@dataclass(frozen=True)
class Outcome:
    """What became of one paper of a batch. `state`: accepted, waiting (for its exam to be made), refused or cancelled.

    `name` is its file's or folder's; `problem` says why it was refused; `exam` is None while there is none.
    """

    number: int
    name: str
    state: str
    exam_id: str | None
    problem: Mapping[str, Any] | None
    exam: Exam | None
    raw: Mapping[str, Any]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Outcome":
        """From the JSON of a batch's paper."""
        told = {name: document[name] for name in ("number", "name", "state", "exam_id", "problem")}
        exam = document.get("exam")
        return cls(exam=None if exam is None else Exam.of(exam), raw=document, **told)


@dataclass(frozen=True)
class Page:
    """Part of a list; `next` is the cursor of what follows, None at the end."""

    exams: tuple[Exam, ...]
    next: str | None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Page":
        """From the JSON of a page."""
        return cls(tuple(Exam.of(item) for item in document["items"]), document["next_cursor"])
