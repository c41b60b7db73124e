"""What a language model adds to an analysis: grades of what the local engine leaves open, and points of untagged questions."""

import asyncio

from contracts.artefacts.analysis import Analysis
from contracts.artefacts.paper import Paper
from contracts.artefacts.reading import Reading
from contracts.artefacts.submission import Submission
from runtime.job import Job
from runtime.llm.client import Llm
from services.analyzer.points.asked import with_points
from services.analyzer.points.naming import points_by_model
from services.analyzer.rubric.asking import account_of, grade_by_model


async def with_model(
    llm: Llm, job: Job, analysis: Analysis, *, submission: Submission, reading: Reading, paper: Paper
) -> Analysis:
    """Both side by side, on one account. Never fails because of the model; raises what `job.check` raises."""
    account = account_of(llm, job)
    naming = asyncio.create_task(points_by_model(llm, account, analysis, submission=submission, paper=paper))
    try:
        graded = await grade_by_model(
            llm, job, analysis, submission=submission, reading=reading, paper=paper, account=account
        )
        found = await naming
    finally:
        naming.cancel()
        await asyncio.gather(naming, return_exceptions=True)
    use = graded.llm and graded.llm.model_copy(update={"named": len(found)})
    return with_points(graded, found).model_copy(update={"llm": use, "cost": account.ledger.cost})
