"""The text of a composition's question is its task: what the pupil wrote is the answer, even where it was taken for print."""

import pytest

from contracts.artefacts import Line
from services.parser.core import parse
from tests.unit.parser.readings import column, line, reading, submission

HEADING = "五、作文（40分）"
WRITTEN = ["家乡的小河", "我的家乡有一条弯弯的小河。", "河水清清的，可以看见水底的石头。"]


def text_of(lines: list[Line], subject: str = "chinese") -> str:
    return parse(submission(subject), reading(lines)).questions[-1].text


def below(texts: list[str], y: float, **how: object) -> list[Line]:
    return [line(text, 80, y + 50 * at, **how) for at, text in enumerate(texts)]  # type: ignore[arg-type]


@pytest.mark.parametrize("how", [{"script": "handwritten"}, {"em": 48}])
def test_a_task_ends_where_handwriting_or_squares_begin(how: dict[str, object]) -> None:
    task = [HEADING, "请以“家乡的小河”为题，写一篇记叙文。", "要求：不少于六百字。"]
    assert text_of([*column(task, y=200), *below(WRITTEN, 400, **how)]) == " ".join(task)


def test_fragments_of_print_among_the_handwriting_are_not_the_task() -> None:
    mixed = [line("我的家乡", 80, 400), line("有一条弯弯的小河。", 200, 400, script="handwritten")]
    written = [*below(WRITTEN[:1], 300, script="handwritten"), *mixed]
    assert text_of([line(HEADING, 80, 200), *written]) == HEADING


def test_a_word_by_hand_in_a_long_task_cuts_nothing_of_it() -> None:
    task = [HEADING, "请以“家乡的小河”为题，写一篇记叙文。", "要求：不少于六百字，不要写出真实的校名和人名。"]
    lines = [*column(task, y=200), line("好", 700, 240, script="handwritten")]
    assert text_of(lines) == " ".join(task)


def test_a_task_that_nobody_wrote_under_is_kept_whole() -> None:
    task = [HEADING, "请以“家乡的小河”为题，写一篇记叙文。", "要求：不少于六百字。"]
    assert text_of(column(task)) == " ".join(task)
