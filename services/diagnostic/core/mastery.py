"""Mastery per knowledge point by a hierarchical beta-binomial model, on a grid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Grid = npt.NDArray[np.float64]

_CELLS = 200
_THETA: Grid = (np.arange(_CELLS) + 0.5) / _CELLS
_EDGES: Grid = np.arange(1, _CELLS + 1) / _CELLS
_LEVEL: Grid = (np.arange(40) + 0.5) / 40
_CONCENTRATION = 4.0  # how alike one student's points are: prior observations per point
_LEVEL_PRIOR = (3.0, 1.5)  # school papers are made to be two thirds right
_TAIL = 0.05


@dataclass(frozen=True)
class Estimate:
    """Posterior mean and 90 % credible interval of the share of points the student would earn, all in 0..1."""

    mean: float
    low: float
    high: float


def estimate(evidence: Mapping[str, Sequence[tuple[float, float]]]) -> dict[str, Estimate]:
    """Mastery of each point from its (share of points earned, weight) pairs.

    theta_k | m ~ Beta(c m, c (1 - m)), m ~ Beta(3, 1.5), and an answer with share s and weight w has likelihood
    theta^(w s) (1 - theta)^(w (1 - s)). So each point leans towards the student's own mean m, the less the more was
    asked about it, and its interval carries the doubt about m. Hierarchical model: Gelman et al., Bayesian Data
    Analysis, 3rd ed., section 5.3; posterior means on a grid (EAP): Bock and Mislevy, Applied Psychological
    Measurement 6 (1982), 431-444. Prior and likelihood are totally positive of order 2 in (m, theta, s), so a better
    answer never lowers any estimate.
    """
    if not evidence:
        return {}
    prior = _log_prior()
    joint = {code: prior + _log_likelihood(pairs)[None, :] for code, pairs in evidence.items()}  # (level, theta)
    marginal = {code: np.logaddexp.reduce(table, axis=1) for code, table in joint.items()}
    a, b = _LEVEL_PRIOR
    level = (a - 1) * np.log(_LEVEL) + (b - 1) * np.log1p(-_LEVEL) + sum(marginal.values())
    level -= np.logaddexp.reduce(level)
    return {
        code: _summary(np.exp(np.logaddexp.reduce(table - marginal[code][:, None] + level[:, None], axis=0)))
        for code, table in joint.items()
    }


def _log_prior() -> Grid:
    a, b = _CONCENTRATION * _LEVEL[:, None], _CONCENTRATION * (1 - _LEVEL[:, None])
    table: Grid = (a - 1) * np.log(_THETA) + (b - 1) * np.log1p(-_THETA)
    normalised: Grid = table - np.logaddexp.reduce(table, axis=1, keepdims=True)
    return normalised


def _log_likelihood(pairs: Sequence[tuple[float, float]]) -> Grid:
    right = sum(share * weight for share, weight in pairs)
    wrong = sum((1 - share) * weight for share, weight in pairs)
    likelihood: Grid = right * np.log(_THETA) + wrong * np.log1p(-_THETA)
    return likelihood


def _summary(density: Grid) -> Estimate:
    mean = float(density @ _THETA / density.sum())
    cumulative = np.cumsum(density) / density.sum()
    low, high = np.interp([_TAIL, 1 - _TAIL], cumulative, _EDGES)
    return Estimate(round(mean, 4), round(min(float(low), mean), 4), round(max(float(high), mean), 4))
