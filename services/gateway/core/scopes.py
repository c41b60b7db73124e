"""What an API key may do: one table, from a route to the scope it asks for. A route that isn't in it is nobody's."""

import re
from enum import StrEnum


class Scope(StrEnum):
    """What a key is made for."""

    EXAMS_READ = "exams:read"
    EXAMS_WRITE = "exams:write"
    EXAMS_DELETE = "exams:delete"
    TEMPLATES = "templates"
    PRACTICE = "practice"
    WEBHOOKS = "webhooks"
    REVIEW = "review"
    USAGE = "usage"
    ADMIN = "admin"
    """all of these, and those to come"""


_FAMILIES: dict[str, tuple[Scope, Scope]] = {
    "exams": (Scope.EXAMS_READ, Scope.EXAMS_WRITE),
    "checks": (Scope.EXAMS_READ, Scope.EXAMS_WRITE),
    "essays": (Scope.EXAMS_READ, Scope.EXAMS_WRITE),
    "batches": (Scope.EXAMS_READ, Scope.EXAMS_WRITE),
    "imports": (Scope.EXAMS_READ, Scope.EXAMS_WRITE),
    "students": (Scope.EXAMS_READ, Scope.EXAMS_DELETE),
    "templates": (Scope.TEMPLATES, Scope.TEMPLATES),
    "subjects": (Scope.TEMPLATES, Scope.TEMPLATES),
    "items": (Scope.PRACTICE, Scope.PRACTICE),
    "practice": (Scope.PRACTICE, Scope.PRACTICE),
    "webhooks": (Scope.WEBHOOKS, Scope.WEBHOOKS),
    "review": (Scope.REVIEW, Scope.REVIEW),
    "usage": (Scope.USAGE, Scope.USAGE),
}
"""By the first segment of the path below /api/v1: the scope to read, and the scope to change."""

_ROUTES: dict[tuple[str, str], Scope] = {
    ("DELETE", "/exams/{}"): Scope.EXAMS_DELETE,
    ("DELETE", "/imports/{}"): Scope.EXAMS_DELETE,
    ("PATCH", "/exams/{}/questions"): Scope.REVIEW,
    ("PATCH", "/exams/{}/questions/{}"): Scope.REVIEW,
    ("POST", "/exams/{}/tickets"): Scope.EXAMS_READ,
    ("POST", "/batches/{}/tickets"): Scope.EXAMS_READ,
}
"""Routes that differ from their family; parameters of the path are {}."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "WS"})
_API = "/api/v1"


def required(method: str, path: str) -> Scope | None:
    """The scope of a route, by the template of its path; WS is a WebSocket's method. None: no key has it."""
    path = re.sub(r"\{[^}]*\}", "{}", path.removeprefix(_API))
    family = _FAMILIES.get(path.split("/", 2)[1] if path.startswith("/") else "")
    if family is None:
        return None
    return _ROUTES.get((method, path), family[0] if method in _SAFE else family[1])


def allowed(scopes: frozenset[str], scope: Scope | None) -> bool:
    """Whether a key with `scopes` may use a route that asks for `scope`."""
    return scope is not None and (scope in scopes or Scope.ADMIN in scopes)
