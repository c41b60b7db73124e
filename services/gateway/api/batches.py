"""GET /batches, /batches/{id}, /batches/{id}/exams; POST /batches/{id}/cancel, /tickets."""

# ruff: noqa: FAST003 - batch_id is taken by the dependency InBatch

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from contracts.status import Status
from services.gateway.api import estimates
from services.gateway.api.batch_views import BatchPage, BatchView, PaperPage, PaperWithExam, batch_fields, paper_fields
from services.gateway.api.context import Gateway, InGateway, InTenant, existing, uuid_of
from services.gateway.api.documented import problems
from services.gateway.api.exam_views import ExamView, exam_fields
from services.gateway.api.paging import InPage, Page, paged
from services.gateway.api.tickets import StreamTicket
from services.gateway.batches import rows
from services.gateway.batches.rows import Batch, PaperRow
from services.gateway.core.cursor import Cursor, counted, decode, encode, number_in
from services.gateway.core.eta import Estimate, Queue, estimate
from services.gateway.core.problems import Code, Problem
from services.gateway.live import tickets

router = APIRouter(tags=["batches"])


async def _batch(
    gateway: InGateway,
    tenant: InTenant,
    batch_id: Annotated[
        str, Path(description="As answered by the upload.", examples=["5c0f3c1e-0b7e-5d2a-9a52-3f0c8a1b2c3d"])
    ],
) -> Batch:
    known = uuid_of(batch_id)
    return existing(await rows.find(gateway.pool, tenant, known) if known else None, Code.BATCH_NOT_FOUND)


InBatch = Annotated[Batch, Depends(_batch)]


@router.get("/batches", summary="List batches", responses=problems(Code.INVALID_CURSOR, Code.VALIDATION_FAILED))
async def list_batches(
    gateway: InGateway,
    tenant: InTenant,
    page: InPage,
) -> BatchPage:
    """The tenant's batches, newest first."""
    some = await rows.page(gateway.pool, tenant, page.after(decode), page.more)
    batches, following = page.cut(some, lambda last: encode(Cursor(last.created_at, last.batch_id)))
    return BatchPage(items=[BatchView(**batch_fields(batch, None)) for batch in batches], next_cursor=following)


@router.get("/batches/{batch_id}", summary="One batch", responses=problems(Code.BATCH_NOT_FOUND))
async def get_batch(response: Response, gateway: InGateway, batch: InBatch) -> BatchView:
    """How far its exams are, as of now: cheap enough to poll every few seconds."""
    response.headers["Cache-Control"] = "no-store"
    if batch.ended_at is None:
        response.headers["Retry-After"] = "2"
    return await _view(gateway, batch)


@router.get(
    "/batches/{batch_id}/exams",
    summary="The papers of a batch",
    responses=problems(Code.BATCH_NOT_FOUND, Code.INVALID_CURSOR, Code.VALIDATION_FAILED),
)
async def list_papers(
    gateway: InGateway,
    batch: InBatch,
    page: Annotated[Page, Depends(paged(50))],
) -> PaperPage:
    """In the order of the manifest, else of names: what became of each, refused ones included."""
    after = page.after(partial(number_in, "paper")) or 0
    some = await rows.papers(gateway.pool, batch.tenant, batch.batch_id, after=after, limit=page.more)
    papers, following = page.cut(some, lambda last: counted("paper", last.number))
    return PaperPage(items=[await _paper(gateway, paper) for paper in papers], next_cursor=following)


@router.post(
    "/batches/{batch_id}/cancel", summary="Cancel a batch", responses=problems(Code.BATCH_NOT_FOUND, Code.BATCH_ENDED)
)
async def cancel_batch(gateway: InGateway, batch: InBatch) -> BatchView:
    """Cancel what has not ended; what has stays as it is. Cancelling again changes nothing."""
    if not await rows.cancel(gateway.pool, batch.tenant, batch.batch_id):
        raise Problem(Code.BATCH_ENDED)
    # Should this process die meanwhile, the intake of any gateway goes on.
    for paper in await rows.papers(gateway.pool, batch.tenant, batch.batch_id, state="accepted"):
        if paper.exam is not None and not paper.exam.ended and batch.ended_at is None:
            await gateway.batches.intake.cancel(paper.exam)
    after = await rows.find(gateway.pool, batch.tenant, batch.batch_id)
    return await _view(gateway, after or batch)


@router.post(
    "/batches/{batch_id}/tickets",
    status_code=201,
    summary="A ticket for a batch's live stream",
    responses=problems(Code.BATCH_NOT_FOUND),
)
async def create_batch_ticket(response: Response, gateway: InGateway, batch: InBatch) -> StreamTicket:
    """Give the URL to a page of yours: it follows this batch, and nothing else, without your key."""
    made = await tickets.issue(
        gateway.owner_pool, batch.tenant, "batch", batch.batch_id, gateway.settings.ticket_seconds
    )
    response.headers["Cache-Control"] = "no-store"
    events = f"/api/v1/batches/{batch.batch_id}/events?ticket={made.text}"
    return StreamTicket(ticket=made.text, expires_at=made.expires_at, events=events)


async def remaining(gateway: Gateway, batch: Batch) -> Estimate:
    """Until the last of its exams ends: those in flight, and behind them the papers that wait to become exams."""
    history = gateway.history
    times = [await estimates.remaining(history, exam) for exam in await rows.slowest(gateway.pool, batch)]
    if waiting := batch.counts.states.get("waiting", 0):
        queue = await history.queue("batch", datetime.now(UTC))
        behind = Queue(queue.ahead + waiting, queue.per_second)
        times.append(estimate(Status.UPLOADED, 0.0, await history.stage_times(), behind))
    return Estimate(max((e.p50 for e in times), default=0.0), max((e.p90 for e in times), default=0.0))


async def _view(gateway: Gateway, batch: Batch) -> BatchView:
    return BatchView(**batch_fields(batch, await remaining(gateway, batch)))


async def _paper(gateway: Gateway, paper: PaperRow) -> PaperWithExam:
    exam = None
    if paper.exam is not None:
        exam = ExamView(**exam_fields(paper.exam, await estimates.remaining(gateway.history, paper.exam)))
    return PaperWithExam(**paper_fields(paper), exam=exam)
