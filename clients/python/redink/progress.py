"""A progress bar for terminals, lines for everything else."""

from types import TracebackType
from typing import Self, TextIO

from redink.models import Exam

_WIDTH = 30


class Bar:
    """Shows changes of one exam on a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()

    def show(self, exam: Exam) -> None:
        """Draw where the exam is."""
        done = "█" * (_WIDTH * exam.progress // 100)
        left = "" if exam.ended or exam.remaining is None else f", about {exam.remaining:.0f} s left"
        text = f"{done:·<{_WIDTH}} {exam.progress:3}% {exam.step}{left}"
        self._stream.write(f"\r\x1b[K{text}" if self._live else f"{text}\n")
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live:
            self._stream.write("\n")
