"""The report as a PDF, set by Typst: text is data, no file is read but the fonts, the same bytes every time."""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import typst

from services.report.core.summary import View

_TEMPLATES = files("services.report.core") / "templates"
_TEMPLATE = str(_TEMPLATES / "report.typ")


@cache
def _compiler(fonts: tuple[Path, ...]) -> typst.Compiler:
    """One per process: loading 20 MB of fonts costs more than a report. Its root has the templates only."""
    found = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(path) for path in fonts]
    )
    return typst.Compiler(_TEMPLATE, root=str(_TEMPLATES), font_paths=found)


def render_pdf(view: View, fonts: Sequence[Path]) -> bytes:
    """PDF bytes, as a rule PDF/UA-1: tagged for screen readers. `fonts`: folders with Noto Sans SC and Noto Serif SC. Raises typst.TypstError."""
    data = json.dumps(view, ensure_ascii=False)
    try:
        pdf = _compiled(fonts, data, ["ua-1"])
    except typst.TypstError as error:
        if "PDF/UA-1" not in str(error):
            raise
        # The standard refuses characters that no font has, such as an emoji in an answer: shown as a box then.
        pdf = _compiled(fonts, data, [])
    if not isinstance(pdf, bytes):
        raise TypeError("typst gave no single document")
    return pdf


def _compiled(fonts: Sequence[Path], data: str, standards: list[Literal["ua-1"]]) -> bytes | list[bytes] | None:
    # A fixed creation time: the report must not differ between two tries.
    return _compiler(tuple(fonts)).compile(
        _TEMPLATE, format="pdf", sys_inputs={"view": data}, timestamp=0, pdf_standards=[*standards]
    )


def warm_up(fonts: Sequence[Path]) -> None:
    """Load the fonts before the first report asks for them."""
    _compiler(tuple(fonts))
