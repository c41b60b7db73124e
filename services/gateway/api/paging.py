"""Pages of lists: `limit` and `cursor` of a request, and in its answer a `Link` to the next page (RFC 8288)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request, Response

T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """The page of a list that is asked for."""

    request: Request
    response: Response
    limit: int
    cursor: str | None

    @property
    def more(self) -> int:
        """How many rows to read: the one beyond the page shows that another page follows."""
        return self.limit + 1

    def after(self, decode: Callable[[str], T]) -> T | None:
        """Where the page before ended; None: this is the first. Raises what `decode` does."""
        return decode(self.cursor) if self.cursor else None

    def cut(self, found: Sequence[T], place: Callable[[T], str]) -> tuple[Sequence[T], str | None]:
        """The items of the page, and the cursor of the next: `place` of the last item; None when there are no more."""
        items = found[: self.limit]
        return items, self.link(place(items[-1])) if len(found) > self.limit else None

    def link(self, following: str) -> str:
        """Name the next page in the answer; its cursor."""
        target = self.request.url.include_query_params(cursor=following)
        self.response.headers["Link"] = f'<{target.path}?{target.query}>; rel="next"'
        return following


def paged(limit: int = 20, most: int = 100, longest_cursor: int = 256) -> Callable[..., Page]:
    """A dependency: pages of `limit` items, unless the client asks for another number up to `most`."""

    def page(
        request: Request,
        response: Response,
        limit: Annotated[int, Query(ge=1, le=most)] = limit,
        cursor: Annotated[
            str | None, Query(max_length=longest_cursor, description="`next_cursor` of the page before.")
        ] = None,
    ) -> Page:
        return Page(request, response, limit, cursor)

    return page


InPage = Annotated[Page, Depends(paged())]
