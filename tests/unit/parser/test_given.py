"""Knowledge points that the school gave."""

from contracts.artefacts import AnswerKey, KeyItem, KnowledgePoint, Question
from services.parser.core.given import with_given
from services.parser.core.tagging import Point

FOUND = KnowledgePoint(code="m.1", name="函数", confidence=0.4)
KNOWN = [Point("m.7", "有理数的加减", ("有理数",))]


def question(number: str, *path: str) -> Question:
    return Question(number=number, path=path or (number,), type="fill_blank")


def names(key: AnswerKey | None, *questions: Question) -> list[list[tuple[str, str, float]]]:
    points = with_given(key, questions, [[FOUND]] * len(questions), KNOWN)
    return [[(p.code, p.name, p.confidence) for p in each] for each in points]


def item(number: str, *points: str, path: tuple[str, ...] | None = None) -> KeyItem:
    return KeyItem(number=number, knowledge_points=points, path=path)


def test_given_points_replace_those_found_and_known_names_keep_their_code():
    key = AnswerKey(questions=(item("1", "有理数的加减", "校本专题"), item("2")))
    assert names(key, question("1"), question("2")) == [
        [("m.7", "有理数的加减", 1.0), ("given.校本专题", "校本专题", 1.0)],
        [("m.1", "函数", 0.4)],
    ]


def test_without_given_points_nothing_changes():
    for key in (None, AnswerKey(), AnswerKey(questions=(item("1"),))):
        assert names(key, question("1")) == [[("m.1", "函数", 0.4)]]


def test_a_part_has_its_own_points_or_its_questions():
    key = AnswerKey(questions=(item("17", "方程"), item("17(2)", "不等式")))
    found = names(key, question("17", "17"), question("17(1)", "17", "(1)"), question("17(2)", "17", "(2)"))
    assert [[name for _, name, _ in each] for each in found] == [["方程"], ["方程"], ["不等式"]]


def test_where_numbers_repeat_the_path_decides():
    key = AnswerKey(questions=(item("1", "词汇", path=("一", "1")), item("1", "语法", path=("二", "1"))))
    found = names(key, question("1", "二", "1"), question("1", "一", "1"))
    assert [each[0][1] for each in found] == ["语法", "词汇"]
