"""Knowledge points that the school gave."""

from contracts.artefacts import AnswerKey, Header, KeyItem, KnowledgePoint, Paper, Question
from services.parser.core.given import with_facilities, with_given
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


def test_what_is_usually_earned_says_how_hard_a_question_is_by_path_number_or_parent():
    key = AnswerKey(
        questions=(
            KeyItem(number="1", path=("二", "1"), facility=0.2),
            KeyItem(number="17", facility=0.5),
            KeyItem(number="17(2)", facility=0.0),
            KeyItem(number="18"),
        )
    )
    asked = [("1", "一", "1"), ("1", "二", "1"), ("17(1)", "17", "(1)"), ("17(2)", "17", "(2)"), ("18", "18")]
    questions = tuple(question(n, *path).model_copy(update={"difficulty": 0.35}) for n, *path in asked)
    paper = Paper(header=Header(), questions=questions)
    found = with_facilities(key, paper).questions
    assert [q.facility for q in found] == [None, 0.2, 0.5, 0.0, None]
    assert [q.difficulty for q in found] == [0.35, 0.8, 0.5, 1.0, 0.35]
    assert with_facilities(None, paper) == paper
