"""All CPU work of one report in one call, for a worker process."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from contracts.artefacts.diagnosis import Diagnosis
from contracts.artefacts.paper import Paper
from contracts.result import Result
from services.report.core.crops import crops_of, needs_crop
from services.report.core.html import render_html
from services.report.core.pdf import render_pdf
from services.report.core.view import view_of
from services.report.core.words import words_of


def pages_needed(result: Result) -> tuple[int, ...]:
    """Numbers of the pages of which the report shows a part."""
    return tuple(sorted({region.page for q in result.questions if needs_crop(q) for region in q.regions}))


def render(
    result: Result, paper: Paper, diagnosis: Diagnosis, pages: Mapping[int, bytes], fonts: Sequence[Path], *,
    most_crops: int = 24, locale: str = "zh-CN",
) -> tuple[bytes, bytes]:  # fmt: skip
    """HTML and PDF in the language of `locale`.

    `pages`: rectified pages as JPEG by page number; a page that is missing only costs its crops.
    """
    crops = crops_of(pages, result.questions, most_crops)
    view = view_of(result, paper, diagnosis, crops, words_of(locale))
    return render_html(view), render_pdf(view, fonts)
