"""What the API answers about a subject's points and about proposals from course texts."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.cost import Cost, LlmUse
from contracts.taxonomy import Taxonomy
from services.gateway.api.views import View
from services.gateway.courses.core.own import NewPoint
from services.gateway.courses.core.proposal import ProposedPoint
from services.gateway.courses.proposals import Proposal
from services.gateway.courses.store import Own

Engine = Literal["auto", "local"]
_MOMENT = "2026-11-22T03:14:15.926Z"
_LINK: dict[str, Any] = {
    "code": "given.等式的性质", "name": "等式的性质", "basis": "stated", "quote": "在等式的性质的基础上，我们学习移项。",
}  # fmt: skip
_POINT: dict[str, Any] = {
    "code": "given.移项", "name": "移项", "known": False, "parent": "math.07", "requires": [_LINK],
    "quote": "所谓移项，是指把等式一边的某项变号后移到另一边。", "line": 10,
}  # fmt: skip
_ID = "crs_2f1c7a50be2c84b8f9f0d3c5a1b2e4d6"
_HEAD: dict[str, Any] = {
    "id": _ID, "subject": "math", "title": "第三章 教案", "engine": "local", "points_found": 1, "created_at": _MOMENT,
    "accepted_at": None,
}  # fmt: skip
_ENTRY: dict[str, Any] = {
    "code": "given.移项", "name": "移项", "name_en": "moving terms", "parent": "math.07", "requires": ["given.等式的性质"],
    "aliases": ["变号移到另一边"], "own": True,
}  # fmt: skip
NEW: dict[str, Any] = {
    "points": [
        {"name": "等式的性质", "parent": "一元一次方程"},
        {"name": "移项", "requires": ["等式的性质"], "aliases": ["变号移到另一边"]},
    ]
}


class ProposalEntry(View):
    """A proposal in a list."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HEAD]})

    id: str
    subject: str
    title: str
    engine: str = Field(description="`local`, or the model that read at least a part of the text.")
    points_found: int
    created_at: datetime
    accepted_at: datetime | None = Field(description="null: it counts for nothing yet.")


class ProposalView(ProposalEntry):
    """Points found in a course text, and what each builds on, with the words of the text."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [_HEAD | {"points": [_POINT], "left_out": 0, "more": 0, "llm": None, "cost": None}]
        }
    )

    points: list[ProposedPoint] = Field(description="In the order of the text.")
    left_out: int = Field(description="Links that were found but would have closed a circle.")
    more: int = Field(description="Points beyond the most that are proposed: send the text in parts.")
    llm: LlmUse | None = Field(description="Passages a model was asked about, and why the others have local points.")
    cost: Cost | None


class ProposalPage(View):
    """One page of proposals, newest first."""

    items: list[ProposalEntry]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last.")


class SubjectPoint(View):
    """A knowledge point that holds."""

    code: str
    name: str
    name_en: str | None = Field(description="What English reports call it.")
    parent: str | None = Field(description="Code of its topic.")
    requires: list[str] = Field(description="Codes of what it directly builds on.")
    aliases: list[str] = Field(description="Of an own point: other words by which a question shows it.")
    own: bool = Field(description="The school's own; else it ships.")


class PointsView(View):
    """All points of a subject: those that ship, and the school's own."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"subject": "math", "version": 1, "updated_at": _MOMENT, "points": [_ENTRY]}]}
    )

    subject: str
    version: int = Field(description="Of the school's own; 0: it has none.")
    updated_at: datetime | None
    points: list[SubjectPoint]


class NewPoints(BaseModel):
    """The school's own points, all of them: what is left out is gone."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [NEW]})

    points: list[NewPoint] = Field(max_length=1000)


class Accepted(BaseModel):
    """Which points are taken; all, as they are proposed, when it is left out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [NEW]})

    points: list[NewPoint] | None = Field(default=None, max_length=1000)


def entry_view(proposal: Proposal) -> ProposalEntry:
    """Without its points."""
    return ProposalEntry(**_head(proposal))


def proposal_view(proposal: Proposal) -> ProposalView:
    """With its points."""
    outcome = proposal.outcome
    return ProposalView(
        **_head(proposal),
        points=list(outcome.points),
        left_out=outcome.left_out,
        more=outcome.more,
        llm=outcome.llm,
        cost=outcome.cost,
    )


def _head(proposal: Proposal) -> dict[str, Any]:
    return {
        "id": proposal.id,
        "subject": proposal.subject,
        "title": proposal.title,
        "engine": proposal.outcome.engine,
        "points_found": len(proposal.outcome.points),
        "created_at": proposal.created_at,
        "accepted_at": proposal.accepted_at,
    }


def points_view(shipped: Taxonomy, own: Own) -> PointsView:
    """What holds from now on."""
    ships = {point.code for point in shipped.points}
    points = [
        SubjectPoint(
            code=p.code,
            name=p.name,
            name_en=p.name_en,
            parent=p.parent,
            requires=list(p.requires),
            aliases=list(p.aliases),
            own=p.code not in ships,
        )
        for p in shipped.with_own(own.points).points
    ]
    return PointsView(subject=shipped.subject, version=own.version, updated_at=own.updated_at, points=points)
