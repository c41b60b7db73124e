"""Honest answers for those who run it: /healthz (alive), /readyz (useful), /metrics."""

import asyncio
from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from runtime import log
from runtime.intake import Intake

CHECK_LIMIT = 3.0

Check = Callable[[], Awaitable[None]]


class Health:
    """What is known of a process."""

    def __init__(self, stall: float = 120.0) -> None:
        """`stall`: seconds without a turn of a poll loop after which the process is better started anew."""
        self._stall = stall
        self.started = False
        self.draining = False
        self._checks: dict[str, Check] = {}
        self._intakes: list[Intake] = []

    def check(self, name: str, check: Check) -> None:
        """Ready only while `check` returns; raising, or taking more than 3 s, is not ready."""
        self._checks[name] = check

    def watch(self, intakes: list[Intake]) -> None:
        """Ready only while each of these consumers (a live list) has partitions."""
        self._intakes = intakes

    def stalled(self) -> list[str]:
        """Which consumers have stopped moving, and how."""
        return [why for intake in self._intakes if (why := intake.stalled(self._stall))]

    async def unready(self) -> list[str]:
        """Why the process isn't ready; empty when it is."""
        if self.draining:
            return ["draining"]
        if not self.started:
            return ["starting"]
        homeless = [f"{intake.group} has no partitions" for intake in self._intakes if not intake.assigned]
        failed = await asyncio.gather(*(self._failed(name, check) for name, check in self._checks.items()))
        return [*self.stalled(), *homeless, *(name for name in failed if name)]

    async def _failed(self, name: str, check: Check) -> str | None:
        try:
            async with asyncio.timeout(CHECK_LIMIT):
                await check()
        except Exception as error:  # noqa: BLE001 - whatever it is, it isn't ready
            return f"{name}: {log.what(error)}"
        return None


def routes(health: Health) -> list[BaseRoute]:
    """The three pages."""

    async def healthz(_: Request) -> Response:
        return _answer(health.stalled(), "alive")

    async def readyz(_: Request) -> Response:
        return _answer(await health.unready(), "ready")

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def app(health: Health, api: ASGIApp | None = None) -> Starlette:
    """The pages, and the gateway's API on the same port if this process has it."""
    pages = Starlette(routes=routes(health))
    if api is not None:
        pages.router.default = api  # a Mount would keep paths with a line break in them to itself
    return pages


def _answer(problems: list[str], good: str) -> Response:
    if problems:
        return JSONResponse({"status": f"not {good}", "problems": problems}, status_code=503)
    return JSONResponse({"status": good})
