"""Asks a model: one question, one validated reply or the reason why there is none."""

import asyncio
import random
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel

from runtime import log, metrics, spans
from runtime.llm.account import BATCH_SHARE, Account, Terms
from runtime.llm.calls import Calls
from runtime.llm.failures import RETRIED, Failed, Reason, pause
from runtime.llm.ledger import Ledger
from runtime.llm.shelf import Shelf
from runtime.llm.wire import (
    Ask,
    Dialect,
    Messages,
    Reply,
    body_of,
    content_key,
    messages_of,
    repair_of,
    understood,
)

T = TypeVar("T", bound=BaseModel)


class Llm:
    """One model at one endpoint; shared by all work of a process."""

    def __init__(
        self, calls: Calls, dialect: Dialect, terms: Terms, shelf: Shelf, chance: Callable[[], float] = random.random
    ) -> None:
        """`chance` gives numbers in 0..1 that spread retries."""
        self._calls = calls
        self._dialect = dialect
        self._terms = terms
        self._shelf = shelf
        self._chance = chance
        self._log = log.get("runtime.llm")

    @property
    def model(self) -> str:
        """Its name, for the result."""
        return self._dialect.model

    @property
    def takes_pictures(self) -> bool:
        """Whether pictures may go along."""
        return self._dialect.pictures

    def account(
        self, tenant: str, exam: str, seconds: float, check: Callable[[], None], *, batch: bool = False
    ) -> Account:
        """For one run of an exam that has `seconds` left in all; one of a `batch` has nobody waiting for it."""
        patience = self._terms.batch_seconds if batch else self._terms.exam_seconds
        until = asyncio.get_running_loop().time() + max(0.0, min(seconds, patience))
        return Account(tenant, exam, until, Ledger(self._terms.prices), check, BATCH_SHARE if batch else 1.0)

    async def ask(self, ask: Ask[T], account: Account) -> T:
        """The reply, in its shape and with nothing to mend. Raises Failed, and what `account.check` raises.

        A model that takes no pictures is asked once more without them.
        """
        try:
            return await self._asked(ask, account)
        except Failed as failure:
            if failure.reason is not Reason.BLIND:
                raise
        self._log.warning("the model takes no pictures, asked without: turn REDINK_LLM_PICTURES off", model=self.model)
        return await self._asked(replace(ask, pictures=()), account)

    async def _asked(self, ask: Ask[T], account: Account) -> T:
        account.check()
        key = f"{account.tenant}:{content_key(ask, self._dialect)}"
        text = await self._shelf.once(key, account.until, lambda: self._produce(ask, account))
        value, problems = understood(ask, text)
        if value is None or problems:  # kept by an older program, which checked less
            await self._shelf.forget(key)
            value, _ = understood(ask, await self._produce(ask, account))
        if value is None:
            raise Failed(Reason.MALFORMED)
        return value

    async def _produce(self, ask: Ask[T], account: Account) -> str:
        """The text of a reply that holds; one that doesn't is sent back once, with what is wrong with it."""
        text = (await self._converse(ask, (), account)).text
        value, problems = understood(ask, text)
        if value is None or problems:
            metrics.LLM_REPAIRS.inc()
            text = (await self._converse(ask, repair_of(text, problems), account)).text
            value, problems = understood(ask, text)
        if value is None or problems:
            raise Failed(Reason.MALFORMED)
        return text

    async def _converse(self, ask: Ask[Any], said: Messages, account: Account) -> Reply:
        """One message and its reply, tried again while that can help and time lasts."""
        key, most, tries = content_key(ask, self._dialect, said), ask.max_tokens, 1
        with spans.tries():
            while True:
                messages = messages_of(ask, secrets.token_hex(8)) + said
                try:
                    return await self._calls.make(key, body_of(messages, self._dialect, most, ask.shape), account)
                except Failed as failure:
                    wait = pause(tries, failure.retry_after, self._chance())
                    if failure.reason not in RETRIED or tries > self._terms.retries or wait >= account.left:
                        raise
                    if failure.reason is Reason.TRUNCATED:
                        most = 2 * ask.max_tokens
                    self._log.info("model asked again", reason=failure.reason.value, tries=tries)
                await asyncio.sleep(wait)
                tries += 1
