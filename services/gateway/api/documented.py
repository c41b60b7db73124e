"""How the API's errors are told in its OpenAPI description."""

from typing import Any

from services.gateway.api.views import ProblemView
from services.gateway.core.problems import CATALOGUE, Code

PROBLEM = "application/problem+json"
COMMON = (Code.UNAUTHORIZED, Code.STORE_UNAVAILABLE, Code.INTERNAL)


def problems(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """The responses of an operation that may refuse with these codes, and those that any may."""
    responses: dict[int | str, dict[str, Any]] = {}
    for code in (*codes, *COMMON):
        kind = CATALOGUE[code]
        entry = responses.setdefault(
            kind.status, {"model": ProblemView, "description": "", "content": {PROBLEM: {"examples": {}}}}
        )
        entry["description"] = "; ".join(filter(None, (entry["description"], f"`{code.value}`: {kind.title}")))
        entry["content"][PROBLEM]["examples"][code.value] = {"value": _example(code)}
    return dict(sorted(responses.items(), key=lambda item: str(item[0])))


def _example(code: Code) -> dict[str, Any]:
    kind = CATALOGUE[code]
    return {
        "type": f"urn:redink:problem:{code.value}",
        "title": kind.title,
        "status": kind.status,
        "code": code.value,
        "detail": kind.detail,
        "instance": "/api/v1/exams",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
