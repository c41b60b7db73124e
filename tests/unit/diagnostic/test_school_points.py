"""A weakness is traced to its root along what a school says of its own points."""

from contracts.artefacts import Diagnosis
from contracts.taxonomy import Point
from services.diagnostic.core import diagnose
from tests.unit.diagnostic.test_diagnose import SUBMISSION, exam

ROWS = [("1", "wrong", "移项"), ("2", "wrong", "等式的性质"), ("3", "correct", "数轴")]
ROOT = Point(code="k.等式的性质", name="等式的性质")


def diagnosed(*points: Point) -> Diagnosis:
    return diagnose(SUBMISSION.model_copy(update={"points": points}), *exam(*ROWS))


def test_the_point_that_another_lost_point_builds_on_comes_first() -> None:
    told = diagnosed(ROOT, Point(code="k.移项", name="移项", requires=(ROOT.code,)))
    first = told.suggestions[0]
    assert first.text.index("等式的性质") < first.text.index("移项")
    assert set(first.evidence) == {"1", "2"}
    assert first.text not in {each.text for each in diagnosed().suggestions}


def test_points_that_form_a_circle_by_now_are_diagnosed_all_the_same() -> None:
    circle = (
        ROOT.model_copy(update={"requires": ("k.移项",)}),
        Point(code="k.移项", name="移项", requires=(ROOT.code,)),
    )
    assert {row.code for row in diagnosed(*circle).mastery} >= {"k.移项", "k.等式的性质"}


def test_an_english_diagnosis_calls_points_by_their_english_names_and_others_by_their_own() -> None:
    shipped = [
        ("1", "wrong", "一元一次方程"),
        ("2", "wrong", "一元一次方程"),
        ("3", "wrong", "一元一次方程"),
        ("4", "wrong", "数轴"),
    ]
    paper, analysis = exam(*shipped)
    named = [
        question.model_copy(
            update={
                "knowledge_points": tuple(p.model_copy(update={"code": "math.07"}) for p in question.knowledge_points)
            }
        )
        if question.number != "4"
        else question
        for question in paper.questions
    ]
    english = SUBMISSION.model_copy(update={"locale": "en"})
    told = diagnose(english, paper.model_copy(update={"questions": tuple(named)}), analysis)
    assert {row.name for row in told.mastery} >= {"linear equations in one unknown", "数轴"}
    assert "linear equations in one unknown" in told.suggestions[0].text.lower()
    own = Point(code="k.数轴", name="数轴", name_en="number line")
    told = diagnose(english.model_copy(update={"points": (own,)}), paper, analysis)
    assert "number line" in {row.name for row in told.mastery}
