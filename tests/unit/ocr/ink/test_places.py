"""What counts as a place for an answer."""

from contracts.artefacts.reading import Bubble, Spot
from services.ocr.core.places import off_bubbles


def bubble(x: float, y: float) -> Bubble:
    return Bubble(box=(x - 15, y - 8, x + 15, y + 8), fill=0.0, group=0, index=0, label="A")


def test_what_a_cards_bubbles_look_like_is_no_other_place() -> None:
    bubbles = [bubble(100, 50), bubble(140, 50)]
    edges = Spot(kind="rule", box=(80, 30, 160, 60), text="AB", confidence=0.9, ink=0.1)
    letter = Spot(kind="option", box=(128, 40, 150, 58), text="B", confidence=0.9, ink=0.1)
    frame = Spot(kind="cell", box=(60, 20, 300, 200), ink=0.0)
    blank = Spot(kind="rule", box=(80, 100, 260, 130), text="12", confidence=0.9, ink=0.1)
    assert off_bubbles([edges, letter, frame, blank], bubbles) == [frame, blank]
    assert off_bubbles([edges, letter], []) == [edges, letter]
