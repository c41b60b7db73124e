"""What is sent and answered about the review queue, as models."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.result import ResultQuestion
from services.gateway.api.correction_views import QuestionPatch
from services.gateway.api.views import View
from services.gateway.review.decisions import Kept
from services.gateway.review.items import Reason
from services.gateway.review.queue import Item, Leased

MAX_MINUTES = 120
_LEASE = "8f14e45f-ceea-467f-a0e6-b3d1f8f0a0c1"
Token = Annotated[
    str | None,
    Field(
        max_length=64,
        description="The `lease` of the lease you have; without, the item must be free.",
        examples=[_LEASE],
    ),
]


class LeaseOrder(BaseModel):
    """For how long, and which lease to renew."""

    model_config = ConfigDict(extra="forbid", title="LeaseOrder")

    minutes: Annotated[int, Field(ge=1, le=MAX_MINUTES)] = 10
    lease: Token = None


class SkipOrder(BaseModel):
    """Which lease goes with it."""

    model_config = ConfigDict(extra="forbid", title="SkipOrder")

    lease: Token = None


class DecisionOrder(BaseModel):
    """Either that it stands as it is, or what to correct."""

    model_config = ConfigDict(
        extra="forbid",
        title="DecisionOrder",
        json_schema_extra={
            "oneOf": [{"required": ["accept"]}, {"required": ["correction"]}],
            "examples": [{"accept": True}, {"correction": {"student_answer": "B"}, "lease": _LEASE}],
        },
    )

    accept: Annotated[bool, Field(json_schema_extra={"const": True})] = False
    correction: QuestionPatch | None = None
    lease: Token = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "DecisionOrder":
        if self.accept == (self.correction is not None):
            raise ValueError('say either "accept": true, or a correction')
        if self.correction is not None and not self.correction.fields():
            raise ValueError("the correction says nothing")
        return self


class ReviewLinks(View):
    """Where its exam is."""

    exam: str
    result: str
    pages: str = Field(description="Replace {page}: the rectified pages, to which `regions` refer.")


class ReviewItem(View):
    """A question that a teacher should look at."""

    id: str
    exam_id: str
    revision: int
    number: str
    path: list[str]
    reason: Reason = Field(
        description="missing: it was not found on the pages, so upload the page that lacks, or photograph it again;"
        " unread: there is writing that could not be read; low_confidence: it was read, but not surely;"
        " no_verdict: no key fits, or the wording must be judged; doubtful_verdict: key and marks disagree, or the"
        " rule decided narrowly."
    )
    question: ResultQuestion = Field(description="As in the result, without its text.")
    subject: str
    grade: int
    class_id: str | None
    student_id: str
    title: str | None
    queued_at: datetime = Field(description="When the exam ended, or the item was skipped last.")
    skips: int
    leased_by: str | None = Field(description="Whose it is: `Redink-Actor`, or the id of the API key.")
    leased_until: datetime | None
    links: ReviewLinks


class ReviewPage(View):
    """One page of the queue, oldest first."""

    items: list[ReviewItem]
    open: int = Field(description="How many there are by these filters, over all pages; counted up to 1000.")
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last.")


class LeaseView(View):
    """An item that is yours until `leased_until`."""

    lease: str = Field(description="Send it with the decision, or to renew.", examples=[_LEASE])
    item: ReviewItem


class DecisionView(View):
    """A decision that is safe, and will be applied."""

    id: str = Field(description="Also of its entry in GET /exams/{exam_id}/corrections.")
    item_id: str
    exam_id: str
    path: list[str]
    accept: bool
    decided_at: datetime
    applied_within: float = Field(
        description="Seconds after the last decision on the exam, at most, until its new revision begins;"
        " at once when none of its items is open any more."
    )


class VoidReason(View):
    """Why a decision will never be applied."""

    code: str = Field(examples=["result_gone"])
    detail: str = Field(description="What is the matter, and what to do.")


class KeptDecision(View):
    """A decision that is not in the exam's corrections: it waits, or is void."""

    id: str
    item_id: str
    exam_id: str
    path: list[str]
    accept: bool
    correction: dict[str, Any] = Field(description="As it was sent; empty with `accept`.")
    decided_at: datetime
    by: str = Field(description="Id of the API key.")
    actor: str | None
    state: Literal["waiting", "void"]
    problem: VoidReason | None = Field(description="Of a void one: why it will not be applied.")


class KeptDecisions(View):
    """One page of decisions, newest first."""

    items: list[KeptDecision]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last.")


def kept_view(kept: Kept) -> KeptDecision:
    """A decision as the API tells it."""
    made = kept.decision
    return KeptDecision(
        id=str(made.id),
        item_id=str(kept.item_id),
        exam_id=str(kept.exam_id),
        path=list(made.path),
        accept=made.accept,
        correction={str(name): value for name, value in made.fields.items()},
        decided_at=made.at,
        by=made.by,
        actor=made.actor,
        state="void" if made.void else "waiting",
        problem=VoidReason(**made.void) if made.void else None,
    )


def item_view(item: Item) -> ReviewItem:
    """An item as the API tells it."""
    base = f"/api/v1/exams/{item.exam_id}"
    question: dict[str, Any] = {**item.question, "text": ""}
    return ReviewItem(
        id=str(item.item_id),
        exam_id=str(item.exam_id),
        revision=item.revision,
        number=question["number"],
        path=item.path,
        reason=item.reason,
        question=ResultQuestion.model_validate(question),
        subject=item.subject,
        grade=item.grade,
        class_id=item.class_id,
        student_id=item.student_id,
        title=item.title,
        queued_at=item.queued_at,
        skips=item.skips,
        leased_by=item.leased_by,
        leased_until=item.leased_until,
        links=ReviewLinks(exam=base, result=f"{base}/result", pages=f"{base}/pages/{{page}}.jpg"),
    )


def lease_view(leased: Leased) -> LeaseView:
    """A lease with its item."""
    return LeaseView(lease=str(leased.token), item=item_view(leased.item))
