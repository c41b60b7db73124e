"""Conditional requests (RFC 9110 section 13) on strong entity tags."""


def unchanged(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this already: weak comparison, as If-None-Match asks for."""
    given = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in given or given == ["*"]


def same_part(if_range: str | None, etag: str) -> bool:
    """Whether a range may be served: strong comparison. A date never matches, as nothing here has one."""
    return if_range is None or if_range.strip() == etag
