"""What is sent and answered about corrections, as models."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from contracts.artefacts.analysis import Verdict
from contracts.artefacts.correction import Correctable, Correction, Judgement, given
from contracts.artefacts.paper import KnowledgePoint
from contracts.status import Status
from services.gateway.api.views import View
from services.gateway.corrections.history import Revision
from services.gateway.corrections.rules import Wish
from services.gateway.exams import Exam

MAX_CORRECTIONS = 200
_EXAM = "/api/v1/exams/0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d"
_TEXT = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"


class PointBody(BaseModel):
    """A knowledge point; its name may serve as its code."""

    model_config = ConfigDict(extra="forbid", title="KnowledgePointGiven")

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=_TEXT, examples=["有理数的加减"])]
    code: Annotated[str, Field(min_length=1, max_length=64, pattern=_TEXT)] | None = None


class QuestionPatch(BaseModel):
    """A JSON merge patch (RFC 7396) of a question: what is left out stays, null withdraws what a teacher said before."""

    model_config = ConfigDict(
        extra="forbid",
        title="QuestionPatch",
        json_schema_extra={
            "minProperties": 1,
            "examples": [{"student_answer": "B"}, {"verdict": "partial", "score": 2.5}],
        },
    )

    student_answer: Annotated[str, Field(max_length=20_000, pattern=_TEXT)] | None = Field(
        default=None, description='As the student wrote it: "" is a blank, blanks of one question are joined by |.'
    )
    correct_answer: Annotated[str, Field(min_length=1, max_length=20_000, pattern=_TEXT)] | None = Field(
        default=None, description="The key of this question in this exam, blanks joined by |."
    )
    verdict: Verdict | None = Field(default=None, description="Outranks the key, until it is withdrawn.")
    score: Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)] | None = Field(
        default=None, description="At most the question's points; without a verdict it says which."
    )
    knowledge_points: Annotated[list[PointBody], Field(max_length=20)] | None = None
    comment: Annotated[str, Field(min_length=1, max_length=2000, pattern=_TEXT)] | None = Field(
        default=None, description="Shown in the report; the question's `feedback` in the result."
    )

    def fields(self) -> dict[Correctable, Any]:
        """What was given, as in `Wish.fields`."""
        names = self.model_fields_set & set(PATCHABLE)
        found: dict[Correctable, Any] = {name: getattr(self, name) for name in PATCHABLE if name in names}
        if (points := found.get("knowledge_points")) is not None:
            found["knowledge_points"] = tuple(
                KnowledgePoint(code=point.code or point.name, name=point.name, confidence=1.0) for point in points
            )
        return found


PATCHABLE = cast("tuple[Correctable, ...]", tuple(QuestionPatch.model_fields))


class NamedPatch(QuestionPatch):
    """A patch and the question it is for."""

    model_config = ConfigDict(
        title="NamedQuestionPatch",
        json_schema_extra={"minProperties": 2, "examples": [{"question": "17(1)", "verdict": "correct"}]},
    )

    question: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="Its number in the result, or its path joined with dots.", examples=["17(1)", "三.17.(1)"]
    )


class QuestionPatches(BaseModel):
    """Corrections of several questions, which make one new revision."""

    model_config = ConfigDict(extra="forbid", title="QuestionPatches")

    corrections: Annotated[list[NamedPatch], Field(min_length=1, max_length=MAX_CORRECTIONS)]

    def wishes(self) -> list[Wish]:
        """In their order."""
        return [Wish(patch.question, patch.fields()) for patch in self.corrections]


class CorrectionView(View):
    """What a teacher said of a question, once."""

    id: str
    question: str = Field(description="Number of the question.")
    path: list[str]
    kind: Literal["corrected", "accepted"] = Field(description="accepted: it was to stand as it was.")
    said: dict[str, Any] = Field(description="The fields that were given.", examples=[{"student_answer": "B"}])
    withdrawn: list[str] = Field(description="Fields that were to be as the machine has them again.")
    before: dict[str, Any] = Field(description="What the result said until then.")
    revision: int = Field(description="The revision that it began.")
    at: datetime
    by: str = Field(description="Id of the API key.")
    actor: str | None = Field(description="Your own name for the teacher, from the header `Redink-Actor`.")


class LoggedView(CorrectionView):
    """A correction, and what became of it."""

    state: Literal["pending", "applied", "not_placed"] = Field(
        description="pending: its revision has not completed; not_placed: a replay found no such question any more."
    )


class CorrectionPage(View):
    """One page of the log, newest first."""

    items: list[LoggedView]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last.")


class CorrectionLinks(View):
    """Where to go on."""

    exam: str
    status: str
    events: str
    result: str
    corrections: str


class CorrectedView(View):
    """What came of a correction."""

    exam_id: str
    revision: int = Field(description="The revision that has it: the next one, or the present one if nothing changed.")
    status: Status
    corrections: list[CorrectionView] = Field(description="What was added to the log; empty if all of it held already.")
    links: CorrectionLinks = Field(examples=[{"exam": _EXAM, "status": f"{_EXAM}/status"}])


class RevisionView(View):
    """One run of an exam."""

    revision: int
    reason: Literal["upload", "correction", "retry"]
    status: Status
    began_at: datetime
    ended_at: datetime | None
    corrections: int = Field(description="Entries of the log that it began with anew.")
    by: str | None = Field(description="Id of the API key that corrected.")
    shown: bool = Field(description="Whether GET /exams/{exam_id}/result is this one's.")
    result: str | None = Field(description="Where this revision's result is; null unless it completed.")


class RevisionList(View):
    """All revisions, newest first."""

    items: list[RevisionView]


def corrected_view(exam: Exam, entries: Sequence[Correction]) -> CorrectedView:
    """The answer to a correction."""
    base = f"/api/v1/exams/{exam.exam_id}"
    return CorrectedView(
        exam_id=str(exam.exam_id),
        revision=exam.position.revision,
        status=exam.position.status,
        corrections=[CorrectionView(**_fields(entry) | {"revision": exam.position.revision}) for entry in entries],
        links=CorrectionLinks(
            exam=base,
            status=f"{base}/status",
            events=f"{base}/events",
            result=f"{base}/result",
            corrections=f"{base}/corrections",
        ),
    )


def logged_view(entry: Correction, shown: int | None, placed: bool) -> LoggedView:
    """`shown`: the revision that the exam shows; `placed`: whether its result has the question."""
    state = "pending" if shown is None or entry.revision > shown else "applied" if placed else "not_placed"
    return LoggedView(**_fields(entry), state=state)


def revision_view(exam: Exam, revision: Revision, log: Sequence[Correction]) -> RevisionView:
    """A revision, with what the log says of it."""
    begun_by = [entry for entry in log if entry.revision == revision.revision]
    number, completed = revision.revision, revision.status == Status.COMPLETED
    return RevisionView(
        revision=number,
        reason="upload" if number == 1 else "correction" if begun_by else "retry",
        status=Status(revision.status),
        began_at=revision.began_at,
        ended_at=revision.ended_at,
        corrections=len(begun_by),
        by=begun_by[0].by if begun_by else None,
        shown=number == exam.result_revision,
        result=f"/api/v1/exams/{exam.exam_id}/revisions/{number}/result" if completed else None,
    )


def _fields(entry: Correction) -> dict[str, Any]:
    return {
        "id": str(entry.id),
        "question": entry.number,
        "path": list(entry.path),
        "kind": entry.kind,
        "said": _plain(entry.said),
        "withdrawn": list(entry.withdrawn),
        "before": _plain(entry.before),
        "revision": entry.revision,
        "at": entry.at,
        "by": entry.by,
        "actor": entry.actor,
    }


def _plain(judgement: Judgement) -> dict[str, Any]:
    return judgement.model_dump(mode="json", include={str(name) for name in given(judgement)})
