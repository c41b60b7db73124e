"""Many papers as one upload: a folder, or a ZIP as it is."""

import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import IO, Any

_PAGES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".tif", ".tiff", ".pdf"})
_MANIFESTS = frozenset({"manifest.json", "manifest.csv"})
_IN_MEMORY = 8 * 1024 * 1024


@dataclass(frozen=True)
class Papers:
    """A class's papers. `source`: a ZIP, or a folder: each file in it is a paper, each folder in it the pages of one.

    `manifest`, a JSON or CSV file, says whose papers they are; a `manifest.json` or `manifest.csv` in the source does as
    well. The other fields hold for all papers of which it says nothing else. Names of files are sent, as outcomes are
    told by them: pseudonyms serve as well as names of pupils.
    """

    source: str | PathLike[str]
    subject: str | None = None
    grade: int | None = None
    answer_key: Mapping[str, Any] | None = None
    manifest: str | PathLike[str] | None = None
    name: str | None = None
    class_id: str | None = None
    title: str | None = None
    priority: str | None = None
    locale: str | None = None
    template_id: str | None = None
    callback_url: str | None = None

    def fields(self) -> dict[str, str]:
        """The form's text fields."""
        apart = {"source", "manifest", "answer_key"}
        given = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in apart}
        said = {name: str(value) for name, value in given.items() if value is not None}
        return said | (
            {} if self.answer_key is None else {"answer_key": json.dumps(self.answer_key, ensure_ascii=False)}
        )

    @contextmanager
    def opened(self) -> Iterator["Opened"]:
        """Ready to be sent, as often as need be. Raises OSError, and ValueError for a folder without pages."""
        manifest = None if self.manifest is None else Path(self.manifest).read_bytes()
        source = Path(self.source)
        with packed(source) if source.is_dir() else source.open("rb") as archive:
            yield Opened(self, archive, manifest)


@dataclass(frozen=True)
class Opened:
    """The form of an upload whose archive is open: it is read while it is sent, not before."""

    papers: Papers
    archive: IO[bytes]
    manifest: bytes | None

    def fields(self) -> dict[str, str]:
        """The form's text fields."""
        return self.papers.fields()

    def parts(self) -> list[tuple[str, tuple[str, Any]]]:
        """The form's files."""
        manifest = [] if self.manifest is None else [("manifest", ("manifest", self.manifest))]
        return [*manifest, ("archive", ("papers.zip", self.archive))]


@contextmanager
def packed(folder: Path) -> Iterator[IO[bytes]]:
    """The folder's pages and manifest as a ZIP, stored: pictures don't shrink. ValueError when there are none."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and _wanted(path.relative_to(folder)))
    if not any(path.name not in _MANIFESTS for path in found):
        kinds = " ".join(sorted(_PAGES))
        raise ValueError(f"{folder}: no pages in it ({kinds})")
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool:
        with zipfile.ZipFile(spool, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
            for path in found:
                archive.write(path, path.relative_to(folder).as_posix())
        spool.seek(0)
        yield spool


def _wanted(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not hidden and (path.suffix.lower() in _PAGES or path.as_posix() in _MANIFESTS)
