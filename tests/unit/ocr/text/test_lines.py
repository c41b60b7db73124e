from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from contracts.artefacts.reading import Line, Spot
from services.ocr.core import boxes, ink, lines, order, script, upright
from services.ocr.core.engine import Image
from services.ocr.core.said import Judged, Text


def line(text: str, x: float, y: float, width: float = 400, height: float = 30, **more: object) -> Line:
    step = width / max(1, len(text))
    return Line(
        text=text,
        confidence=float(str(more.pop("confidence", 0.99))),
        box=((x, y), (x + width, y), (x + width, y + height), (x, y + height)),
        xs=tuple(x + (i + 0.5) * step for i in range(len(text))),
        confidences=(0.99,) * len(text),
        **more,
    )


class Reader:
    """An engine that reads a fixed text, or by a function of the crop."""

    version = "test"

    def __init__(self, text: str = "", turns: int = 0, boxes_of: object = None) -> None:
        self.text, self.turns, self.boxes_of = text, turns, boxes_of

    def recognise(self, crops: Sequence[Image]) -> list[Text]:
        return [self._read(crop) for crop in crops]

    def _read(self, crop: Image) -> Text:
        # Black at the left of a strip says that it lies as it was written.
        readable = crop[:, : crop.shape[1] // 4].mean() < crop[:, -crop.shape[1] // 4 :].mean()
        count = len(self.text)
        xs = tuple((i + 0.5) / count for i in range(count))
        return Text(
            self.text if readable else "?", 0.95 if readable else 0.3, xs if readable else (0.5,), (0.9,) * count
        )

    def detect(self, bgr: Image) -> list[np.ndarray]:
        dark = (bgr.min(axis=2) < 250).astype(np.uint8)
        found, _ = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        quads = []
        for contour in found:
            x, y, w, h = cv2.boundingRect(contour)
            quads.append(np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32))
        return quads

    def judge(self, crops: Sequence[Image], candidates: Sequence[Sequence[str]]) -> list[Judged]:
        raise NotImplementedError

    def orientation(self, bgr: Image) -> int:
        return self.turns


def test_a_line_in_two_inks_is_cut_where_the_pen_changes() -> None:
    page = np.full((60, 400, 3), 255, np.uint8)
    for index in range(8):
        colour = (30, 30, 30) if index < 5 else (150, 50, 25)
        cv2.rectangle(page, (index * 50 + 15, 15), (index * 50 + 30, 45), colour, 4)
    quad = np.array([[0, 5], [400, 5], [400, 55], [0, 55]], np.float32)
    found = lines.read_lines(page, [quad], Everything("姓名是的：王小明"))
    assert [(part.text, part.script, part.ink) for part in found] == [
        ("姓名是的：", "printed", "black"),
        ("王小明", "handwritten", "blue"),
    ]
    assert found[0].box[1][0] == pytest.approx(found[1].box[0][0], abs=1)


class Everything(Reader):
    def _read(self, crop: Image) -> Text:
        count = len(self.text)
        return Text(self.text, 0.9, tuple((i + 0.5) / count for i in range(count)), (0.9,) * count)


@pytest.mark.parametrize("light", [(255, 255, 255), (150, 200, 240), (90, 90, 90)])
def test_blue_ink_is_blue_under_any_lamp_and_black_is_black(light: tuple[int, int, int]) -> None:
    for colour, name in (((140, 44, 24), "blue"), ((30, 24, 22), "black")):
        strip = np.full((40, 200, 3), 255, np.uint8)
        cv2.putText(strip, "abc", (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, colour, 3)
        seen = (strip * np.array(light, np.float32) / 255).astype(np.uint8)
        assert ink.strokes(seen).colour(0, 200) == name


@pytest.mark.parametrize(
    ("text", "colours", "blueness", "told"),
    [
        pytest.param("答：1800", "kkkbbk", [(424, 0.35), (9, 0), (73, 0.14), (176, 0.7), (137, 0.5), (87, 0.13)],
                     "bbbbbb", id="a little blue is blue, and a thin colon between"),
        pytest.param("解：11", "bkkb", [(525, 0.5), (16, 0), (67, 0), (108, 0.6)], "bbbb", id="thin between blue"),
        pytest.param("解：1", "bkk", [(525, 0.5), (16, 0), (67, 0)], "bbb", id="thin at the end of what blue began"),
        pytest.param("名：李", "kkb", [(169, 0), (50, 0), (336, 0.5)], "kkb", id="thin beside print stays print"),
        pytest.param("3米", "bk", [(150, 0.7), (180, 0.02)], "bk", id="a printed unit stays print"),
        pytest.param("(3)", "kbk", [(60, 0.3), (150, 0.7), (60, 0.3)], "kbk", id="brackets hold ink of others"),
        pytest.param("That", "kbkk", [(300, 0.18), (60, 0.41), (250, 0.15), (300, 0.13)], "kbkk", id="a tinged scan"),
    ],
)  # fmt: skip
def test_characters_of_a_line_in_a_pale_pen_are_of_one_colour(
    text: str, colours: str, blueness: list[tuple[int, float]], told: str
) -> None:
    names = {"k": "black", "b": "blue"}
    found = lines.of_a_pale_pen([names[c] for c in colours], blueness, text)
    assert found == [names[c] for c in told]


def test_what_stands_in_an_answer_place_is_the_pupils() -> None:
    printed = line("1+1=(B)", 0, 0, 350)
    spot = Spot(kind="bracket", box=(251, 0, 299, 30), ink=0.2, text="B", confidence=0.9, candidates={"B": 0.9})
    parts = script.divided([printed], [spot])
    assert [(part.text, part.script) for part in parts] == [
        ("1+1=(", "printed"), ("B", "handwritten"), (")", "printed")
    ]  # fmt: skip


def test_a_blank_place_cuts_nothing() -> None:
    printed = line("1+1=( )", 0, 0, 350)
    assert script.divided([printed], [Spot(kind="bracket", box=(251, 0, 299, 30), ink=0.0)]) == [printed]


def test_an_options_printed_letter_is_no_answer_of_a_cell_that_reaches_into_its_line() -> None:
    printed = line("A. 7", 0, 0, 120)
    cell = Spot(kind="cell", box=(-10, 12, 30, 60), ink=0.2, text="D", confidence=0.99, candidates={"D": 0.99})
    assert script.divided([printed], [cell]) == [printed]
    ring = cell.model_copy(update={"kind": "option", "text": "A", "candidates": {"A": 0.9}})
    assert script.divided([printed], [ring])[0].script == "handwritten"


def test_a_surer_constrained_reading_replaces_the_lines_own() -> None:
    printed = line("(8)", 0, 0, 90).model_copy(update={"confidences": (0.9, 0.4, 0.9)})
    spot = Spot(kind="bracket", box=(31, 0, 59, 30), ink=0.2, text="B", confidence=0.97, candidates={"B": 0.97})
    assert [part.text for part in script.divided([printed], [spot])] == ["(", "B", ")"]


def test_lines_that_open_like_a_worked_answer_are_handwritten_and_numbered_ones_are_not() -> None:
    told = script.by_size_and_wording([line("解：设x=1", 0, 0), line("1. 解方程", 0, 40), line("乙同学说", 0, 80)])
    assert [part.script for part in told] == ["handwritten", "printed", "printed"]


def test_columns_are_read_one_after_the_other() -> None:
    left = [line(f"L{n}", 50, 40 * n) for n in range(1, 9)]
    right = [line(f"R{n}", 550, 40 * n + 3) for n in range(1, 9)]
    mixed = [pair for both in zip(right, left, strict=True) for pair in both]
    assert [part.text for part in order.ordered(mixed)] == [part.text for part in [*left, *right]]


def test_options_in_a_row_are_no_columns() -> None:
    rows = []
    for n in range(8):
        rows.append(line(f"{n}. stem", 50, 80 * n, 900))
        rows += [line(f"{name}{n}", 50 + 230 * i, 80 * n + 40, 80) for i, name in enumerate("ABCD")]
    assert [part.text for part in order.ordered(rows[::-1])] == [part.text for part in rows]


def test_a_word_inserted_above_a_line_does_not_fatten_its_box() -> None:
    heat = np.zeros((200, 700), np.float32)
    heat[100:120, 50:650] = 0.9
    heat[70:100, 200:240] = 0.9
    (quad,) = boxes.of_heat(heat)
    height = float(np.linalg.norm(quad[3] - quad[0]))
    plain = heat.copy()
    plain[70:100] = 0
    assert height == pytest.approx(float(np.linalg.norm(np.subtract(*boxes.of_heat(plain)[0][[3, 0]]))), rel=0.15)


def page_of_lines() -> Image:
    page = np.full((600, 800, 3), 255, np.uint8)
    for n in range(8):
        cv2.rectangle(page, (100, 60 + 60 * n), (600, 80 + 60 * n), (200, 200, 200), -1)
        cv2.rectangle(page, (100, 60 + 60 * n), (300, 80 + 60 * n), (0, 0, 0), -1)
    return page


@pytest.mark.parametrize("content", [0, 90, 180, 270])
def test_the_proposed_turn_is_taken_when_lines_read_better_that_way(content: int) -> None:
    seen = np.ascontiguousarray(np.rot90(page_of_lines(), -content // 90))
    turn, quads = upright.turn_of(seen, Reader("readable", turns=content))
    assert turn == content
    assert len(quads) == 8


def test_boxes_of_a_sketch_are_in_the_pages_own_pixels() -> None:
    large = np.asarray(cv2.resize(page_of_lines(), None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST), np.uint8)
    found = sorted(upright.sketched(large, Reader()), key=lambda quad: float(quad[0, 1]))
    assert len(found) == 8
    assert np.allclose(found[0][[0, 2]], [[300, 180], [1800, 240]], atol=12)


def test_a_wrong_proposal_is_overruled_by_what_can_be_read() -> None:
    assert upright.turn_of(page_of_lines(), Reader("readable", turns=90))[0] == 0


def test_a_word_is_never_cut_by_the_edge_of_a_place() -> None:
    half_found = Spot(kind="rule", box=(76, 0, 200, 30), ink=0.2, text="ith", confidence=0.5)
    parts = script.divided([line("Name: Smith", 0, 0, 110)], [half_found])
    assert [part.text.strip() for part in parts] == ["Name:", "Smith"]
    false_rule = Spot(kind="rule", box=(0, 0, 18, 30), ink=0.2, text="mi", confidence=0.5)
    assert [part.text for part in script.divided([line("minutes", 0, 0, 70)], [false_rule])] == ["minutes"]


def test_what_follows_a_label_of_the_head_was_written_by_the_pupil() -> None:
    head = line("姓名：王小明 学号：2023", 0, 0)
    assert [(part.text, part.script) for part in script.by_label([head])] == [
        ("姓名：", "printed"),
        ("王小明 ", "handwritten"),
        ("学号：", "printed"),
        ("2023", "handwritten"),
    ]
    empty = line("姓名：____ 学号：", 0, 0)
    assert [part.text for part in script.by_label([empty])] == [empty.text]


class ByWidth(Reader):
    """Reads a letter for every ten pixels."""

    def _read(self, crop: Image) -> Text:
        count = crop.shape[1] // 10
        return Text("a" * count, 0.95, tuple((i + 0.5) / count for i in range(count)), (0.95,) * count)


def test_one_long_line_along_an_edge_counts_less_than_several_words() -> None:
    page = np.full((400, 800, 3), 255, np.uint8)

    def quad(width: float) -> np.ndarray:
        return np.array([[0, 0], [width, 0], [width, 20], [0, 20]], np.float32)

    along_the_edge = upright.legibility(page, [quad(600)], ByWidth())
    assert along_the_edge < upright.legibility(page, [quad(90), quad(100), quad(80)], ByWidth())


def test_a_part_that_is_numbered_again_in_a_larger_hand_is_an_answer() -> None:
    asked = [line("1.计算下列各题", 0, 0), line("(1) 长度是多少", 0, 40), line("(2) 高度是多少", 0, 80)]
    small = script.by_size_and_wording([*asked, line("(1) 30cm", 0, 120)])
    large = script.by_size_and_wording([*asked, line("(1) 30cm", 0, 120, height=40)])
    assert [part.script for part in small] == ["printed"] * 4
    assert [part.script for part in large] == ["printed"] * 3 + ["handwritten"]


def test_parts_of_the_next_question_are_numbered_anew() -> None:
    lines = [line("1.计算", 0, 0), line("(1) 长度", 0, 40), line("2.求值", 0, 80), line("(1) 高度", 0, 120, height=40)]
    assert [part.script for part in script.by_size_and_wording(lines)] == ["printed"] * 4


def test_a_part_of_a_line_has_its_own_guessed_characters() -> None:
    box = ((0.0, 0.0), (50.0, 0.0), (50.0, 10.0), (0.0, 10.0))
    whole = Line(text="abcde", confidence=0.9, box=box, xs=(5, 15, 25, 35, 45), confidences=(0.9,) * 5, guessed=(0, 3))
    part = lines.cut(whole, 2, 5, "handwritten", "black", edges=(0.4, 1.0))
    assert (part.text, part.guessed) == ("cde", (1,))
