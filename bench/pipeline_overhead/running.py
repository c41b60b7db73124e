"""What is measured: a system that runs, however it is built."""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx

from bench.delivery.workers import Workers
from deploy.native.process import Child

STAGES = ("ocr", "parser", "analyzer", "diagnostic", "report")
Work = Literal["noop", "real"]
"""What the five stages do: nothing (they hand on an empty result), or what they do in production."""


@dataclass(frozen=True)
class Running:
    """A system that takes uploads. `workers` are its own processes, `stages` those that do the stages' work.

    `finished` gives when exams were finished, in seconds since 1970, by the system's own word to its customer; `held`
    which of the others something still holds, so that they may yet be finished.
    """

    url: str
    headers: Mapping[str, str]
    workers: Workers
    stages: Sequence[str]
    servers: Sequence[Child]
    finished: Callable[[Collection[str]], Awaitable[dict[str, float]]]
    held: Callable[[Collection[str]], Awaitable[set[str]]]
    log: Path


@dataclass(frozen=True)
class System:
    """A way to build it: `open(folder, work)` starts everything and ends it."""

    name: str
    title: str
    open: Callable[[Path, Work], AbstractAsyncContextManager[Running]]
    works: Sequence[Work] = ("noop", "real")


class NotRunning(RuntimeError):
    """A system did not come up, or came to a halt; the message says which, and where its log is."""


async def until_ready(urls: Mapping[str, str], log: Path, limit: float = 180.0) -> None:
    """Wait until each of these addresses answers 200; NotRunning with the end of the log of one that doesn't."""
    deadline = time.monotonic() + limit
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        for name, url in urls.items():
            while not await _answers(client, url):
                if time.monotonic() > deadline:
                    raise NotRunning(f"{name} was not ready in {limit:.0f} s: {last_words(log, name)}")


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        answer = await client.get(url)
    except httpx.TransportError:
        time.sleep(0.1)  # noqa: ASYNC251 - nothing else is under way
        return False
    if answer.status_code != httpx.codes.OK:
        time.sleep(0.1)  # noqa: ASYNC251
    return answer.status_code == httpx.codes.OK


def last_words(folder: Path, name: str, lines: int = 5) -> str:
    """The end of a process's log, and where it is."""
    path = folder / f"{name}.log"
    text = path.read_text(errors="replace").splitlines()[-lines:] if path.exists() else ["no log"]
    return "\n".join([str(path), *text])
