"""What the reader of short handwriting is trained on."""

from random import Random

from scripts.train_hand.fonts import LIST, pinned
from scripts.train_hand.texts import drawn
from services.ocr.core.hand.alphabet import ALPHABET, OTHER

FREE = {"OFL-1.1", "Apache-2.0", "MIT"}
TEST_PAPERS = {"caveat", "patrick-hand", "long-cang"}


def test_texts_are_of_the_alphabet_and_what_is_outside_is_told_as_other() -> None:
    rng = Random(5)
    pairs = [drawn(rng, "元个米") for _ in range(3000)]
    told = {sign for _, text in pairs for sign in text} - {" "}
    assert told <= set(ALPHABET)
    assert {"A", "√", "×", "-", "7", "=", OTHER} <= told
    assert all(len(written) == len(text) for written, text in pairs)
    assert all((w == t) != (w in "元个米" and t == OTHER) for a, b in pairs for w, t in zip(a, b, strict=True))


def test_every_font_is_pinned_free_and_not_what_test_papers_are_written_in() -> None:
    fonts = pinned(LIST.read_text())
    assert len(fonts) == len({font.name for font in fonts}) > 150
    assert {font.licence for font in fonts} <= FREE
    assert all(font.integrity.startswith("sha512-") and font.version[0].isdigit() for font in fonts)
    assert not TEST_PAPERS & {font.name for font in fonts}
