"""One request to a model: within the limits, the budgets and the wall clock, and entered wherever it counts."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from runtime import log, metrics
from runtime.breaker import Breaker
from runtime.llm.account import Account, Terms
from runtime.llm.failures import COUNTED, FATAL, UNSPENT, Failed, Reason, reason_of, takes_no_pictures, wait_of
from runtime.llm.limits import Claim, Lease, Limits
from runtime.llm.transport import Raw, Transport
from runtime.llm.wire import Reply, Usage, flaw_of, guess, has_pictures, reply_of
from runtime.spans import calling

_OK = 200
_NO_VERDICT = frozenset({Reason.NO_TIME, Reason.BREAKER_OPEN, Reason.NOT_RECORDED})


@dataclass(frozen=True)
class Endpoint:
    """Where requests go; `provider` (the host) and `model` are for metrics."""

    transport: Transport
    provider: str
    model: str


class Calls:
    """Makes requests, one by one, for all exams of a process."""

    def __init__(self, endpoint: Endpoint, terms: Terms, limits: Limits, breaker: Breaker) -> None:
        self._endpoint = endpoint
        self._terms = terms
        self._limits = limits
        self._breaker = breaker
        self._log = log.get("runtime.llm")

    async def make(self, key: str, body: Mapping[str, Any], account: Account) -> Reply:
        """The reply. Raises Failed, each counted by its reason, and what `account.check` raises."""
        try:
            reply = await self._leased(key, body, account)
        except Failed as failure:
            self._count(failure.reason.value)
            raise
        self._count("ok")
        return reply

    async def _leased(self, key: str, body: Mapping[str, Any], account: Account) -> Reply:
        account.check()
        if self._breaker.is_open:
            raise Failed(Reason.BREAKER_OPEN)
        sent = used = guess(body)
        lease = await self._lease(sent, account)
        try:
            used, reply = await self._judged(key, body, account, sent)
        except Failed as failure:
            used = Usage() if failure.reason in UNSPENT else used
            raise
        finally:  # also when the exam is withdrawn meanwhile: its request may be billed, so it is not given back
            await self._limits.give_back(lease, (used.tokens, self._terms.prices.micros(used)))
        if flaw := flaw_of(reply):
            raise Failed(flaw)
        return reply

    async def _lease(self, sent: Usage, account: Account) -> Lease:
        """Wait for a place within the rates; Failed when the time or a budget is not enough."""
        tokens, cost = account.budgets(self._terms)
        claims = (Claim(tokens, sent.tokens), Claim(cost, self._terms.prices.micros(sent)))
        began = _now()
        while True:
            lease = await self._limits.take(uuid.uuid4().hex, claims, account.share)
            if isinstance(lease, Lease):
                metrics.LLM_LIMIT_WAIT.observe(_now() - began)
                return lease
            if lease.seconds >= account.left:
                raise Failed(Reason.NO_TIME)
            await asyncio.sleep(max(0.01, lease.seconds))
            account.check()

    async def _judged(self, key: str, body: Mapping[str, Any], account: Account, sent: Usage) -> tuple[Usage, Reply]:
        """What was used and the reply; the breaker hears how it went."""
        if not self._breaker.allows():
            raise Failed(Reason.BREAKER_OPEN)
        try:
            reply = await self._answered(key, body, account, sent)
        except Failed as failure:
            self._judge(failure.reason)
            raise
        self._breaker.worked()
        self._enter(reply.usage, account)
        return reply.usage, reply

    async def _answered(self, key: str, body: Mapping[str, Any], account: Account, sent: Usage) -> Reply:
        """A hang is the provider's fault only if it was given time enough."""
        seconds, began = min(self._terms.call_seconds, account.left), _now()
        about = {"gen_ai.request.model": self._endpoint.model, "server.address": self._endpoint.provider}
        try:
            with calling(f"chat {self._endpoint.model}", about) as span:
                async with asyncio.timeout(max(0.0, seconds)):
                    raw = await self._endpoint.transport.send(key, body)
                span.note({"http.response.status_code": raw.status})
                if reason := _reason(raw, body):
                    span.fail(reason.value)
        except TimeoutError:
            enough = 2 * seconds >= self._terms.call_seconds
            raise Failed(Reason.TIMED_OUT if enough else Reason.NO_TIME) from None
        metrics.LLM_SECONDS.observe(_now() - began)
        if reason:
            raise Failed(reason, wait_of(raw.retry_after, datetime.now(UTC)))
        return reply_of(raw.body, sent)

    def _judge(self, reason: Reason) -> None:
        """What a failure tells of the provider: one that refuses a request is well."""
        if reason in FATAL:
            self._breaker.trip()
            self._log.error("the account at the model's provider needs somebody", reason=reason.value)
        elif reason in COUNTED:
            self._breaker.failed()
        elif reason not in _NO_VERDICT:
            self._breaker.worked()

    def _enter(self, usage: Usage, account: Account) -> None:
        amount = account.ledger.add(usage)
        for kind, tokens in (("in", usage.fresh), ("cached", usage.cached), ("out", usage.out)):
            metrics.LLM_TOKENS.labels(kind).inc(tokens)
        metrics.LLM_COST.labels(self._terms.prices.currency).inc(amount)

    def _count(self, status: str) -> None:
        metrics.LLM_REQUESTS.labels(self._endpoint.provider, self._endpoint.model, status).inc()


def _reason(raw: Raw, body: Mapping[str, Any]) -> Reason | None:
    """Why it was not answered, if it was not: a 500 for a picture says nothing against the server."""
    if raw.status == _OK:
        return None
    blind = has_pictures(body) and takes_no_pictures(raw.status, raw.body)
    return Reason.BLIND if blind else reason_of(raw.status)


def _now() -> float:
    return asyncio.get_running_loop().time()
