"""Pages of lists: how far they go, and where the next begins."""

import uuid
from datetime import UTC, datetime

import pytest
from fastapi import Request, Response

from services.gateway.api.paging import Page
from services.gateway.core.cursor import Cursor, counted, decode, named, number_in, sealed
from services.gateway.core.problems import Problem


def asked(query: str = "", limit: int = 2, cursor: str | None = None) -> Page:
    scope = {"type": "http", "scheme": "http", "server": ("here", 80), "path": "/api/v1/things", "headers": []}
    return Page(Request({**scope, "query_string": query.encode()}), Response(), limit, cursor)


def test_a_page_before_the_last_names_the_next_with_all_that_was_asked_for() -> None:
    page = asked("subject=math&cursor=old&limit=2", cursor="old")
    items, following = page.cut([1, 2, 3], "after-{}".format)
    assert (items, following, page.more) == ([1, 2], "after-2", 3)
    assert page.response.headers["link"] == '</api/v1/things?subject=math&limit=2&cursor=after-2>; rel="next"'


def test_the_last_page_names_none() -> None:
    page = asked()
    assert page.cut([1, 2], str) == ([1, 2], None)
    assert page.cut([], str) == ([], None)
    assert "link" not in page.response.headers


def test_a_page_begins_where_the_one_before_ended() -> None:
    assert asked().after(int) is None
    assert asked(cursor="7").after(int) == 7


def test_a_counted_cursor_is_of_one_list_only() -> None:
    assert number_in("paper", counted("paper", 12)) == 12
    for other in (counted("line", 12), sealed("paper:-1"), sealed("paper:1234567890"), sealed("paper:٣"), "%", ""):
        with pytest.raises(Problem):
            number_in("paper", other)


def test_a_things_name_is_a_position_whatever_its_prefix() -> None:
    moment, digits = datetime(2026, 11, 22, tzinfo=UTC), "7c0a4f0be2c84b8f9f0d3c5a1b2e4d6f"
    assert decode(named(moment, f"tpl_{digits}")) == Cursor(moment, uuid.UUID(digits))
