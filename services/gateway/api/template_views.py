"""What the API answers about templates."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from services.gateway.api.views import View
from services.gateway.templates.document import Document, TemplateItem, TemplateSection, warnings
from services.gateway.templates.queries import Head

_ID = "tpl_7c0a4f0be2c84b8f9f0d3c5a1b2e4d6f"
ABOUT: dict[str, Any] = {
    "name": "七年级数学上册期中（2026）", "subject": "math", "grade": 7, "title": "七年级数学期中试卷", "total_score": 16.0,
}  # fmt: skip
EXAMPLE: dict[str, Any] = {
    **ABOUT,
    "sections": [
        {"number": "一", "title": "选择题", "type": "single_choice", "item_score": 3.0},
        {"number": "二", "title": "解答题", "type": "calculation"},
    ],
    "items": [
        {"number": "1", "section": "一", "answer": "B", "knowledge_points": ["有理数的加减"]},
        {"number": "2", "section": "一", "type": "multiple_choice", "answer": "ACD", "max_score": 4.0, "partial_score": 2.0},
        {"number": "3(1)", "section": "二", "answer": "x=2", "accepted": ["2"], "max_score": 4.0},
        {"number": "3(2)", "section": "二", "answer": ["1/2", "3"], "max_score": 5.0},
    ],
}  # fmt: skip
_HEAD: dict[str, Any] = {
    "id": _ID, "version": 1, "created_at": "2026-11-22T03:14:15.926Z", "updated_at": "2026-11-22T03:14:15.926Z",
}  # fmt: skip


class TemplateContent(View):
    """A template's document, and what of it looks like a mistake."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE | {"warnings": []}]})

    name: str
    subject: str
    grade: int | None
    title: str | None
    total_score: float | None
    sections: list[TemplateSection]
    items: list[TemplateItem]
    warnings: list[str] = Field(description="What was ignored, or looks like a mistake.")


class _Kept(View):
    """What a template has beside its document."""

    id: str
    version: int = Field(description="Grows with every change; exams keep the one they were accepted with.")
    created_at: datetime
    updated_at: datetime = Field(description="When this version was made.")


class TemplateView(TemplateContent, _Kept):
    """A template at one version."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HEAD | EXAMPLE | {"warnings": []}]})


class TemplateEntry(View):
    """A template in a list."""

    id: str
    name: str
    subject: str
    grade: int | None
    version: int
    items: int = Field(description="How many it has.")
    created_at: datetime
    updated_at: datetime


class TemplatePage(View):
    """One page of a list, newest first."""

    items: list[TemplateEntry]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last.")


class VersionEntry(View):
    """A version that is kept."""

    version: int
    created_at: datetime


class VersionList(View):
    """The versions, newest first."""

    items: list[VersionEntry]


def content_view(document: Document, ignored: Sequence[str] = ()) -> TemplateContent:
    """The document of an import that was only tried."""
    return TemplateContent(**_content(document, ignored))


def template_view(head: Head, document: Document, ignored: Sequence[str] = ()) -> TemplateView:
    """A template as the API tells it."""
    return TemplateView(
        id=head.id,
        version=head.version,
        created_at=head.created_at,
        updated_at=head.updated_at,
        **_content(document, ignored),
    )


def entry_view(head: Head) -> TemplateEntry:
    """A template in a list."""
    return TemplateEntry(**vars(head))


def _content(document: Document, ignored: Sequence[str]) -> dict[str, Any]:
    told = [f"ignored: {each}" for each in ignored] + warnings(document)
    return {name: getattr(document, name) for name in Document.model_fields} | {"warnings": told}
