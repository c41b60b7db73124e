"""Remains of red strokes are no text; writing under a tick is."""

from contracts.artefacts.reading import Line, Mark
from services.ocr.core.residue import without_residue

CROSS = Mark(kind="cross", box=(790.0, 2170.0, 900.0, 2270.0), confidence=0.9)


def line(text: str, confidence: float, *, slanting: bool = False, x: float = 800) -> Line:
    level = ((x, 2210.0), (x + 50, 2210.0), (x + 50, 2250.0), (x, 2250.0))
    arm = ((x, 2244.0), (x + 40, 2209.0), (x + 54, 2226.0), (x + 15, 2260.0))
    return Line(text=text, confidence=confidence, box=arm if slanting else level, script="printed", ink="black")


def kept(*lines: Line) -> list[str]:
    return [x.text for x in without_residue(lines, [CROSS])]


def test_an_arm_of_a_cross_that_was_read_as_letters_is_dropped() -> None:
    assert kept(line("FO", 0.07, slanting=True), line("cmone", 0.42, slanting=True)) == []


def test_what_is_hardly_readable_on_a_mark_is_dropped() -> None:
    assert kept(line("n", 0.15)) == []


def test_writing_under_a_mark_stays() -> None:
    assert kept(line("B", 0.4), line("x=5", 0.97)) == ["B", "x=5"]


def test_faint_or_slanting_text_off_any_mark_stays() -> None:
    assert kept(line("t", 0.1, x=100), line("s", 0.3, slanting=True, x=100)) == ["t", "s"]
