"""What a row says happened. A fault that was not injected, and an expectation not met, are failures of different kinds."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
BUSY = 3.0
"""So many times as long as alone may anything take on a busy machine; it costs only where a row fails."""


class NotInjected(AssertionError):
    """The fault did not happen; a row that passed without it would prove nothing."""


class Unexpected(AssertionError):
    """The fault happened, and what must come of it did not."""


@dataclass
class Evidence:
    """What a row did and what it saw, in words that carry the figures."""

    injected: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)

    def did(self, what: str, happened: Any = True) -> None:
        """A fault was injected; NotInjected when `happened` is false."""
        if not happened:
            raise NotInjected(what)
        self.injected.append(what)

    def saw(self, what: str, truth: Any, found: Any = None) -> None:
        """An expectation held; Unexpected, with what was found instead, when `truth` is false."""
        if not truth:
            raise Unexpected(what if found is None else f"{what}: found {found}")
        self.checked.append(what)


async def until(what: str, ask: Callable[[], T | Awaitable[T]], within: float = 20.0, pause: float = 0.05) -> T:
    """Ask until the answer is true, and return it; Unexpected after `within` seconds of a machine that is not busy."""
    within *= BUSY
    deadline = time.monotonic() + within
    while True:
        answer = ask()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer  # type: ignore[return-value]
        if time.monotonic() > deadline:
            raise Unexpected(f"not within {within:.0f} s: {what}")
        await asyncio.sleep(pause)
