"""Mastery per knowledge point: a hierarchical item response model, integrated exactly on a grid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.diagnostic.core.curves import Curve, Floats, curve_before

ABILITY: Floats = np.linspace(-5.0, 5.0, 81)
"""Grid of a student's ability on one point."""
LEVEL: Floats = np.linspace(-3.6, 3.6, 37)
"""Grid of a student's ability on the whole."""
USUAL_SPREAD = 0.8
"""How far one student's points lie from the student's level (sd): two points then correlate at .6."""
_LEVEL_SD = 1.0
_TAIL = 0.05
REFERENCE = curve_before(None)
"""The usual question, on which mastery is said."""


@dataclass(frozen=True)
class Observation:
    """One answer: share of the points earned (0..1), its weight in answers, and the curve of its question."""

    share: float
    weight: float
    curve: Curve = REFERENCE


@dataclass(frozen=True)
class Estimate:
    """Posterior mean and 90 % credible interval of the share a student would earn on a usual question, all in 0..1."""

    mean: float
    low: float
    high: float


def estimate(evidence: Mapping[str, Sequence[Observation]], spread: float = USUAL_SPREAD) -> dict[str, Estimate]:
    """Mastery of each point from the answers to its questions. Deterministic; empty for no evidence.

    ability_k | level ~ N(level, spread^2), level ~ N(0, 1); an answer of share s and weight w has the likelihood
    P^(w s) (1 - P)^(w (1 - s)) with P the chance of its question's curve. So each point leans towards the student's own
    level, the less the more was asked about it (partial pooling), and its interval carries the doubt about both.
    Posterior means on a grid (EAP): Bock and Mislevy, Applied Psychological Measurement 6 (1982), 431-444.

    Prior and likelihood are totally positive of order 2 in (level, ability, share), so a better answer never lowers any
    estimate: a promise that a model with several abilities behind one answer could not keep.
    """
    if not evidence:
        return {}
    likelihood = np.stack([_log_likelihood(answers) for answers in evidence.values()])
    densities = posterior(likelihood[None], spread)[0]
    return {code: _summary(density) for code, density in zip(evidence, densities, strict=True)}


def posterior(likelihood: Floats, spread: float) -> Floats:
    """(students, points, ability) log likelihoods in; densities of the same shape out, each summing to 1."""
    around = _given_level(spread)  # (level, ability)
    highest = likelihood.max(axis=-1, keepdims=True)
    scaled = np.exp(likelihood - highest)
    by_level = scaled @ around.T  # (students, points, level)
    joint = -0.5 * (LEVEL / _LEVEL_SD) ** 2 + (np.log(by_level) + highest).sum(axis=1)
    level = np.exp(joint - joint.max(axis=1, keepdims=True))
    level /= level.sum(axis=1, keepdims=True)
    density: Floats = scaled * ((level[:, None, :] / by_level) @ around)
    density /= density.sum(axis=-1, keepdims=True)
    return density


def _given_level(spread: float) -> Floats:
    """(level, ability): the prior of a point's ability at each level. Bounded away from 0: no answer is impossible."""
    table = np.exp(-0.5 * ((ABILITY - LEVEL[:, None]) / spread) ** 2) + 1e-30
    normalised: Floats = table / table.sum(axis=1, keepdims=True)
    return normalised


def _log_likelihood(answers: Sequence[Observation]) -> Floats:
    total = np.zeros_like(ABILITY)
    for answer in answers:
        chance = answer.curve.chance(ABILITY)
        total += answer.weight * (answer.share * np.log(chance) + (1.0 - answer.share) * np.log1p(-chance))
    return total


def _summary(density: Floats) -> Estimate:
    share = REFERENCE.chance(ABILITY)
    mean = float(density @ share)
    cumulative = np.cumsum(density) - density / 2
    low, high = np.interp([_TAIL, 1.0 - _TAIL], cumulative, share)
    return Estimate(round(mean, 4), round(min(float(low), mean), 4), round(max(float(high), mean), 4))
