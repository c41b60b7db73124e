"""The calls: questions without points go to the model, some at a time."""

from contracts.artefacts.analysis import Analysis
from contracts.artefacts.paper import KnowledgePoint, Paper
from contracts.artefacts.submission import Submission
from runtime import metrics
from runtime.llm.account import Account
from runtime.llm.client import Llm
from runtime.llm.failures import Failed
from services.analyzer.points.asked import MOST_QUESTIONS, Path, ask_for, known_to, points_in, untold

_MOST_ASKED = 60
"""Questions of one exam that a model is asked about; a paper that has more without points is not read well."""


async def points_by_model(
    llm: Llm, account: Account, analysis: Analysis, *, submission: Submission, paper: Paper
) -> dict[Path, tuple[KnowledgePoint, ...]]:
    """The points that the model named, by question. What it can't be asked stays without, and is counted.

    Never fails because of the model. Raises what `account.check` raises.
    """
    known, left = known_to(submission), untold(paper, analysis)[:_MOST_ASKED]
    found: dict[Path, tuple[KnowledgePoint, ...]] = {}
    if not known.points:
        return found
    for first in range(0, len(left), MOST_QUESTIONS):
        some = left[first : first + MOST_QUESTIONS]
        try:
            named = points_in(await llm.ask(ask_for(some, known, submission, paper), account), some, known)
        except Failed as failure:
            metrics.LLM_POINTS.labels(failure.reason.value).inc(len(left) - first)
            break  # what ails one request ails the next
        metrics.LLM_POINTS.labels("named").inc(len(named))
        metrics.LLM_POINTS.labels("none_fits").inc(len(some) - len(named))
        found |= named
    return found
