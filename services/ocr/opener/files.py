"""Files to pages, and pages to pixels, as the workers of ocr ask for them."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import Permanent, Transient
from contracts.opening import Ask
from services.ocr.core.raster import Glyph, Image, Raster
from services.ocr.core.sources import Kind, Limits, PageSource, decode, pages_of
from services.ocr.opener import wire

T = TypeVar("T", bound="_Answer")


class Files(Protocol):
    """Raises as `core.sources` does; Transient when it can't open files now.

    cpu_seconds: what other processes have spent on what this one was asked.
    """

    cpu_seconds: float

    def expand(self, data: bytes, media_type: str) -> list[PageSource]:
        """The pages of one uploaded file."""
        ...

    def decode(self, source: PageSource) -> Raster:
        """One page's pixels."""
        ...


@dataclass
class Here:
    """In this process: for files one made oneself, as benchmarks do."""

    limits: Limits = field(default_factory=Limits)
    cpu_seconds: float = 0.0

    def expand(self, data: bytes, media_type: str) -> list[PageSource]:
        return pages_of(data, media_type, self.limits)

    def decode(self, source: PageSource) -> Raster:
        return decode(source, self.limits)


@dataclass
class Confined:
    """In a process of an opener that lives for this one call. path: the opener's socket."""

    path: str
    seconds: float = 60.0
    cpu_seconds: float = 0.0

    def expand(self, data: bytes, media_type: str) -> list[PageSource]:
        head, body = self._ask(Ask(do="expand", media_type=media_type), data)
        said = _checked(_Expanded, head)
        self.cpu_seconds += said.cpu_seconds
        ends = np.cumsum([0, *said.files]).tolist()
        if ends[-1] != len(body):
            raise Transient("an opener's answer is not whole")
        files = [bytes(body[start:end]) for start, end in pairwise(ends)]
        return [PageSource(data if file < 0 else files[file], kind, index) for kind, index, file in said.pages]

    def decode(self, source: PageSource) -> Raster:
        head, body = self._ask(Ask(do="decode", kind=source.kind, index=source.index), source.data)
        said = _checked(_Decoded, head)
        self.cpu_seconds += said.cpu_seconds
        size = said.height * said.width * 3
        if len(body) != size * (2 if said.bare else 1):
            raise Transient("an opener's answer is not whole")
        bgr = _image(body[:size], said)
        bare = _image(body[size:], said) if said.bare else bgr
        glyphs = tuple(tuple(Glyph(text, (x0, y0, x1, y1)) for text, x0, y0, x1, y1 in line) for line in said.glyphs)
        return Raster(bgr, np.asarray(said.to_raster, dtype=np.float64), bare, glyphs)

    def _ask(self, ask: Ask, data: bytes) -> tuple[dict[str, object], memoryview]:
        try:
            return wire.ask(self.path, ask, data, self.seconds)
        except Permanent:
            raise
        except (wire.Gone, TimeoutError, OSError) as error:
            raise Transient(f"the opener: {type(error).__name__}") from None


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cpu_seconds: float = Field(ge=0, allow_inf_nan=False)


class _Expanded(_Answer):
    pages: list[tuple[Kind, int, int]]
    files: list[int]


class _Decoded(_Answer):
    height: int
    width: int
    to_raster: list[list[float]]
    glyphs: list[list[tuple[str, float, float, float, float]]]
    bare: bool


def _checked(model: type[T], head: dict[str, object]) -> T:
    try:
        return model.model_validate(head)
    except ValidationError:
        raise Transient("an opener's answer is none") from None


def _image(body: memoryview, said: _Decoded) -> Image:
    """A copy that may be written to."""
    return np.frombuffer(body, np.uint8).reshape(said.height, said.width, 3).copy()
