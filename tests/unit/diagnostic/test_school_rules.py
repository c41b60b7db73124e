"""What a school calls weak and strong."""

from contracts.artefacts import SubjectRules
from services.diagnostic.core import diagnose
from tests.unit.diagnostic.test_diagnose import SUBMISSION, exam

ROWS = [(str(n), "correct" if n % 4 else "wrong", "方程") for n in range(1, 41)]


def judged(**rules: float) -> tuple[bool, bool]:
    """(called weak, called a strength) of a student who gets three of four right."""
    submission = SUBMISSION.model_copy(update={"rules": SubjectRules(**rules)})
    found = diagnose(submission, *exam(*ROWS))
    return any("方程" in each for each in found.weak_points), any("方程" in each for each in found.strengths)


def test_the_bounds_are_the_schools():
    assert judged() == (False, False)
    assert judged(weak_below=0.85, strong_from=0.95) == (True, False)
    assert judged(weak_below=0.6, strong_from=0.7) == (False, True)
