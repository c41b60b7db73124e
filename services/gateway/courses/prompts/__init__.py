"""Prompts as files, one per name and version. A changed text is a new version: old replies are not taken for new ones."""

from functools import cache
from pathlib import Path

from runtime.llm.wire import Prompt


@cache
def course() -> Prompt:
    """How to find the points of a passage of course text."""
    return Prompt("course", 1, (Path(__file__).parent / "course.v1.md").read_text(encoding="utf-8"))
