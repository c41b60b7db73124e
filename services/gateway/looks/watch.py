"""Looking at the files of one upload."""

import asyncio
import functools
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from contracts.errors import ErrorCode
from contracts.opening import Look
from runtime import metrics
from services.gateway.core.problems import Code, Problem
from services.gateway.looks.opener import Glance

REFUSALS = {
    code: Code(code.value)
    for code in (
        ErrorCode.UNREADABLE_FILE, ErrorCode.ENCRYPTED_PDF, ErrorCode.ENCRYPTED_ARCHIVE, ErrorCode.UNSUPPORTED_MEDIA,
        ErrorCode.TOO_MANY_PAGES, ErrorCode.IMAGE_TOO_LARGE, ErrorCode.IMAGE_TOO_SMALL, ErrorCode.FILE_TOO_COMPLEX,
    )
}  # fmt: skip
"""What an upload is refused with; later, it would be what the exam fails with."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds without looks after some came too late; doubled while they do."""
_ONE_PAGE = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic"})


@dataclass(frozen=True)
class Advice:
    """What to do better about one page. file: from 1; page: from 1 over all files, None when a file before is unknown."""

    file: int
    page: int | None
    code: str


class Looks:
    """The looks of a gateway process. socket: of its opener, None when it has none; at_once: files looked at at a time."""

    def __init__(self, socket: str | None, at_once: int) -> None:
        self._socket = socket
        self._free = asyncio.Semaphore(at_once)
        self._pause = 0.0
        self._until = 0.0

    def watch(self, wait: float = 0.0, *, look: bool = True) -> "Watch":
        """For one upload. `wait`: seconds for a place; with none, what comes while all are taken is not looked at.

        Not `look`: nothing is.
        """
        return Watch(self, wait if look else None)

    async def begin(self, wait: float) -> Glance | None:
        """A place among those at a time, and the opener's ear; None when there is none. `end` gives the place back."""
        busy = self._free.locked() or asyncio.get_running_loop().time() < self._until
        if self._socket is None or (busy and not wait):
            return None
        try:
            async with asyncio.timeout(wait or None):
                await self._free.acquire()
        except TimeoutError:
            return None
        glance = None
        try:
            glance = await Glance.begin(self._socket)
        finally:
            if glance is None:
                self._free.release()
        return glance

    def end(self, glance: Glance, _task: object = None) -> None:
        """Give the place back."""
        glance.give_up()
        self._free.release()

    def came(self, *, in_time: bool) -> None:
        """Whether looks came in time for an answer. A machine that is too busy for them is left alone for a while."""
        self._pause = 0.0 if in_time else min(LONGEST_PAUSE, 2 * self._pause or FIRST_PAUSE)
        self._until = asyncio.get_running_loop().time() + self._pause


class Watch:
    """The files of one upload, looked at while they arrive and judged when they have."""

    def __init__(self, looks: Looks, wait: float | None) -> None:
        self._all = looks
        self._wait = wait
        self._looks: dict[int, asyncio.Task[Look | None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give up what is not known yet."""
        for task in self._looks.values():
            task.cancel()

    async def seeing(self, number: int, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The chunks of file `number`, as they come."""
        glance = None if self._wait is None else await self._all.begin(self._wait)
        try:
            async for chunk in chunks:
                if glance is not None:
                    await glance.show(chunk)
                yield chunk
            if glance is not None:
                task = asyncio.create_task(glance.look(), name="look at an upload")
                task.add_done_callback(functools.partial(self._all.end, glance))
                self._looks[number], glance = task, None
        finally:
            if glance is not None:
                self._all.end(glance)

    async def seen(self, seconds: float) -> dict[int, Look]:
        """What is known after `seconds` at most, by file."""
        tasks = self._looks
        if tasks:
            _, late = await asyncio.wait(tasks.values(), timeout=seconds)
            self._all.came(in_time=not late)
        found = {n: task.result() for n, task in tasks.items() if task.done() and not task.cancelled()}
        metrics.LOOKS.labels("seen").inc(sum(look is not None for look in found.values()))
        metrics.LOOKS.labels("given_up").inc(len(tasks) - sum(look is not None for look in found.values()))
        return {number: look for number, look in found.items() if look is not None}


def refuse(looks: Mapping[int, Look]) -> None:
    """Problem when a file can't be read, with the code that its exam would fail with."""
    for number, look in sorted(looks.items()):
        if look.code in REFUSALS:
            code = REFUSALS[look.code]
            raise Problem(code, f"File {number}: {Problem(code).detail}", file=number)


def advice_of(looks: Mapping[int, Look], kinds: Sequence[str]) -> tuple[list[Advice], bool]:
    """What to do better, and whether all pages were judged. `kinds`: the files' media types in order."""
    found: list[Advice] = []
    complete = True
    before: int | None = 0
    for number, kind in enumerate(kinds, 1):
        look = looks.get(number)
        complete = complete and look is not None and look.code is None and look.looked == look.pages
        if look is not None:
            start = before
            found += [Advice(number, None if start is None else start + a.page, a.code) for a in look.advice]
        pages = look.pages if look is not None and look.code is None else 1 if kind in _ONE_PAGE else None
        before = None if before is None or pages is None else before + pages
    return found, complete
