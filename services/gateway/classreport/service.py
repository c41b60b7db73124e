"""Class reports as routes ask for them: computed off the event loop, one at a time, the last few kept."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from contracts.names import Language
from runtime.blobs import Blobs
from services.gateway.classreport.collect import Chosen, sittings_of
from services.gateway.classreport.core.compose import compose
from services.gateway.classreport.core.document import ClassReport
from services.gateway.classreport.core.view import view_of
from services.gateway.classreport.core.words import Words
from services.gateway.classreport.html import render_html
from services.gateway.core.problems import Code, Problem
from services.gateway.press import render_pdf

_T = TypeVar("_T")


class Reports:
    """A read model without a store: a result that changes, or an exam that is deleted, is another report at once."""

    def __init__(self, blobs: Blobs, keep: int) -> None:
        self._blobs = blobs
        self._keep = keep
        self._kept: OrderedDict[tuple[str, str], object] = OrderedDict()
        self._one = asyncio.Lock()

    async def json(self, chosen: Chosen) -> bytes:
        """The document; Problem(CLASS_REPORT_EMPTY) when no result can be read."""
        return await self._made(chosen, "json", self._json)

    async def html(self, chosen: Chosen, language: Language) -> bytes:
        """The page."""
        return await self._made(chosen, f"html-{language}", partial(self._html, Words(language)))

    async def pdf(self, chosen: Chosen, language: Language) -> bytes:
        """The document for printing."""
        return await self._made(chosen, f"pdf-{language}", partial(self._pdf, Words(language)))

    async def _made(self, chosen: Chosen, kind: str, make: Callable[[Chosen], Awaitable[_T]]) -> _T:
        """From what is kept, at once; else made by one at a time: two who ask for the same cost one computation."""
        if (chosen.tag, kind) in self._kept:
            return await self._remembered(chosen, kind, make)
        async with self._one:
            return await self._remembered(chosen, kind, make)

    async def _remembered(self, chosen: Chosen, kind: str, make: Callable[[Chosen], Awaitable[_T]]) -> _T:
        key = (chosen.tag, kind)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]  # type: ignore[return-value] # what `make` of this kind gave
        made = await make(chosen)
        self._kept[key] = made
        while len(self._kept) > self._keep:
            self._kept.popitem(last=False)
        return made

    async def _report(self, chosen: Chosen) -> ClassReport:
        sittings = await sittings_of(self._blobs, chosen.exams)
        if not sittings:
            raise Problem(Code.CLASS_REPORT_EMPTY)
        about = replace(chosen.about, unreadable=len(chosen.exams) - len(sittings))
        return await asyncio.to_thread(compose, about, sittings)

    async def _json(self, chosen: Chosen) -> bytes:
        report = await self._remembered(chosen, "report", self._report)
        return report.model_dump_json(by_alias=True).encode()

    async def _html(self, words: Words, chosen: Chosen) -> bytes:
        report = await self._remembered(chosen, "report", self._report)
        return await asyncio.to_thread(lambda: render_html(view_of(report, words)))

    async def _pdf(self, words: Words, chosen: Chosen) -> bytes:
        report = await self._remembered(chosen, "report", self._report)
        return await render_pdf("classreport/templates/class.typ", view_of(report, words))
