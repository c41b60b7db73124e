"""/subjects/{subject}/points and …/proposals: a school's own knowledge points, and those found in its course texts."""

# ruff: noqa: FAST003 - subject and proposal_id are taken by dependencies

import hashlib
import re
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from contracts.taxonomy import taxonomy
from services.gateway import idempotency
from services.gateway.api import bodies
from services.gateway.api.context import InCaller, InGateway, InTenant, existing
from services.gateway.api.course_making import change_of, decoded, found_in
from services.gateway.api.course_views import (
    Accepted,
    Engine,
    NewPoints,
    PointsView,
    ProposalPage,
    ProposalView,
    entry_view,
    points_view,
    proposal_view,
)
from services.gateway.api.documented import problems
from services.gateway.api.headers import InCheckedKey
from services.gateway.api.json_body import json_body
from services.gateway.api.paging import InPage
from services.gateway.api.subjects import SETTLED, SHOWN, InSubject
from services.gateway.api.versioned import ETAG, IfMatch, etag, expected
from services.gateway.core.cursor import decode, named
from services.gateway.core.problems import Code, Problem
from services.gateway.courses import proposals, store
from services.gateway.courses.core.own import as_wanted
from services.gateway.courses.proposals import PREFIX, Asked, Proposal
from services.gateway.courses.store import Acceptance, Own

router = APIRouter(prefix="/subjects", tags=["courses"])

_KNOWN = re.compile(PREFIX + "[0-9a-f]{32}")
_TEXTS = ("text/markdown", "text/plain")
_EXAMPLE = (
    "## 3.3 解一元一次方程\n在等式的性质的基础上，我们学习移项。所谓移项，是指把等式一边的某项变号后移到另一边。\n"
)
_TEXT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "minLength": 1}, "example": _EXAMPLE} for kind in _TEXTS},
    }
}
_read_points, _points = json_body(NewPoints, 512)
_read_accepted, _accepted = json_body(Accepted, 512, required=False)


async def _proposal(
    gateway: InGateway,
    tenant: InTenant,
    subject: InSubject,
    proposal_id: Annotated[str, Path(examples=[PREFIX + "2f1c7a50be2c84b8f9f0d3c5a1b2e4d6"])],
) -> Proposal:
    known = _KNOWN.fullmatch(proposal_id) is not None
    proposal = await proposals.find(gateway.pool, tenant, subject, proposal_id) if known else None
    return existing(proposal, Code.PROPOSAL_NOT_FOUND)


InProposal = Annotated[Proposal, Depends(_proposal)]


@router.get("/{subject}/points", summary="Knowledge points of a subject", responses=SHOWN)
async def get_points(response: Response, gateway: InGateway, tenant: InTenant, subject: InSubject) -> PointsView:
    """Those that ship and the school's own, with what each builds on."""
    return _view(response, subject, await store.find(gateway.pool, tenant, subject))


@router.put("/{subject}/points", summary="Settle the school's own points", openapi_extra=_points, responses=SETTLED)
async def put_points(
    response: Response,
    gateway: InGateway,
    tenant: InTenant,
    subject: InSubject,
    wanted: Annotated[NewPoints, Depends(_read_points)],
    *,
    if_match: IfMatch = None,
) -> PointsView:
    """In place of all own points so far; an empty list takes them away. A name of a point that ships adds links to it.

    For uploads and practice papers from now on: exams keep the points they were accepted with.
    """
    change = change_of(gateway, subject, wanted.points, keep=False)
    return _view(response, subject, await store.settle(gateway.pool, tenant, subject, change, expected(if_match)))


@router.post(
    "/{subject}/proposals",
    status_code=201,
    summary="Propose points from course text",
    openapi_extra=_TEXT,
    responses=problems(
        Code.UNKNOWN_SUBJECT, Code.VALIDATION_FAILED, Code.BODY_TOO_LARGE, Code.UNSUPPORTED_CONTENT_TYPE,
        Code.INVALID_IDEMPOTENCY_KEY, Code.IDEMPOTENCY_MISMATCH, Code.IDEMPOTENCY_IN_FLIGHT, Code.PROPOSAL_LIMIT,
        Code.COURSE_WITHOUT_POINTS,
    ),
)  # fmt: skip
async def create_proposal(
    request: Request,
    response: Response,
    gateway: InGateway,
    tenant: InTenant,
    subject: InSubject,
    *,
    key: InCheckedKey,
    title: Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", description="For your lists.")] = "",
    engine: Annotated[Engine, Query(description="`local`: ask no model, the text stays in the house.")] = "auto",
) -> ProposalView:
    """Syllabus, textbook or lecture notes as plain text or Markdown; answers with points, links and the words that show them.

    Nothing of it counts until it is accepted. The text itself is not kept. With a language model configured the answer
    takes up to `REDINK_LLM_EXAM_SECONDS`; what the model can't say is found by the local rules (`llm.kept_local`).
    """
    if bodies.media_type(request) not in _TEXTS:
        raise Problem(Code.UNSUPPORTED_CONTENT_TYPE, f"Send the text as {' or '.join(_TEXTS)}.")
    data = await bodies.raw(request, gateway.reader.settings.max_bytes)
    asked = Asked(key, idempotency.digest("course", subject, title, engine, data))
    earlier = await proposals.repeated(gateway.pool, tenant, asked)
    proposal = earlier or await found_in(gateway, tenant, subject, (title, engine, decoded(data)), asked)
    if earlier is not None:
        response.headers["Idempotent-Replayed"] = "true"
    response.headers["Location"] = f"/api/v1/subjects/{subject}/proposals/{proposal.id}"
    return proposal_view(proposal)


@router.get(
    "/{subject}/proposals",
    summary="List proposals",
    responses=problems(Code.UNKNOWN_SUBJECT, Code.INVALID_CURSOR, Code.VALIDATION_FAILED),
)
async def list_proposals(
    gateway: InGateway,
    tenant: InTenant,
    subject: InSubject,
    page: InPage,
) -> ProposalPage:
    """Newest first, without their points."""
    made = await proposals.page(gateway.pool, tenant, subject, page.after(decode), page.more)
    items, following = page.cut(made, lambda last: named(last.created_at, last.id))
    return ProposalPage(items=[entry_view(each) for each in items], next_cursor=following)


@router.get(
    "/{subject}/proposals/{proposal_id}",
    summary="One proposal",
    responses=problems(Code.UNKNOWN_SUBJECT, Code.PROPOSAL_NOT_FOUND),
)
async def get_proposal(proposal: InProposal) -> ProposalView:
    """Its points, each with the words of the text."""
    return proposal_view(proposal)


@router.post(
    "/{subject}/proposals/{proposal_id}/accept",
    summary="Accept a proposal",
    openapi_extra=_accepted,
    responses={
        200: {"headers": ETAG},
        **problems(
            Code.UNKNOWN_SUBJECT, Code.PROPOSAL_NOT_FOUND, Code.PROPOSAL_ACCEPTED, Code.VALIDATION_FAILED,
            Code.BODY_TOO_LARGE, Code.UNSUPPORTED_CONTENT_TYPE,
        ),
    },
)  # fmt: skip
async def accept_proposal(
    response: Response,
    gateway: InGateway,
    caller: InCaller,
    proposal: InProposal,
    wanted: Annotated[Accepted, Depends(_read_accepted)],
) -> PointsView:
    """As it is, or with `points` in its stead: edited, fewer, more. They join the school's own points of the subject.

    The same again changes nothing; something else of a proposal that was accepted is a 409.
    """
    points = as_wanted(proposal.outcome.points) if wanted.points is None else wanted.points
    digest = idempotency.digest("accept", [point.model_dump_json() for point in points])
    acceptance = Acceptance(proposal, caller.key_id, digest)
    change = change_of(gateway, proposal.subject, points, keep=True)
    now = await store.accept(gateway.pool, caller.tenant, acceptance, change)
    return _view(response, proposal.subject, now)


@router.delete(
    "/{subject}/proposals/{proposal_id}",
    status_code=204,
    summary="Delete a proposal",
    responses=problems(Code.UNKNOWN_SUBJECT, Code.PROPOSAL_NOT_FOUND),
)
async def delete_proposal(gateway: InGateway, tenant: InTenant, proposal: InProposal) -> None:
    """Forget it. What was accepted of it stays: change that with PUT …/points."""
    await proposals.delete(gateway.pool, tenant, proposal.subject, proposal.id)


def _view(response: Response, subject: str, own: Own) -> PointsView:
    shipped = taxonomy(subject)
    response.headers["ETag"] = etag(own.version, _digest(subject))
    return points_view(shipped, own)


@cache
def _digest(subject: str) -> str:
    """Of the points that ship: the next release may have others."""
    return hashlib.sha256(taxonomy(subject).model_dump_json().encode()).hexdigest()[:8]
