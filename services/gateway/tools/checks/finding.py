"""What a check found: how much it looked at, and what was wrong. Nothing looked at is never `ok`."""

from dataclasses import dataclass, field
from typing import Any

EXAMPLES = 10
"""Violations shown of each invariant; all are counted."""


@dataclass
class Finding:
    """One invariant."""

    id: str
    title: str
    checked: int = 0
    violations: int = 0
    examples: list[str] = field(default_factory=list)
    note: str | None = None

    def look(self, right: bool, what: str) -> None:
        """Count an item, and remember what is wrong with it if it isn't right."""
        self.checked += 1
        if right:
            return
        self.violations += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(what)

    @property
    def verdict(self) -> str:
        """`ok`, `violated` or `not checked`."""
        if self.violations:
            return "violated"
        return "ok" if self.checked else "not checked"

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        plain = {name: getattr(self, name) for name in ("id", "title", "checked", "violations", "examples")}
        return plain | {"verdict": self.verdict} | ({"note": self.note} if self.note else {})
