"""Prompts as files, one per name and version. A changed text is a new version: old replies are not taken for new ones."""

from functools import cache
from pathlib import Path

from runtime.llm.wire import Prompt

RUBRIC = ("rubric", 1)
ESSAY = ("essay", 2)
POINTS = ("points", 1)


@cache
def prompt(name: str, version: int) -> Prompt:
    """The prompt of that name and version."""
    return Prompt(name, version, (Path(__file__).parent / f"{name}.v{version}.md").read_text(encoding="utf-8"))
