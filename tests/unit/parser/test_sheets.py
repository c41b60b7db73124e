"""Question pages with an answer sheet behind them: the text is the questions', the answers are the sheet's."""

from contracts.artefacts import KeyItem, Paper, Question, Spot
from services.parser.core import parse
from tests.unit.parser.readings import column, line, reading, submission

QUESTIONS = [
    line("一、填空题（共 2 题，6 分）", 80, 260),
    *column(["1. 方程 5x＝10 的解是____", "2. 化简：a＋b＋a＋b＝____"], y=320),
]
SHEET = [line("答题纸", 540, 120), line("一、填空题（共 2 题，6 分）", 80, 260), *column(["1.", "2."], y=320, step=90)]
KEY = [KeyItem(number="1", type="fill_blank", answer="x=2"), KeyItem(number="2", type="fill_blank", answer="4a")]


def rule(x: float, y: float, text: str = "") -> Spot:
    return Spot(kind="rule", box=(x, y, x + 60, y + 30), ink=0.1 if text else 0.0, text=text, confidence=0.9)


def paper(
    *, printed: tuple[str, str] = ("", ""), written: tuple[str, str] = ("", ""), heading: str = "答题纸"
) -> Paper:
    sheet = [line(heading, 540, 120), *SHEET[1:]]
    made = reading(QUESTIONS, sheet, spots=(rule(330, 320, printed[0]), rule(330, 360, printed[1])))
    behind = made.pages[1].model_copy(update={"spots": (rule(140, 320, written[0]), rule(140, 410, written[1]))})
    return parse(submission(items=KEY), made.model_copy(update={"pages": (made.pages[0], behind)}))


def pages(question: Question) -> tuple[set[int], set[int]]:
    return {region.page for region in question.regions}, {spot.page for spot in question.spots}


def test_answers_are_looked_for_on_the_sheet_and_the_text_stays_the_questions() -> None:
    found = paper(written=("x=2", "4a")).questions
    assert [q.number for q in found] == ["1", "2"]
    assert "5x＝10" in found[0].text
    assert [pages(q) for q in found] == [({1, 2}, {2}), ({1, 2}, {2})]


def test_an_answer_beside_the_question_counts_where_the_sheet_has_none() -> None:
    found = paper(printed=("x=2", "5a"), written=("", "4a")).questions
    assert [pages(q)[1] for q in found] == [{1}, {2}]


def test_places_left_empty_on_both_are_the_sheets() -> None:
    assert [pages(q)[1] for q in paper().questions] == [{2}, {2}]


def test_an_english_sheet_is_one_too_and_a_sentence_that_speaks_of_one_is_none() -> None:
    assert pages(paper(heading="Answer sheet", written=("x=2", "4a")).questions[0])[1] == {2}
    spoken = paper(heading="请把答案写在答题纸上", written=("x=2", "4a"), printed=("x=3", "5a"))
    assert 1 in pages(spoken.questions[0])[1]


def test_a_sheet_alone_is_read_as_before() -> None:
    made = reading(SHEET, spots=(rule(140, 320, "x=2"), rule(140, 410, "4a")))
    assert [pages(q) for q in parse(submission(items=KEY), made).questions] == [({1}, {1}), ({1}, {1})]
