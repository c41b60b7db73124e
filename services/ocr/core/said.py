"""What a reader says of a picture of text."""

from typing import NamedTuple


class Text(NamedTuple):
    """A recognised crop. `xs`: the centre of each character, 0..1 of the crop's width; `confidences`: of each character."""

    text: str
    confidence: float
    xs: tuple[float, ...]
    confidences: tuple[float, ...]


NOTHING = Text("", 0.0, (), ())


class Judged(NamedTuple):
    """A crop's free reading, and the probability of each text that was admissible, over these and the free reading.

    seconds: the free reading with its characters as the next likeliest ones, where they have a chance.
    """

    free: Text
    candidates: dict[str, float]
    seconds: tuple[str, ...] = ()
