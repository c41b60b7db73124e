"""The doubtful lines of a page, read again in the language that each is in."""

from collections.abc import Iterator, Sequence

from services.ocr.core.language.beam import BLANK
from services.ocr.core.language.chinese import pairs
from services.ocr.core.language.chinese.lines import Chinese
from services.ocr.core.language.english import letters
from services.ocr.core.language.english.lines import English
from services.ocr.core.language.rows import Characters, Reader, Rows, at_widths
from services.ocr.core.raster import Image
from services.ocr.core.steps import Steps


def readers(alphabet: Sequence[str]) -> tuple[English, Chinese]:
    """Of both languages, for what a recogniser's classes say."""
    signs = {index: text for index, text in enumerate(alphabet) if index != BLANK and text}
    return English(signs, letters.load()), Chinese(signs, pairs.load())


class Again:
    """Lines by their index among a page's crops: who reads them, and what they may say."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        """readers: the first that doubts a line reads it."""
        self._readers = readers
        self._lines: dict[int, tuple[Reader, list[Rows]]] = {}

    def add(self, index: int, characters: Characters, steps: Steps, share: float) -> None:
        """A line as it was read; nothing, where that is sure or of no language."""
        reader = next((reader for reader in self._readers if reader.doubts(characters)), None)
        if reader is not None:
            self._lines[index] = reader, [reader.rows(steps, share)]

    def views(self, crops: Sequence[Image]) -> list[tuple[int, Image]]:
        """The lines at the other widths."""
        return [(i, view) for i, (reader, _) in self._lines.items() for view in at_widths(crops[i], reader.widths)]

    def seen(self, index: int, steps: Steps, share: float) -> None:
        """What a line says at another width."""
        reader, rows = self._lines[index]
        rows.append(reader.rows(steps, share))

    def best(self, texts: Sequence[tuple[str, float]]) -> Iterator[tuple[int, Characters]]:
        """Each line as its language has it. texts: all readings of the page, with their confidences."""
        of_page = {id(reader): reader.of_page(texts) for reader, _ in self._lines.values()}
        for index, (reader, rows) in self._lines.items():
            yield index, of_page[id(reader)].best(rows)
