"""What a reader says of a picture of text."""

from difflib import SequenceMatcher
from typing import NamedTuple


class Text(NamedTuple):
    """A recognised crop. `xs`: the centre of each character, 0..1 of the crop's width; `confidences`: of each character.

    `guessed`: the places of characters that were not seen as the likeliest, but are usual in their language.
    """

    text: str
    confidence: float
    xs: tuple[float, ...]
    confidences: tuple[float, ...]
    guessed: tuple[int, ...] = ()


NOTHING = Text("", 0.0, (), ())


class Judged(NamedTuple):
    """A crop's free reading, and the probability of each text that was admissible, over these and the free reading.

    seconds: the free reading with its characters as the next likeliest ones, where they have a chance.
    """

    free: Text
    candidates: dict[str, float]
    seconds: tuple[str, ...] = ()

    def free_again(self, again: Text) -> "Judged":
        """With a second free reading; where that is another, the first is among what it may be instead."""
        text = said_again(self.free, again)
        return self._replace(free=text, seconds=(self.free.text, *self.seconds)) if text.guessed else self


def said_again(first: Text, again: Text) -> Text:
    """A second reading, which tells where it is another than the first. Where that has more, the character before is another."""
    blocks = SequenceMatcher(None, first.text, again.text, autojunk=False).get_opcodes()
    changed = [range(j1, j2) if j2 > j1 else [max(0, j1 - 1)] for kind, _, _, j1, j2 in blocks if kind != "equal"]
    return again._replace(guessed=tuple(sorted({place for places in changed for place in places})))
