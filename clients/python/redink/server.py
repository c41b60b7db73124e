"""Where the server is and who asks, checked before anything is sent: both come from files and environments."""

from urllib.parse import urlsplit


def address(url: str) -> str:
    """The server's address without what stands around it. ValueError: it is none."""
    found = url.strip().rstrip("/").removesuffix("/api/v1")
    parts = urlsplit(found)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{url!r} is no server's address: give it as https://redink.example")
    return found


def headers(api_key: str) -> dict[str, str]:
    """What every request carries. ValueError, in words that don't have the key: it is none."""
    key = api_key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("the API key has signs that no key has: give it as it was printed, rk_…")
    return {"Authorization": f"Bearer {key}", "User-Agent": "redink-python"}
