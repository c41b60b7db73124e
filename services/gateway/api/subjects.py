"""/subjects/{subject}: what a school has settled for a subject, as far as a stage of the pipeline uses it."""

from datetime import datetime
from typing import Annotated, Any, cast, get_args

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.artefacts import SubjectRules
from contracts.artefacts.submission import Subject
from services.gateway.api.context import InGateway, InTenant
from services.gateway.api.documented import CONDITIONAL, problems
from services.gateway.api.json_body import json_body
from services.gateway.api.versioned import ETAG, IfMatch, etag, expected
from services.gateway.api.views import View
from services.gateway.core.problems import Code, Problem
from services.gateway.templates import rules
from services.gateway.templates.rules import Settled

router = APIRouter(prefix="/subjects", tags=["templates"])

_DEFAULTS = SubjectRules()
_EXAMPLE: dict[str, Any] = {"partial_choice": 0.5, "weak_below": 0.6, "strong_from": 0.85}
_SETTLED: dict[str, Any] = {"subject": "math", "version": 1, "updated_at": "2026-11-22T03:14:15.926Z", **_EXAMPLE}
SHOWN: dict[int | str, dict[str, Any]] = {200: {"headers": ETAG}, **CONDITIONAL, **problems(Code.UNKNOWN_SUBJECT)}
SETTLED: dict[int | str, dict[str, Any]] = {
    200: {"headers": ETAG},
    **problems(
        Code.UNKNOWN_SUBJECT, Code.VALIDATION_FAILED, Code.BODY_TOO_LARGE, Code.PRECONDITION_FAILED,
        Code.UNSUPPORTED_CONTENT_TYPE,
    ),
}  # fmt: skip
"""What answers a question for something of a subject, and what a change of it."""


class NewRules(BaseModel):
    """What holds for the subject; what is left out is at its default."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    partial_choice: float = Field(
        default=_DEFAULTS.partial_choice, strict=True, ge=0, le=1, allow_inf_nan=False,
        description="Share of the points for a multiple choice that names some of the right letters and no wrong one."
        " An item's own `partial_score` goes before it.",
    )  # fmt: skip
    weak_below: float = Field(
        default=_DEFAULTS.weak_below, strict=True, ge=0, le=1, allow_inf_nan=False,
        description="A knowledge point is called weak when its mastery is lower.",
    )  # fmt: skip
    strong_from: float = Field(
        default=_DEFAULTS.strong_from, strict=True, ge=0, le=1, allow_inf_nan=False,
        description="A knowledge point is called a strength from this mastery on.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _ordered(self) -> "NewRules":
        if self.weak_below > self.strong_from:
            raise ValueError("weak_below must not be more than strong_from")
        return self


class RulesView(View):
    """What holds for a subject."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SETTLED]})

    subject: str
    version: int = Field(description="0: the defaults.")
    updated_at: datetime | None
    partial_choice: float
    weak_below: float
    strong_from: float


async def _subject(_tenant: InTenant, subject: Annotated[str, Path(examples=["math"])]) -> Subject:
    if subject not in get_args(Subject):
        raise Problem(Code.UNKNOWN_SUBJECT)
    return cast("Subject", subject)


InSubject = Annotated[Subject, Depends(_subject)]
_read_rules, _body = json_body(NewRules, 4)


@router.get("/{subject}", summary="Rules of a subject", responses=SHOWN)
async def get_subject(response: Response, gateway: InGateway, tenant: InTenant, subject: InSubject) -> RulesView:
    """What exams of the subject are graded and judged by from now on; the defaults until something was settled."""
    now = await rules.find(gateway.pool, tenant, subject)
    return _view(response, subject, now)


@router.put("/{subject}", summary="Settle the rules of a subject", openapi_extra=_body, responses=SETTLED)
async def put_subject(
    response: Response,
    gateway: InGateway,
    tenant: InTenant,
    subject: InSubject,
    wanted: Annotated[NewRules, Depends(_read_rules)],
    *,
    if_match: IfMatch = None,
) -> RulesView:
    """For uploads from now on; exams keep the rules they were accepted with, also when they are tried again."""
    settled = SubjectRules(**wanted.model_dump())
    return _view(response, subject, await rules.settle(gateway.pool, tenant, subject, settled, expected(if_match)))


def _view(response: Response, subject: str, settled: Settled) -> RulesView:
    response.headers["ETag"] = etag(settled.version)
    return RulesView(
        subject=subject, version=settled.version, updated_at=settled.updated_at, **settled.rules.model_dump()
    )
