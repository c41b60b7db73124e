"""What a pupil wrote of a composition is the answer; the printed task above it is not, and no word of the pupil is lost."""

import pytest

from contracts.artefacts import Line
from services.analyzer.core import analyze
from services.analyzer.core.words import Words
from services.parser.core import parse
from tests.unit.parser.readings import column, line, reading, submission

TASK = ["五、作文（40分）", "请以“家乡的小河”为题，写一篇记叙文。", "要求：不少于六百字。"]
WRITTEN = ["我的家乡有一条小河，", "河水清清的。"]


def answer_of(lines: list[Line], subject: str = "chinese") -> str | None:
    sheet, read = submission(subject), reading(lines)
    return analyze(sheet, read, parse(sheet, read), Words()).answers[-1].student_answer


def below(texts: list[str], **how: object) -> list[Line]:
    return [line(text, 80, 500 + 50 * at, **how) for at, text in enumerate(texts)]  # type: ignore[arg-type]


@pytest.mark.parametrize("how", [{"script": "handwritten"}, {"em": 48}])
def test_the_printed_task_is_no_part_of_the_composition(how: dict[str, object]) -> None:
    assert answer_of([*column(TASK), *below(WRITTEN, **how)]) == "\n".join(WRITTEN)


def test_the_printed_task_of_an_english_composition_is_not_counted_as_the_pupils() -> None:
    task = ["五、书面表达（25分）", "Suppose you are Li Hua. Write a letter to Tom.", "Write about 100 words."]
    written = ["Dear Tom, how are you?", "I am fine."]
    assert answer_of([*column(task), *below(written, script="handwritten")], "english") == "\n".join(written)


def test_a_title_that_was_taken_for_print_stays_with_the_composition() -> None:
    lines = [*column([*TASK, "家乡的小河"]), *below(WRITTEN, script="handwritten")]
    assert answer_of(lines) == "\n".join(["家乡的小河", *WRITTEN])


def test_a_composition_that_was_taken_for_print_loses_no_line() -> None:
    written = ["我的家乡有一条小河，河水清清的。", "春天，岸边的柳树发芽了。", "夏天，孩子们在河里游泳。"]
    lines = [*column([TASK[0], *written]), line("好", 700, 400, script="handwritten")]
    assert all(each in (answer_of(lines) or "") for each in written)
