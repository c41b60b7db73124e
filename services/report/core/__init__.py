"""The pure part of report: artefacts in; result document, HTML and PDF bytes out."""

from services.report.core.compose import compose
from services.report.core.html import render_html
from services.report.core.pdf import render_pdf
from services.report.core.render import pages_needed, render
from services.report.core.view import view_of

__all__ = ["compose", "pages_needed", "render", "render_html", "render_pdf", "view_of"]
