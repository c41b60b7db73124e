"""Papers and keys as PDF: one is set at a time, the last few are kept; a paper never changes."""

import asyncio
from collections import OrderedDict
from typing import Literal

from services.gateway.practice.core.view import key_view, paper_view
from services.gateway.practice.papers import Paper
from services.gateway.practice.settings import PracticeSettings
from services.gateway.press import render_pdf

Kind = Literal["paper", "key"]
_VERSION = 2
"""Of how papers are set: another one is another ETag."""


class Printer:
    """One per process."""

    def __init__(self, settings: PracticeSettings | None = None) -> None:
        self.settings = settings or PracticeSettings()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._one = asyncio.Lock()

    async def pdf(self, paper: Paper, kind: Kind) -> bytes:
        """PDF bytes, the same each time; Transient when setting it takes too long."""
        tag = self.tag(paper, kind)
        async with self._one:
            if tag not in self._kept:
                shown = paper_view if kind == "paper" else key_view
                view = shown(paper.practice, paper.id)
                made = await render_pdf("practice/templates/practice.typ", view, self.settings.press_seconds)
                self._kept[tag] = made
                while len(self._kept) > max(1, self.settings.pdfs_kept):
                    self._kept.popitem(last=False)
            self._kept.move_to_end(tag)
            return self._kept[tag]

    @staticmethod
    def tag(paper: Paper, kind: Kind) -> str:
        """The same as long as the PDF is."""
        return f"{paper.id}-{kind}-{_VERSION}"
