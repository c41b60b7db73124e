"""What operators' tools print: results on stdout, a bar on stderr when that is a terminal, and nothing else."""

# ruff: noqa: T201 - a command's output

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Self


class Bar:
    """A line on stderr that says how far it is; silent when stderr is no terminal."""

    def __init__(self, what: str, total: int = 0) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        filled = 30 * self._done // max(1, self._total)
        self.say(f"{'█' * filled}{'░' * (30 - filled)} {self._done} of {self._total}")

    def say(self, text: str) -> None:
        """Show this beside what is being done."""
        if self._shown:
            print(f"\r\033[K{self._what} {text}", end="", file=sys.stderr, flush=True)


def show_json(document: Any) -> None:
    """For machines: one document on stdout."""
    print(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def show_table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """For people: columns as wide as they need."""
    lines = [head, *(tuple("" if cell is None else str(cell) for cell in row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def show_done(
    what: str, head: tuple[str, ...], outcomes: Sequence[Mapping[str, Any]], *, done: bool, as_json: bool
) -> None:
    """What became of each of `what`: all of it for machines, the columns of `head` for people. Not `done`: a rehearsal."""
    if as_json:
        show_json({"done": done, what: outcomes})
        return
    show_table(head, [tuple(outcome[name] for name in head) for outcome in outcomes])
    if not done:
        complain("nothing was changed: say --yes to do it")


def complain(text: str) -> None:
    """Why it can't go on."""
    print(text, file=sys.stderr)
