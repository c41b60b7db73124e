"""What a class's answers to the same paper say about its questions and about how the points hang together."""

from dataclasses import dataclass, replace

import numpy as np

from services.diagnostic.core.curves import USUAL_SLOPE, Floats, chances, ease_at
from services.diagnostic.core.mastery import ABILITY, LEVEL, posterior

LEAST_STUDENTS = 20
"""Fewer classmates say too little: item statistics of ten papers are noise."""
_SPREADS = (0.2, 0.4, 0.7, 1.0, 1.4)
_WEIGHTS = (1.0, 1.5, 2.0)
_WIDE = 0.5
_ROUNDS = 25
_REFITS = 3
_SLOPE_PULL = 3.0  # log slope ~ N(0, .58^2)
_EASE_PULL = 0.3  # ease ~ N(0, 1.8^2)
_KNOWN_PULL = 2.0  # about what is usually earned elsewhere: sd .7
_NOISE_STUDENTS = 30
_LEAST_TIE = 0.01
_STEPS = 4


@dataclass(frozen=True)
class Eases:
    """What is known of eases before any answer: `mean` and `pull` (1 / variance), per question."""

    mean: Floats
    pull: Floats

    @classmethod
    def of(cls, facility: Floats, guess: Floats) -> "Eases":
        """From what is usually earned, NaN where nobody knows."""
        known = [
            f if np.isnan(f) else ease_at((f - g) / (1.0 - g), USUAL_SLOPE)
            for f, g in zip(facility, guess, strict=True)
        ]
        mean = np.array(known, dtype=np.float64)
        return cls(np.nan_to_num(mean), np.where(np.isnan(mean), _EASE_PULL, _KNOWN_PULL))


@dataclass(frozen=True)
class Calibration:
    """`slope`, `ease`, `guess` per question; `parts` (questions, points): the weight of an answer as evidence for each
    point; `spread`: how far a student's points lie from the student's level.
    """

    slope: Floats
    ease: Floats
    guess: Floats
    parts: Floats
    spread: float


def calibrate(shares: Floats, parts: Floats, guess: Floats, facility: Floats | None = None) -> Calibration:
    """From shares of points (students, questions), NaN where not graded, and prior parts (questions, points).

    `facility`: the share that is usually earned on each question, NaN where nobody knows; the class's answers move it.

    Curves by marginal maximum a posteriori (EM, Bock and Aitkin 1981). Where the residuals of a question go along with
    those of a point's other questions, more of its weight goes to that point. Spread and weight are those of a few with
    which each half of the questions foretells the other best. With little data all stays near what is assumed without.
    """
    seen = np.isfinite(shares)
    shares = np.where(seen, shares, 0.0)
    eases = Eases.of(np.full(len(guess), np.nan) if facility is None else facility, guess)
    slope, ease = np.full(len(guess), USUAL_SLOPE), eases.mean
    for _ in range(_ROUNDS):
        density = _levels(shares, seen, slope, ease, guess)
        slope, ease = _refit(slope, ease, guess, (shares.T @ density, seen.T @ density), LEVEL, eases=eases)
    by_level = _levels(shares, seen, slope, ease, guess) @ chances(slope, ease, guess, LEVEL).T
    parts = _tied(np.where(seen, shares - by_level, 0.0), parts)
    models = [Calibration(slope, ease, guess, parts * much, spread) for much in _WEIGHTS for spread in _SPREADS]
    best = max(models, key=lambda model: _foretold(model, shares, seen))
    return _refitted(best, shares, seen, eases) if best.spread > _WIDE else best


def _refitted(model: Calibration, shares: Floats, seen: Floats, eases: Eases) -> Calibration:
    """Curves against the points' abilities instead of the level: another matter where points lie far from it."""
    share_of = model.parts / model.parts.sum(axis=1, keepdims=True)
    for _ in range(_REFITS):
        density = posterior(log_likelihoods(model, shares, seen), model.spread)
        right, asked = (
            np.einsum("sj,jk,skt->jt", each, share_of, density, optimize=True) for each in (shares, seen * 1.0)
        )
        slope, ease = _refit(model.slope, model.ease, model.guess, (right, asked), ABILITY, eases=eases)
        model = replace(model, slope=slope, ease=ease)
    return model


def log_likelihoods(model: Calibration, shares: Floats, seen: Floats) -> Floats:
    """(students, points, ability) from shares and whether they were graded, both (students, questions)."""
    chance = chances(model.slope, model.ease, model.guess, ABILITY)
    right = np.einsum("sj,jk,jt->skt", shares * seen, model.parts, np.log(chance), optimize=True)
    wrong = np.einsum("sj,jk,jt->skt", (1.0 - shares) * seen, model.parts, np.log1p(-chance), optimize=True)
    total: Floats = right + wrong
    return total


def expected(model: Calibration, shares: Floats, seen: Floats) -> Floats:
    """(students, questions): the share of every question, from those seen; its points' log odds, weighted as its parts."""
    density = posterior(log_likelihoods(model, shares, seen), model.spread)
    chance = density @ chances(model.slope, model.ease, model.guess, ABILITY).T  # (students, points, questions)
    part = model.parts / model.parts.sum(axis=1, keepdims=True)
    odds = np.einsum("skj,jk->sj", np.log(chance / (1.0 - chance)), part, optimize=True)
    share: Floats = 1.0 / (1.0 + np.exp(-odds))
    return share


def _foretold(model: Calibration, shares: Floats, seen: Floats) -> float:
    """The log likelihood of each half of the questions given the other."""
    total = 0.0
    for half in (np.arange(shares.shape[1]) % 2 == 0, np.arange(shares.shape[1]) % 2 == 1):
        share = np.clip(expected(model, shares, seen & half), 1e-6, 1.0 - 1e-6)
        held = seen & ~half
        total += float((held * (shares * np.log(share) + (1.0 - shares) * np.log1p(-share))).sum())
    return total


def _levels(shares: Floats, seen: Floats, slope: Floats, ease: Floats, guess: Floats) -> Floats:
    """(students, level): densities of the level alone."""
    chance = chances(slope, ease, guess, LEVEL)
    joint = -0.5 * LEVEL**2 + shares @ np.log(chance) + (seen - shares) @ np.log1p(-chance)
    density: Floats = np.exp(joint - joint.max(axis=1, keepdims=True))
    density /= density.sum(axis=1, keepdims=True)
    return density


def _refit(
    slope: Floats, ease: Floats, guess: Floats, counts: tuple[Floats, Floats], grid: Floats, *, eases: Eases
) -> tuple[Floats, Floats]:
    """Scoring steps on expected (right, asked) counts (questions, grid), in (log slope, ease), with their priors' pull."""
    right, asked = counts
    log_slope, ease = np.log(slope), ease.copy()
    for _ in range(_STEPS):
        rise = np.exp(log_slope)[:, None] * grid
        known = 1.0 / (1.0 + np.exp(-(rise + ease[:, None])))
        chance = chances(np.exp(log_slope), ease, guess, grid)
        slant = (1.0 - guess[:, None]) * known * (1.0 - known)  # of the chance, per logit
        odds = (right - asked * chance) / (chance * (1.0 - chance)) * slant
        weight = asked * slant**2 / (chance * (1.0 - chance))
        g1, g2 = (odds * rise).sum(1) - _SLOPE_PULL * log_slope, odds.sum(1) - eases.pull * (ease - eases.mean)
        h11, h22 = (weight * rise**2).sum(1) + _SLOPE_PULL, weight.sum(1) + eases.pull
        h12 = (weight * rise).sum(1)
        determinant = h11 * h22 - h12**2
        log_slope += np.clip((h22 * g1 - h12 * g2) / determinant, -0.5, 0.5)
        ease += np.clip((h11 * g2 - h12 * g1) / determinant, -1.0, 1.0)
    return np.exp(log_slope), ease


def _tied(residual: Floats, parts: Floats) -> Floats:
    """The parts of each question moved towards the points whose other questions its residuals go along with."""
    asks = (parts > 0).astype(np.float64)
    size = np.sqrt((residual**2).sum(axis=0))
    alike = residual.T @ residual / np.maximum(np.outer(size, size), 1e-9)
    np.fill_diagonal(alike, 0.0)
    alike *= len(residual) / (len(residual) + _NOISE_STUDENTS)
    tie = np.maximum(alike @ asks / np.maximum(asks.sum(axis=0) - asks, 1.0), 0.0) + _LEAST_TIE
    moved: Floats = parts * tie
    total: Floats = parts.sum(axis=1, keepdims=True)
    moved *= total / np.maximum(moved.sum(axis=1, keepdims=True), 1e-12)
    return moved
