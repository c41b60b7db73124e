"""A progress bar for terminals, lines for everything else."""

from types import TracebackType
from typing import Self, TextIO

from redink.models import Batch, Exam

_WIDTH = 30


class Bar:
    """Shows changes of one exam, or of one batch, on a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()

    def show(self, exam: Exam) -> None:
        """Draw where the exam is."""
        left = "" if exam.ended or exam.remaining is None else f", about {exam.remaining:.0f} s left"
        self._draw(exam.progress, f"{exam.step}{left}")

    def show_batch(self, batch: Batch) -> None:
        """Draw how far the batch is."""
        refused = f", {batch.refused} refused" if batch.refused else ""
        self._draw(batch.progress, f"{batch.done} of {batch.papers - batch.refused} done{refused}")

    def _draw(self, progress: int, words: str) -> None:
        done = "█" * (_WIDTH * progress // 100)
        text = f"{done:·<{_WIDTH}} {progress:3}% {words}"
        self._stream.write(f"\r\x1b[K{text}" if self._live else f"{text}\n")
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live:
            self._stream.write("\n")
