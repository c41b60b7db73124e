"""What a teacher said of a question: an entry of the log that travels in the submission, from revision to revision."""

import uuid
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Literal, get_args

from pydantic import Field

from contracts.artefacts.analysis import Verdict
from contracts.artefacts.paper import KnowledgePoint
from contracts.base import Contract

Correctable = Literal["student_answer", "correct_answer", "verdict", "score", "knowledge_points", "comment"]


class Judgement(Contract):
    """Fields of a question; null says nothing of a field. The comment is the `feedback` of the result."""

    student_answer: str | None = None
    correct_answer: str | None = None
    verdict: Verdict | None = None
    score: float | None = Field(default=None, ge=0)
    knowledge_points: tuple[KnowledgePoint, ...] | None = None
    comment: str | None = None


class Correction(Contract):
    """One word of a teacher on one question; entries are folded in their order.

    `kind` accepted: the question stands as it was in `before`. `said`: what is to hold from now on; `withdrawn`: what
    is to be as the machine has it again. `revision`: the one that the entry began. `by`: id of the API key, `actor`:
    the client's own name for the teacher.
    """

    id: uuid.UUID
    number: str
    path: tuple[str, ...]
    kind: Literal["corrected", "accepted"] = "corrected"
    said: Judgement = Judgement()
    withdrawn: tuple[Correctable, ...] = ()
    before: Judgement = Judgement()
    revision: int = Field(ge=1)
    at: datetime
    by: str
    actor: str | None = None


class Standing(Contract):
    """What holds of a question after all that teachers said of it: corrections, over what was accepted as read."""

    said: Judgement = Judgement()
    accepted: Judgement | None = None

    @property
    def holds(self) -> Judgement:
        """Both as one."""
        return self.said if self.accepted is None else Judgement(**{**given(self.accepted), **given(self.said)})


def standing(log: Iterable[Correction]) -> dict[tuple[str, ...], Standing]:
    """What holds after the log, by the path of the question; questions of which everything was withdrawn are left out."""
    found: dict[tuple[str, ...], Standing] = {}
    for entry in log:
        found[entry.path] = _after(found.get(entry.path, Standing()), entry)
    return {path: now for path, now in found.items() if now != Standing()}


def given(judgement: Judgement) -> dict[Correctable, Any]:
    """The fields of which it says something."""
    values = ((name, getattr(judgement, name)) for name in get_args(Correctable))
    return {name: value for name, value in values if value is not None}


_GRADE: frozenset[Correctable] = frozenset({"verdict", "score"})
_ACCEPTED: frozenset[Correctable] = _GRADE | {"student_answer"}


def _after(now: Standing, entry: Correction) -> Standing:
    if entry.kind == "accepted":
        return Standing(said=now.said, accepted=_only(entry.before, _ACCEPTED))
    touched = given(entry.said).keys() | set(entry.withdrawn)
    # Verdict and score are one word: who says one of them anew leaves nothing of an older one.
    stale = touched | (_GRADE if touched & _GRADE else frozenset())
    said = Judgement(**{**_without(now.said, stale), **given(entry.said)})
    accepted = now.accepted
    if accepted is not None and touched & (_ACCEPTED | {"correct_answer"}):
        # What was accepted was a verdict on another answer or by another key.
        left = _without(accepted, stale | _GRADE)
        accepted = Judgement(**left) if left else None
    return Standing(said=said, accepted=accepted)


def _only(judgement: Judgement, names: AbstractSet[Correctable]) -> Judgement:
    return Judgement(**{name: value for name, value in given(judgement).items() if name in names})


def _without(judgement: Judgement, names: AbstractSet[Correctable]) -> dict[Correctable, Any]:
    return {name: value for name, value in given(judgement).items() if name not in names}
