"""API keys: `rk_<id>_<secret>`. The id finds the row, the secret's hash is compared; the secret is never stored."""

import hashlib
import hmac
import re
from dataclasses import dataclass

_KEY = re.compile(r"rk_(?P<id>[A-Za-z0-9]{2,32})_(?P<secret>[A-Za-z0-9_-]{24,128})")
TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class ApiKey:
    """A key as presented."""

    id: str
    secret: str

    @property
    def hash(self) -> bytes:
        """SHA-256: the secret has 192 bits or more of entropy, so a slow hash would protect nothing."""
        return hashlib.sha256(self.secret.encode()).digest()

    def __str__(self) -> str:
        return f"rk_{self.id}_{self.secret}"

    def __repr__(self) -> str:
        return f"ApiKey(id={self.id!r})"


def parse(text: str) -> ApiKey | None:
    """The key, or None when the text isn't one."""
    match = _KEY.fullmatch(text)
    return ApiKey(match["id"], match["secret"]) if match else None


def bearer(header: str | None) -> ApiKey | None:
    """The key of an Authorization header (RFC 6750); None for none, another scheme or not a key."""
    scheme, _, value = (header or "").partition(" ")
    return parse(value.strip()) if scheme.lower() == "bearer" else None


def matches(key: ApiKey, stored: bytes | None) -> bool:
    """Compare in constant time, also when there is no such key."""
    found = hmac.compare_digest(key.hash, stored if stored is not None else bytes(32))
    return found and stored is not None
