"""The calls between the two pure halves: every open question of an exam is asked about, side by side."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from contracts.artefacts.analysis import Analysis
from contracts.artefacts.paper import Paper
from contracts.artefacts.reading import Reading
from contracts.artefacts.submission import Submission
from contracts.cost import LlmUse
from runtime import metrics
from runtime.job import Job
from runtime.llm.account import Account
from runtime.llm.client import Llm
from runtime.llm.failures import Failed
from services.analyzer.rubric.grades import Graded, graded, kept, regraded
from services.analyzer.rubric.pictures import with_pictures
from services.analyzer.rubric.questions import Case, cases

RESERVE = 15.0
"""Seconds of an exam's deadline that are left to the stages after this one."""
_AT_A_TIME = 8
"""Questions of one exam: more would crowd out other exams within the limits."""


async def grade_by_model(
    llm: Llm,
    job: Job,
    analysis: Analysis,
    *,
    submission: Submission,
    reading: Reading,
    paper: Paper,
    account: Account | None = None,
) -> Analysis:
    """The analysis with what the model graded; what it could not stays as it was, with the reason.

    `account`: of this run of the exam, when other requests are made for it, too. Never fails because of the model. Raises
    what `job.check` raises, and then asks nothing more.
    """
    account = account or account_of(llm, job)
    wanted = list(cases(submission, paper, analysis))
    if llm.takes_pictures:
        wanted = await with_pictures(job, wanted, submission=submission, reading=reading, paper=paper)
    found = await _all(llm, account, wanted)
    outcomes = Counter(one.fallback or "graded" for one in found)
    for outcome, number in outcomes.items():
        metrics.LLM_GRADES.labels(outcome).inc(number)
    use = LlmUse(
        model=llm.model,
        asked=len(found),
        graded=outcomes.pop("graded", 0),
        kept_local=dict(sorted(outcomes.items())),
    )
    new = regraded(analysis, paper, reading, {one.answer.path: one.answer for one in found})
    return new.model_copy(update={"llm": use, "cost": account.ledger.cost})


def account_of(llm: Llm, job: Job) -> Account:
    """What all requests for this run of an exam are charged to, and how long they may take."""
    event = job.event
    return llm.account(
        event.tenant,
        f"{event.exam_id}:{event.revision}",
        job.seconds_left - RESERVE,
        job.check,
        batch=event.priority == "batch",
    )


async def _all(llm: Llm, account: Account, open_cases: Sequence[Case]) -> list[Graded]:
    """In the order of the cases. The first that raises ends the others."""
    places = asyncio.Semaphore(_AT_A_TIME)

    async def one(case: Case) -> Graded:
        async with places:
            return await _one(llm, account, case)

    tasks = [asyncio.create_task(one(case)) for case in open_cases]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _one(llm: Llm, account: Account, case: Case) -> Graded:
    if not case.text.strip():  # nothing is left of it but what speaks to graders
        return kept(case, "suspicious_text", review=True)
    try:
        return graded(case, await llm.ask(case.ask, account))
    except Failed as failure:
        return kept(case, failure.reason.value)
