"""The API's description as a page."""

from html.parser import HTMLParser
from typing import Any

from services.gateway.api.application import openapi_document
from services.gateway.core.reference import page

VOID = {"meta"}
UNCLOSED = {"tr", "td", "th", "li", "p", "html"}


class Reader(HTMLParser):
    """Ids, links, and whether what opens closes."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.ids += [given["id"]] if given.get("id") else []  # type: ignore[list-item]
        self.links += [given["href"]] if given.get("href") else []  # type: ignore[list-item]
        assert not {name for name in given if name.startswith("on") or name == "src"}
        if tag not in VOID | UNCLOSED:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in UNCLOSED:
            assert self.open.pop() == tag


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


def test_every_operation_and_problem_is_on_the_page_and_every_link_leads_somewhere() -> None:
    document = openapi_document()
    reader = read(page(document))
    operations = {operation["operationId"] for methods in document["paths"].values() for operation in methods.values()}
    assert operations <= set(reader.ids)
    assert len(reader.ids) == len(set(reader.ids))
    inner = {link.removeprefix("#") for link in reader.links if link.startswith("#")}
    assert inner <= set(reader.ids)
    assert {link for link in reader.links if not link.startswith("#")} == {"/api/v1/openapi.json"}
    assert not {"script", "link", "img", "iframe", "form"} & reader.tags


def test_text_of_the_description_stays_text() -> None:
    hostile = "<script>alert(1)</script>"
    operation: dict[str, Any] = {
        "operationId": f'"{hostile}', "summary": hostile, "description": f"`{hostile}`", "tags": ["t"],
        "parameters": [{"name": hostile, "in": "query", "schema": {"type": hostile}, "description": hostile, "example": hostile}],
        "responses": {"200": {"description": hostile, "content": {hostile: {"schema": {"$ref": hostile}, "example": hostile}}}},
    }  # fmt: skip
    document = {
        "info": {"title": hostile, "version": hostile, "description": hostile},
        "tags": [{"name": "t", "description": hostile}],
        "paths": {f"/{hostile}": {"get": operation}},
        "components": {"schemas": {hostile: {"properties": {hostile: {"enum": [hostile]}}, "description": hostile}}},
    }
    assert "script" not in read(page(document)).tags
