"""Strips of numbered blanks, drawn by hand: each rule has its number, read or not."""

from itertools import pairwise

from contracts.artefacts import KeyItem, Paper, Rule
from services.parser.core import parse
from tests.unit.parser.readings import line, reading, strip, submission

GRID = [(140.0 + 220 * c, 400.0 + 90 * r) for r in range(2) for c in range(5)]
KEY = [KeyItem(number=str(n), answer="word", type="fill_blank") for n in range(61, 71)]
LABELS = {i: str(61 + i) for i in range(10)}


def drawn(labels: dict[int, str], missed: frozenset[int] = frozenset(), keyed: bool = True) -> Paper:
    lines, rules, spots = strip(GRID, labels, missed)
    lines = [line("第三部分语法填空（共10小题；每小题1.5分，满分15分）", 60, 250), *lines]
    return parse(submission("english", KEY if keyed else None), reading(lines, rules=rules, spots=spots))


def test_missed_and_misread_numbers_of_a_strip_get_their_own_blank() -> None:
    labels = {i: text for i, text in LABELS.items() if i not in (2, 6)} | {4: "6s", 8: "6"}
    paper = drawn(labels)
    assert sorted((q.number, [s.index for s in q.spots]) for q in paper.questions) == [
        (str(61 + i), [i]) for i in range(10)
    ]
    assert all(q.regions for q in paper.questions)


def test_a_strip_is_read_without_a_key_too() -> None:
    paper = drawn({i: LABELS[i] for i in (0, 1, 3, 5, 6, 9)}, keyed=False)
    assert sorted(q.number for q in paper.questions) == [str(n) for n in range(61, 71)]


def test_a_blank_that_was_not_detected_leaves_the_others_where_they_are() -> None:
    by_number = {q.number: q for q in drawn(LABELS, frozenset({3})).questions}
    assert by_number["64"].spots == ()
    assert by_number["64"].regions[0].box[0] < GRID[3][0] < by_number["64"].regions[0].box[2]
    assert [s.index for s in by_number["65"].spots] == [3]


def test_cells_of_a_strip_do_not_overlap_and_reach_to_their_frame() -> None:
    lines, rules, spots = strip(GRID[:4], {0: "13.", 1: "14.", 3: "16."})
    frame = (Rule(start=(90, 345), end=(1000, 347)), Rule(start=(90, 420), end=(1000, 422)))
    paper = parse(submission(), reading(lines, rules=(*rules, *frame), spots=spots))
    boxes = [q.regions[0].box for q in paper.questions]
    assert [q.number for q in paper.questions] == ["13", "14", "15", "16"]
    assert all(b[1] == 346 and b[3] == 421 for b in boxes)
    assert all(a[2] <= b[0] for a, b in pairwise(boxes))


def test_underlined_fields_of_the_head_are_no_strip() -> None:
    lines, rules, spots = strip(GRID[:3], {0: "姓名：", 1: "班级：8(1)班", 2: "学号："})
    lines = [*lines, line("1. 计算 2+3 的结果。", 80, 600), line("2. 计算 2+4 的结果。", 80, 700)]
    paper = parse(submission("math"), reading(lines, rules=rules, spots=spots))
    assert [q.number for q in paper.questions] == ["1", "2"]
    assert paper.questions[0].regions[0].box[1] > 550
