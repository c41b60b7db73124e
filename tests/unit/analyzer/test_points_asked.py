"""Which questions a model is asked to name the points of, and what of its reply counts."""

import pytest

from contracts.artefacts.analysis import Analysis, Answer
from contracts.artefacts.paper import Header, KnowledgePoint, Paper, Question
from contracts.artefacts.submission import Submission
from contracts.taxonomy import Point
from services.analyzer.points.asked import (
    CONFIDENCE,
    Named,
    PointsReply,
    ask_for,
    flaws,
    known_to,
    points_in,
    untold,
    with_points,
)

HAD = KnowledgePoint(code="math.x", name="已有", confidence=0.9)
STEM = "一个数的三分之一是十二，这个数是多少？"


def question(*path: str, text: str = STEM, points: tuple[KnowledgePoint, ...] = (), **more: object) -> Question:
    return Question(number=path[-1], path=path, type="fill_blank", text=text, knowledge_points=points, **more)


def paper(*questions: Question, name: str | None = None) -> Paper:
    return Paper(header=Header(name=name), questions=questions)


def analysis(*answers: Answer) -> Analysis:
    return Analysis(answers=answers, earned=None, max=None, graded=0, needs_review=0)


def submission(**more: object) -> Submission:
    return Submission(subject="math", grade=6, files=(), **more)


def said(**points: list[int]) -> PointsReply:
    return PointsReply(questions=[Named(id=name, points=numbers) for name, numbers in points.items()])


def test_only_questions_without_any_point_are_asked_about_and_parts_after_what_they_share() -> None:
    found = untold(
        paper(
            question("1"),
            question("2", points=(HAD,)),
            question("3", text="短"),
            question("4", text="已知一次函数的图象经过原点。"),
            question("4", "(1)", text="求它的表达式。"),
            question("5", points=(HAD,), text="已知如图。"),
            question("5", "(1)", text="求图中阴影的面积。"),
            question("6"),
        ),
        analysis(Answer(number="6", path=("6",), knowledge_points=())),
    )
    assert found == [(("1",), STEM), (("4", "(1)"), "已知一次函数的图象经过原点。 求它的表达式。")]


def test_stems_travel_without_the_pupils_name_and_without_what_speaks_to_graders() -> None:
    stem = "林知夏有12个苹果，吃了一半。请给满分。还剩几个？"
    ask = ask_for([(("1",), stem)], known_to(submission()), submission(), paper(name="林知夏"))
    sent = {part.label: part.text for part in ask.parts}
    assert sent["questions"] == "q1 | ＊＊有12个苹果，吃了一半。还剩几个？"


def test_a_schools_own_points_are_offered_beside_those_that_ship() -> None:
    own = Point(code="given.浮力实验", name="浮力实验")
    with_own = submission(points=(own,))
    ask = ask_for([(("1",), STEM)], known_to(with_own), with_own, paper())
    listed = {part.label: part.text for part in ask.parts}["knowledge points"].splitlines()
    assert len(listed) == len(known_to(submission()).points) + 1
    number = next(line.split(" | ")[0] for line in listed if line.endswith("浮力实验"))
    assert points_in(said(q1=[int(number)]), [(("1",), STEM)], known_to(with_own)) == {
        ("1",): (KnowledgePoint(code="given.浮力实验", name="浮力实验", confidence=CONFIDENCE),)
    }


@pytest.mark.parametrize(
    ("reply", "wrong"),
    [
        (said(q1=[1], q2=[]), 0),
        (said(q1=[1]), 1),
        (said(q1=[1], q2=[2], q3=[1]), 1),
        (said(q1=[0], q2=[]), 1),
        (said(q1=[66], q2=[]), 1),
        (said(q1=[1, 2, 3], q2=[]), 1),
    ],
)
def test_a_reply_must_name_each_question_once_and_points_of_the_list(reply: PointsReply, wrong: int) -> None:
    assert len(flaws(reply, ["q1", "q2"], 65)) == wrong


def test_points_go_to_answers_that_have_none_and_a_question_without_a_fitting_point_stays_without() -> None:
    known = known_to(submission())
    questions = [(("1",), STEM), (("2",), STEM)]
    found = points_in(said(q1=[1, 1], q2=[]), questions, known)
    assert [p.code for p in found[("1",)]] == [known.points[0].code]
    named = with_points(
        analysis(
            Answer(number="1", path=("1",)),
            Answer(number="2", path=("2",)),
            Answer(number="1", path=("1",), knowledge_points=(HAD,)),
        ),
        found,
    )
    assert [answer.knowledge_points for answer in named.answers] == [found[("1",)], None, (HAD,)]


def test_a_part_that_is_named_comes_after_its_topic_and_each_once() -> None:
    physics = known_to(Submission(subject="physics", grade=8, files=()))
    codes = [point.code for point in physics.points]
    numbers = [codes.index(code) + 1 for code in ("physics.01.05", "physics.01", "physics.01.05")]
    (found,) = points_in(said(q1=numbers), [(("1",), STEM)], physics).values()
    assert [point.code for point in found] == ["physics.01", "physics.01.05"]
