"""A process: a list of stages, maybe the gateway, one HTTP port. SIGTERM: not ready, finish or hand back, commit, leave."""

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

from starlette.types import ASGIApp

from contracts.topics import CONTROL, retry_topic
from runtime import health, heap, log, metrics
from runtime.cache import open_cache
from runtime.cancellations import Cancellations
from runtime.clock import Clock
from runtime.http import listening, serving
from runtime.intake import Intake, Lane
from runtime.kafka import Decorate, open_kafka
from runtime.kit import Kit, Resources
from runtime.limit import Halt
from runtime.pool import open_workers
from runtime.settings import Settings
from runtime.shell import Shell
from runtime.stage import Stage
from runtime.stores import open_blobs
from runtime.tracing import open_tracing
from runtime.watchdog import watched

OpenStage = Callable[[Kit], AbstractAsyncContextManager[Stage]]
OpenGateway = Callable[[Resources], AbstractAsyncContextManager[ASGIApp]]
OpenResources = Callable[[Settings], AbstractAsyncContextManager[Resources]]

HALTED = 70
"""Exit code of a process that stopped itself (EX_SOFTWARE)."""

STUCK = 75
"""Exit code of a process that couldn't leave in time (EX_TEMPFAIL): what it held is delivered again."""

LEAVE_LIMIT = 25.0
"""Seconds for what follows the drain: a last commit, leaving groups, open answers, flushing, closing."""

_LANE_WEIGHTS = {"interactive": 8, "batch": 2}
_RETRY_LANE = Lane(weight=8, window=1000)
"""Retries wait in memory until they are due, so their window is wide."""


@asynccontextmanager
async def open_resources(
    settings: Settings, *, decorate: Decorate = lambda _, source: source, clock: Clock = time.time
) -> AsyncIterator[Resources]:
    """Open what every process has; `decorate` as for `runtime.kafka.Kafka`."""
    state = health.Health(settings.flow.stall_seconds)
    blobs = open_blobs(settings.blobs)
    async with (
        open_cache(settings.redis) as cache,
        open_kafka(settings.kafka, None, decorate=decorate, clock=clock) as kafka,
    ):
        state.watch(kafka.intakes)
        state.check("blobs", blobs.ready)
        state.check("cache", cache.ready)
        yield Resources(kafka, blobs, cache, cache, state, settings, log.get("redink"), clock)


async def run(
    settings: Settings,
    stages: Mapping[str, OpenStage],
    gateway: OpenGateway | None,
    version: str,
    *,
    open_resources: OpenResources = open_resources,
) -> int:
    """Run until SIGTERM or SIGINT (0), or until a stage halts (70).

    `open_resources` is for whoever runs the process with ports of its own.
    """
    heap.keep_little()
    heap.read_in_small()
    stop = _stop_signal()
    metrics.BUILD.info({"version": version})
    late = exit_after(settings.flow.drain_seconds + LEAVE_LIMIT, STUCK)
    async with _opening(stop, late) as opening, AsyncExitStack() as stack:
        stack.callback(late.cancel)
        bound = stack.enter_context(listening(settings.http.host, settings.http.port, "REDINK_HTTP_PORT"))
        service = _service([*stages, *(["gateway"] if gateway else [])])
        tracer = await stack.enter_async_context(open_tracing(settings.trace, service, version))
        resources = replace(await stack.enter_async_context(open_resources(settings)), tracer=tracer)
        api = await stack.enter_async_context(gateway(resources)) if gateway else None
        await stack.enter_async_context(serving(health.app(resources.health, api), bound))
        stack.enter_context(_loop_lag())
        await stack.enter_async_context(watched(resources.health, settings.flow.stall_seconds))
        running = await stack.enter_async_context(_open_stages(stages, resources))
        opening.cancel()
        resources.health.started = True
        resources.log.info("running", stages=list(stages), gateway=gateway is not None)
        code = await _until(stop, running)
        late.start()
        resources.health.draining = True
        resources.log.info("draining", code=code)
        return code
    return 0


@asynccontextmanager
async def _opening(stop: asyncio.Event, late: threading.Timer) -> AsyncIterator["asyncio.Task[None]"]:
    """Give up what is being opened within when told to stop: a broker or a database may be waited for for hours.

    Once all is open, cancel the task that is yielded: from then on what is within drains.
    """
    limit = asyncio.timeout(None)

    async def give_up() -> None:
        await stop.wait()
        log.get("redink").info("told to stop while starting")
        late.start()
        limit.reschedule(asyncio.get_running_loop().time())

    try:
        async with limit:
            task = asyncio.create_task(give_up(), name="give up")
            try:
                yield task
            finally:
                task.cancel()
    except TimeoutError:
        if not limit.expired():
            raise


def _service(names: list[str]) -> str:
    """What the process is called where spans of many are collected."""
    return f"redink-{names[0]}" if len(names) == 1 else "redink"


def exit_after(seconds: float, code: int) -> threading.Timer:
    """A timer, to be started, that ends the process whatever its tasks and threads do; nothing open is committed."""
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    return timer


@asynccontextmanager
async def run_stage(stage: Stage, resources: Resources, cancellations: Cancellations) -> AsyncIterator[Intake]:
    """One stage consuming; on exit it drains."""
    async with AsyncExitStack() as stack:
        workers = None
        if stage.pool:
            workers = await stack.enter_async_context(open_workers(stage.name, stage.pool))
        flow = resources.settings.flow
        shell = Shell(
            stage,
            publisher=resources.kafka,
            blobs=resources.blobs,
            starts=resources.starts,
            cancellations=cancellations,
            workers=workers,
            settings=flow,
            clock=resources.clock,
            quarantine=resources.quarantine,
            tracer=resources.tracer,
        )
        consume = resources.kafka.consume(
            _lanes(stage),
            stage.name,
            shell.handle,
            concurrency=stage.concurrency,
            drain=flow.drain_seconds,
            limit=stage.hard_timeout + flow.stall_seconds,
        )
        yield await stack.enter_async_context(consume)


def _lanes(stage: Stage) -> dict[str, Lane]:
    window = max(64, 16 * stage.concurrency)  # records are small, and turns are only taken among those in memory
    lanes = {
        source: Lane(next((w for name, w in _LANE_WEIGHTS.items() if name in source), 8), window)
        for source in stage.row.sources
    }
    return lanes | {retry_topic(stage.name): _RETRY_LANE}


@asynccontextmanager
async def _open_stages(stages: Mapping[str, OpenStage], resources: Resources) -> AsyncIterator[list[Intake]]:
    """Open all stages side by side: joining a group and loading models both mostly wait."""
    if not stages:
        yield resources.kafka.intakes
        return
    cancellations = Cancellations()
    async with resources.kafka.follow(CONTROL, cancellations.hear), AsyncExitStack() as stack:

        @asynccontextmanager
        async def one(name: str, opener: OpenStage) -> AsyncIterator[None]:
            async with opener(resources.kit(name)) as stage, run_stage(stage, resources, cancellations):
                yield

        await _side_by_side(stack, [one(name, opener) for name, opener in stages.items()])
        yield resources.kafka.intakes


async def _side_by_side(stack: AsyncExitStack, contexts: list[AbstractAsyncContextManager[None]]) -> None:
    """Hold several contexts, each in a task of its own: entered together, left together."""
    leave = asyncio.Event()

    async def hold(context: AbstractAsyncContextManager[None], entered: "asyncio.Future[None]") -> None:
        try:
            async with context:
                if not entered.cancelled():
                    entered.set_result(None)
                await leave.wait()
        except BaseException as error:
            if not entered.done():
                entered.set_exception(error)
                return
            raise

    loop = asyncio.get_running_loop()
    doors = [loop.create_future() for _ in contexts]
    tasks = [asyncio.create_task(hold(context, door)) for context, door in zip(contexts, doors, strict=True)]

    async def depart() -> None:
        leave.set()
        for task, door in zip(tasks, doors, strict=True):
            if door.cancelled():  # nobody waits for it any more
                task.cancel()
        for error in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(error, Exception):
                raise error

    stack.push_async_callback(depart)
    await asyncio.gather(*doors)


async def _until(stop: asyncio.Event, intakes: list[Intake]) -> int:
    """Wait for a signal (0) or for a consumer that halts (70)."""
    stopped = asyncio.ensure_future(stop.wait())
    ends: set[asyncio.Future[Any]] = {stopped, *(intake.failed for intake in intakes)}
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
    for intake in intakes:
        if intake.failed.done() and isinstance(error := intake.failed.exception(), Halt):
            log.get("redink").critical("halted", group=intake.group, error=log.what(error))
            return HALTED
    return 0


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


@contextlib.contextmanager
def _loop_lag() -> Iterator[None]:
    async def measure() -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(1)
            metrics.LOOP_LAG.set(max(0.0, loop.time() - before - 1))

    task = asyncio.create_task(measure(), name="loop lag")
    try:
        yield
    finally:
        task.cancel()
