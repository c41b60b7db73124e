"""The report as a PDF, set by Typst: text is data, no file is read but the fonts, the same bytes every time."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import typst

from services.report.core.summary import View

_TEMPLATES = files("services.report.core") / "templates"
_TEMPLATE = str(_TEMPLATES / "report.typ")
_STRANDED = 0.3
"""A last page that is filled to less than this share of its height holds a few lines alone."""


@dataclass(frozen=True)
class Fit:
    """How much room the first page and the rest get.

    A `flowing` first page does not stand alone; a `carried` tail takes the last entries along to the last page.
    """

    front: Literal["roomy", "tight", "flowing"] = "roomy"
    tail: Literal["roomy", "tight", "carried"] = "roomy"


@dataclass(frozen=True)
class Setting:
    """A finished PDF and where its first page and its last line ended."""

    pdf: bytes
    front_page: int
    pages: int
    filled: float

    @property
    def stranded(self) -> bool:
        """Whether the last page holds a few lines alone."""
        return self.pages > 1 and self.filled < _STRANDED


@cache
def _compiler(fonts: tuple[Path, ...]) -> typst.Compiler:
    """One per process: loading 20 MB of fonts costs more than a report. Its root has the templates only."""
    found = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(path) for path in fonts]
    )
    return typst.Compiler(_TEMPLATE, root=str(_TEMPLATES), font_paths=found)


def render_pdf(view: View, fonts: Sequence[Path]) -> bytes:
    """PDF bytes, as a rule PDF/UA-1: tagged for screen readers. `fonts`: folders with Noto Sans SC and Noto Serif SC.

    Set again, closer or with entries carried over, while a page holds a few lines alone; where nothing helps, the first
    setting stands. Raises typst.TypstError.
    """
    data = json.dumps(view, ensure_ascii=False)
    compiler = _compiler(tuple(fonts))
    fit = Fit()
    found = _set(compiler, data, fit)
    for closer in (Fit(front="tight"), Fit(front="flowing")):
        if found.front_page > 1:
            fit, found = closer, _set(compiler, data, closer)
    if found.stranded:
        tries = (replace(fit, tail="tight"), replace(fit, front="tight", tail="tight"), replace(fit, tail="carried"))
        others = (_set(compiler, data, other) for other in tries)
        found = next((other for other in others if not other.stranded), found)
    return found.pdf


def _set(compiler: typst.Compiler, data: str, fit: Fit) -> Setting:
    inputs = {"view": data, "fit": json.dumps(asdict(fit))}
    try:
        pdf = _compiled(compiler, inputs, ["ua-1"])
    except typst.TypstError as error:
        if "PDF/UA-1" not in str(error):
            raise
        # The standard refuses characters that no font has, such as an emoji in an answer: shown as a box then.
        pdf = _compiled(compiler, inputs, [])
    if not isinstance(pdf, bytes):
        raise TypeError("typst gave no single document")
    front, end = (json.loads(compiler.query(f"<{label}>", field="value", one=True)) for label in ("front", "end"))
    return Setting(pdf, front["page"], end["page"], end["y"])


def _compiled(
    compiler: typst.Compiler, inputs: dict[str, str], standards: list[Literal["ua-1"]]
) -> bytes | list[bytes] | None:
    # A fixed creation time: the report must not differ between two tries.
    return compiler.compile(_TEMPLATE, format="pdf", sys_inputs=inputs, timestamp=0, pdf_standards=[*standards])


def warm_up(fonts: Sequence[Path]) -> None:
    """Load the fonts before the first report asks for them."""
    _compiler(tuple(fonts))
