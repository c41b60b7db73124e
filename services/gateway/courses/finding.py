"""Finds the points of a text: by the local rules, and by a model where there is one and it can be had."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from contracts.cost import LlmUse
from contracts.taxonomy import Taxonomy
from runtime.llm.account import Account
from runtime.llm.client import Llm
from runtime.llm.failures import Failed
from runtime.llm.wire import Ask, Part
from services.gateway.courses.core.extract import extract
from services.gateway.courses.core.found import Found, key_of, united
from services.gateway.courses.core.lines import Line, lines_of
from services.gateway.courses.core.proposal import draft
from services.gateway.courses.core.reply import CourseReply, Passage, flaws, found_in, passages
from services.gateway.courses.prompts import course
from services.gateway.courses.proposals import Outcome
from services.gateway.courses.settings import CourseSettings

_AT_A_TIME = 4
"""Passages of one text: more would crowd out exams within the limits."""
_TOKENS = 4000
_PATIENCE = 3600.0
"""Seconds; the model's own time limit for one piece of work is sooner."""


@dataclass(frozen=True)
class Reader:
    """Reads course texts; `llm` None: by the local rules alone."""

    settings: CourseSettings = field(default_factory=CourseSettings)
    llm: Llm | None = None

    async def read(self, text: str, known: Taxonomy, tenant: str, refusal: str | None = None) -> Outcome:
        """What the text brings. `refusal`: why no model is to be asked, if so. Never fails because of a model."""
        lines = await asyncio.to_thread(lines_of, text)
        names = [point.name for point in known.points]
        found = await asyncio.to_thread(extract, lines, names, self.settings.max_points)
        use, account = None, None
        if self.llm is not None and refusal != "local":
            account = self.llm.account(tenant, f"course:{uuid.uuid4().hex}", _PATIENCE, lambda: None)
            found, use = await self._with_model(self.llm, account, lines, found, (names, known.subject, refusal))
        made = await asyncio.to_thread(draft, found, known, self.settings.max_points)
        engine = use.model if use is not None and use.graded else "local"
        cost = account.ledger.cost if account is not None else None
        return Outcome(engine=engine, points=made.points, left_out=made.left_out, more=made.more, llm=use, cost=cost)

    async def _with_model(
        self,
        llm: Llm,
        account: Account,
        lines: Sequence[Line],
        local: list[Found],
        about: tuple[list[str], str, str | None],
    ) -> tuple[list[Found], LlmUse]:
        names, subject, refusal = about
        parts = passages(lines, self.settings.passage_chars)
        asked = parts[: self.settings.max_passages]
        places = asyncio.Semaphore(_AT_A_TIME)

        async def one(passage: Passage) -> list[Found] | str:
            if refusal is not None:
                return refusal
            async with places:
                return await _ask(llm, account, passage, names, subject)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(passage)) for passage in asked]
        outcomes = [*(task.result() for task in tasks), *["too_long"] * (len(parts) - len(asked))]
        found: list[Found] = []
        for passage, outcome in zip(parts, outcomes, strict=True):
            numbers = {line.number for line in passage.lines}
            found += [f for f in local if f.line in numbers] if isinstance(outcome, str) else outcome
        kept = Counter(outcome for outcome in outcomes if isinstance(outcome, str))
        graded = len(outcomes) - kept.total()
        use = LlmUse(model=llm.model, asked=len(outcomes), graded=graded, kept_local=dict(sorted(kept.items())))
        return united(found), use


async def _ask(llm: Llm, account: Account, passage: Passage, names: list[str], subject: str) -> list[Found] | str:
    """The points of a passage, or why there are none of the model."""
    text, known = passage.text, {key_of(name) for name in names}

    def check(reply: CourseReply) -> list[str]:
        return flaws(reply, text, known)

    told = (Part("subject", subject), Part("known points", "\n".join(names)), Part("course text", text))
    try:
        reply = await llm.ask(Ask(course(), told, CourseReply, check, max_tokens=_TOKENS), account)
    except Failed as failure:
        return failure.reason.value
    return found_in(reply, passage)
