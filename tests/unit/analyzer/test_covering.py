"""Letters of a choice over the print that tells of them, and guesses that a teacher looks at."""

from analyzer_build import key, line, mark, paper, question, reading, spot, submission

from contracts.artefacts.analysis import Answer
from contracts.artefacts.paper import Region
from contracts.artefacts.reading import Line, Mark, Spot
from services.analyzer.core import analyze, choices
from services.ocr.core import asked


def printed(*texts: str) -> list[Line]:
    boxes = [(100, 100 + 50 * i, 700, 130 + 50 * i) for i in range(len(texts))]
    return [line(text, box, script="printed", ink="black") for text, box in zip(texts, boxes, strict=True)]


def read(
    lines: list[Line], *places: Spot, own: tuple[int, ...] = (), wanted: str = "D", marks: tuple[Mark, ...] = ()
) -> Answer:
    asked = question("single_choice", "3", spots=range(len(places)), options="ABCD", lines=own, marks=range(len(marks)))
    asked = asked.model_copy(update={"regions": (Region(page=1, box=(90, 90, 1000, 500)),)})
    pages = reading(lines=lines, spots=places, marks=marks)
    return analyze(submission(key("3", wanted)), pages, paper(asked)).answers[0]


def test_a_letter_over_the_questions_number_is_read_and_a_teacher_looks_even_where_it_is_the_keys() -> None:
    for front in ("B3.", "B", "BX", "B3√.", "B《"):
        for wanted in "BD":
            got = read(printed(f"{front}下列说法正确的是", "A.1 B.2 C.3 D.4"), wanted=wanted)
            assert (got.student_answer, got.needs_review) == ("B", True), front


def test_a_letter_over_the_number_is_read_where_digits_follow_or_a_fraction_stands_higher() -> None:
    assert read(printed("B3.2020年6月23日发射的是", "A.1 B.2 C.3 D.4")).student_answer == "B"
    fraction = line("1", (400, 95, 410, 105), script="printed", ink="black")
    assert read([fraction, *printed("B已知复数", "A.1 B.2 C.3 D.4")]).student_answer == "B"


def test_a_stem_behind_its_number_or_with_an_empty_bracket_has_no_letter_before_it() -> None:
    assert read(printed("3.A市在下列哪一处", "A.东 B.西")).student_answer is None
    assert read(printed("A市在下列哪一处", "A.东 B.西"), spot(at=(600, 100, 700, 130))).student_answer == ""


def test_of_letters_over_a_bracket_the_last_is_the_answer_and_options_are_none() -> None:
    for stem in (("3.共有几种? AC)",), ("3.共有几种", "AC)")):
        got = read(printed(*stem, "A.1 B.2 C.3 D.4"))
        assert (got.student_answer, got.needs_review) == ("C", True)
    assert read(printed("3.共有几种", "A.1", "B")).student_answer is None


def test_a_rule_below_the_options_is_the_next_questions() -> None:
    place = spot("C", {"C": 0.99}, at=(90, 300, 130, 330), kind="rule")
    lines = printed("B3.下列说法正确的是", "A.1 B.2 C.3 D.4")
    assert read(lines, place, wanted="C").student_answer == "B"
    asked = [*lines, line("答案：", (100, 300, 160, 330), script="printed", ink="black")]
    assert read(asked, spot("C", {"C": 0.99}, at=(170, 300, 230, 330), kind="rule")).student_answer == "C"
    above = spot("C", {"C": 0.99}, at=(600, 100, 700, 130), kind="rule")
    assert read(lines, above).student_answer == "C"


def test_the_trace_of_a_cross_over_an_empty_bracket_is_no_letter() -> None:
    trace = spot(";", at=(600, 100, 700, 130)).model_copy(update={"ink": 0.013})
    got = read(printed("3.共有几种（ ）", "A.1 B.2 C.3 D.4"), trace, marks=(mark("cross"),))
    assert (got.student_answer, got.needs_review) == ("", True)
    faint = spot(";", at=(600, 100, 700, 130)).model_copy(update={"ink": 0.05})
    assert read(printed("3.共有几种（ ）"), faint).student_answer is None


def test_a_letter_less_likely_than_no_letter_is_not_accepted_because_it_is_the_keys() -> None:
    unclear = spot(":", {"C": 0.31, "A": 0.01}, at=(600, 100, 700, 130))
    for wanted in "CA":
        got = read(printed("3.共有几种（ ）"), unclear, wanted=wanted)
        assert (got.student_answer, got.needs_review) == (wanted, True)


def test_a_letter_from_a_cell_that_other_print_runs_through_is_doubtful() -> None:
    cells = [line("D", (642, 624, 666, 661)), line("老师递", (666, 624, 727, 662))]
    got = read(cells, own=(0, 1))
    assert (got.student_answer, got.needs_review) == ("D", True)
    assert not read(cells[:1], own=(0,)).needs_review


def test_letters_with_a_teachers_cross_at_their_end_outweigh_a_place_that_was_not_read() -> None:
    place = spot("5", {"A": 0.002}, at=(600, 100, 700, 130))
    got = read(
        [*printed("3.共有几种（ ）"), line("BDX", (580, 100, 720, 130), ink="black")], place, own=(1,), wanted="A"
    )
    assert (got.student_answer, got.needs_review) == ("D", True)


def test_the_confidence_of_a_place_read_two_ways_is_known_to_who_doubts_it() -> None:
    assert asked.EITHER == choices._EITHER
