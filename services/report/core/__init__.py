"""The pure part of report: artefacts in; result document, HTML and PDF bytes out."""

from services.report.core.compose import compose

__all__ = ["compose"]
