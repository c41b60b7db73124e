"""The pure core: a reading of pages in, the structure of a paper out."""

from services.parser.core.page_order import parse

__all__ = ["parse"]
