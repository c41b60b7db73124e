"""Prompts as files, one per name and version. A changed text is a new version: old replies are not taken for new ones."""

from functools import cache
from pathlib import Path

from runtime.llm.wire import Prompt


@cache
def writing() -> Prompt:
    """How to write items on one knowledge point."""
    return _of("write", 1)


@cache
def solving() -> Prompt:
    """How to solve items whose key is not shown."""
    return _of("solve", 1)


def _of(name: str, version: int) -> Prompt:
    text = (Path(__file__).parent / f"{name}.v{version}.md").read_text(encoding="utf-8")
    return Prompt(f"practice-{name}", version, text)
