"""Every way the API says no: RFC 9457 problems with stable codes, what was wrong and what to do."""

from typing import Any

from services.gateway.core.catalogue import CATALOGUE
from services.gateway.core.codes import Code

__all__ = ["CATALOGUE", "Code", "Problem"]


class Problem(Exception):
    """An answer that is an error. `detail` replaces the catalogue's; `extra` are further members of the document."""

    def __init__(
        self, code: Code, detail: str | None = None, *, headers: dict[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(code.value)
        self.code = code
        self.kind = CATALOGUE[code]
        self.detail = detail or self.kind.detail
        self.headers = headers or {}
        self.extra = extra

    def document(self, trace_id: str, instance: str | None = None) -> dict[str, Any]:
        """The body, `application/problem+json`."""
        return {
            "type": f"urn:redink:problem:{self.code.value}",
            "title": self.kind.title,
            "status": self.kind.status,
            "code": self.code.value,
            "detail": self.detail,
            **({"instance": instance} if instance else {}),
            "trace_id": trace_id,
            **self.extra,
        }
