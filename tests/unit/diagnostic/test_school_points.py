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
