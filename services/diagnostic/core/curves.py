"""Item response curves: how likely a student of some ability is to earn the points of a question.

P(share | ability) = guess + (1 - guess) * sigmoid(slope * ability + ease): the two-parameter logistic model of Birnbaum
(1968), with the guessing floor of a choice. Abilities of a school year are N(0, 1).
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contracts.artefacts.paper import Question

Floats = npt.NDArray[np.float64]

KNOWN_SLOPE = 1.2
"""Of a usual question of which we know how hard it is."""
USUAL_SLOPE = 1.0
"""Of one of which we don't: a logit of doubt flattens what we may assume of it."""
USUAL_DIFFICULTY = 0.35
"""Share of the points that a year loses on a question of which nothing is known."""
_LOGISTIC_VARIANCE = 0.346
"""1 / 1.7^2: how much normal doubt flattens a logistic curve (MacKay, Neural Computation 4 (1992), 720-736)."""
_SURE = 0.02
_OPTIONS = 4


@dataclass(frozen=True)
class Curve:
    """Of one question. `slope` > 0 per unit of ability, `ease` in logits at ability 0, `guess` in 0..1."""

    slope: float
    ease: float
    guess: float = 0.0

    def chance(self, ability: Floats) -> Floats:
        """The expected share of points at each ability."""
        one = chances(np.array([self.slope]), np.array([self.ease]), np.array([self.guess]), ability)
        share: Floats = one[0]
        return share


def curve_of(question: Question) -> Curve:
    """What may be assumed of a question before the class's answers are seen: by its kind and its difficulty.

    What is usually earned on it, where the school knows it, has the points in it that chance gives.
    """
    guess = guess_of(question)
    if question.facility is not None:
        return Curve(KNOWN_SLOPE, ease_at((question.facility - guess) / (1.0 - guess), KNOWN_SLOPE), guess)
    difficulty = USUAL_DIFFICULTY if question.difficulty is None else question.difficulty
    return Curve(USUAL_SLOPE, ease_at(1.0 - difficulty, USUAL_SLOPE), guess)


def curve_before(difficulty: float | None) -> Curve:
    """Of questions of earlier exams, together."""
    facility = 1.0 - (USUAL_DIFFICULTY if difficulty is None else difficulty)
    return Curve(KNOWN_SLOPE, ease_at(facility, KNOWN_SLOPE))


def guess_of(question: Question) -> float:
    """The share of points that chance alone gives."""
    if question.type == "true_false":
        return 0.5
    if question.type == "single_choice":
        return 1.0 / max(len(question.options) or _OPTIONS, 2)
    return 0.0


def ease_at(facility: float, slope: float, variance: float = 1.0) -> float:
    """The ease at which students of N(0, variance) earn this share of the points on the whole, guessing aside."""
    share = min(max(facility, _SURE), 1.0 - _SURE)
    return math.log(share / (1.0 - share)) * math.sqrt(1.0 + _LOGISTIC_VARIANCE * slope**2 * variance)


def chances(slope: Floats, ease: Floats, guess: Floats, ability: Floats) -> Floats:
    """(questions, abilities): the expected share of points, kept off 0 and 1 so that no answer is impossible."""
    known = 1.0 / (1.0 + np.exp(-(slope[:, None] * ability + ease[:, None])))
    share: Floats = guess[:, None] + (1.0 - guess[:, None]) * known
    return np.clip(share, 1e-6, 1.0 - 1e-6)
