"""GET /batches/{id}/class-report, .html, .pdf: what the batch says of the class."""

# ruff: noqa: FAST003 - batch_id is taken by the dependency InBatch

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from contracts.names import Language
from services.gateway.api import downloads
from services.gateway.api.batches import InBatch
from services.gateway.api.context import InGateway
from services.gateway.api.documented import BINARY, CONDITIONAL, problems
from services.gateway.api.results import REPORT_CSP
from services.gateway.batches.rows import Batch
from services.gateway.classreport.collect import Chosen, Wanted, choose
from services.gateway.classreport.core.document import ClassReport, Disclosure
from services.gateway.core.disposition import disposition
from services.gateway.core.problems import Code, Problem

router = APIRouter(tags=["batches"])

_REFUSALS = problems(
    Code.BATCH_NOT_FOUND,
    Code.BATCH_NOT_ENDED,
    Code.CLASS_REPORT_MIXED,
    Code.CLASS_REPORT_EMPTY,
    Code.VALIDATION_FAILED,
)


def _wanted(
    disclosure: Annotated[
        Disclosure,
        Query(description="Of single students: `band` tells their band, `score` their points too, `none` nothing."),
    ] = "band",
    subject: Annotated[str | None, Query(max_length=32, description="When the batch holds several papers.")] = None,
    grade: Annotated[int | None, Query(ge=1, le=12)] = None,
    class_id: Annotated[str | None, Query(max_length=128, description="Only this class.")] = None,
) -> Wanted:
    return Wanted(disclosure, subject, grade, class_id)


InWanted = Annotated[Wanted, Depends(_wanted)]
InLanguage = Annotated[Language, Query(description="Of the report's own words; papers are quoted as they are.")]


@router.get(
    "/batches/{batch_id}/class-report",
    summary="The class report",
    response_model=ClassReport,
    responses={**CONDITIONAL, **_REFUSALS},
)
async def get_class_report(request: Request, gateway: InGateway, batch: InBatch, wanted: InWanted) -> Response:
    """Facility, discrimination, reliability, distractors, knowledge points (`redink.class_report.v1`), of exams as graded now.

    Below 20 students what compares them is null, and `unsaid` says why. There is no ranking.
    """
    chosen = await _chosen(gateway, batch, wanted)
    content = downloads.Content(f"{chosen.tag}-json", "application/json")
    if known := downloads.not_modified(request, content):
        return known
    return _answer(await gateway.batches.reports.json(chosen), content)


@router.get(
    "/batches/{batch_id}/class-report.html",
    summary="The class report as a page",
    response_class=Response,
    responses={
        200: {"content": {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>…"}}},
        **CONDITIONAL,
        **_REFUSALS,
    },
)
async def get_class_html(
    request: Request, gateway: InGateway, batch: InBatch, wanted: InWanted, lang: InLanguage = "zh"
) -> Response:
    """Self-contained; served with a policy that runs no script and fetches nothing."""
    chosen = await _chosen(gateway, batch, wanted)
    headers = {"Content-Security-Policy": REPORT_CSP, "Referrer-Policy": "no-referrer", **_named(batch, ".html")}
    content = downloads.Content(f"{chosen.tag}-html-{lang}", "text/html; charset=utf-8", headers)
    if known := downloads.not_modified(request, content):
        return known
    return _answer(await gateway.batches.reports.html(chosen, lang), content)


@router.get(
    "/batches/{batch_id}/class-report.pdf",
    summary="The class report for printing",
    response_class=Response,
    responses={200: {"content": {"application/pdf": BINARY}}, **CONDITIONAL, **_REFUSALS},
)
async def get_class_pdf(
    request: Request, gateway: InGateway, batch: InBatch, wanted: InWanted, lang: InLanguage = "zh"
) -> Response:
    """A4."""
    chosen = await _chosen(gateway, batch, wanted)
    content = downloads.Content(f"{chosen.tag}-pdf-{lang}", "application/pdf", _named(batch, ".pdf"))
    if known := downloads.not_modified(request, content):
        return known
    return _answer(await gateway.batches.reports.pdf(chosen, lang), content)


async def _chosen(gateway: Any, batch: Batch, wanted: Wanted) -> Chosen:
    if batch.ended_at is None:
        raise Problem(Code.BATCH_NOT_ENDED, headers={"Retry-After": "5"})
    return await choose(gateway.pool, batch, wanted)


def _named(batch: Batch, ending: str) -> Mapping[str, str]:
    return {"Content-Disposition": disposition("inline", f"redink-class-{batch.batch_id}", batch.name, ending)}


def _answer(body: bytes, content: downloads.Content) -> Response:
    return Response(body, media_type=content.media_type, headers=content.all_headers())
