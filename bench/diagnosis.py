"""Mastery beside its peers, on answers that were held out.

    python -m bench.diagnosis --records PATH/math2015 [--tests 300] [--write docs/diagnosis.md]

Students are split: some are classmates, whose answers are known; the others answer four fifths of the questions, and the
last fifth is predicted, each fifth in turn. AUC over all held-out answers (an answer of share s counts as s right and
1 - s wrong), and the root mean square error of the predicted share. Peers: the student's score rate, the score rate on
the same points, DINA (Junker and Sijtsma 2001) by EM, and a 2PL by marginal maximum likelihood (Bock and Aitkin 1981).
The second table simulates papers, where the true mastery is known. Deterministic.
"""

import argparse
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from services.diagnostic.core.calibration import Calibration, calibrate, expected
from services.diagnostic.core.curves import KNOWN_SLOPE, USUAL_SLOPE, Floats, chances, ease_at
from services.diagnostic.core.mastery import REFERENCE, USUAL_SPREAD, Observation, estimate

Predict = Callable[[Floats, Floats], Floats]
"""Shares and mask (students, questions) in; the expected share of every question out."""
Fit = Callable[[Floats, Floats, Floats], Predict]
"""Classmates' shares, the Q-matrix, and what all students outside the test earn on each question."""
_LEVELS: Floats = np.linspace(-4, 4, 41)
_FOLDS = 5


def read(folder: Path) -> tuple[Floats, Floats]:
    """Shares (students, questions) and Q-matrix (questions, points)."""
    return np.loadtxt(folder / "data.txt"), np.loadtxt(folder / "q.txt")


def auc(shares: Floats, predicted: Floats) -> float:
    """The chance that a right answer is ranked above a wrong one; ties count half."""
    _, rank = np.unique(predicted, return_inverse=True)
    right, wrong = np.bincount(rank, shares), np.bincount(rank, 1 - shares)
    below = np.cumsum(wrong) - wrong
    return float((right * (below + wrong / 2)).sum() / (right.sum() * wrong.sum()))


def score_rate(_: Floats, __: Floats, ___: Floats) -> Predict:
    return lambda x, m: np.repeat(((x * m).sum(1) / m.sum(1))[:, None], x.shape[1], 1)


def point_rate(_: Floats, q: Floats, __: Floats) -> Predict:
    """The score rate on the points of the question, with one answer of the paper's rate added to each."""

    def predict(x: Floats, m: Floats) -> Floats:
        base = ((x * m).sum(1) / m.sum(1))[:, None]
        rate: Floats = ((x * m) @ q + base) / (m @ q + 1)
        return rate @ (q / q.sum(1, keepdims=True)).T

    return predict


def dina(x: Floats, q: Floats, _: Floats) -> Predict:
    """Slip, guess and attribute patterns by EM; patterns that no question tells apart are one."""
    points = q.shape[1]
    patterns = (np.arange(2**points)[:, None] >> np.arange(points)) & 1
    ideal, often = np.unique((patterns @ q.T == q.sum(1)).astype(float), axis=0, return_counts=True)
    share, slip, guess = often / often.sum(), np.full(len(q), 0.2), np.full(len(q), 0.2)

    def weights(x: Floats, m: Floats) -> tuple[Floats, Floats]:
        chance = np.clip(np.where(ideal > 0, 1 - slip, guess), 1e-4, 1 - 1e-4)
        joint = (x * m) @ np.log(chance).T + ((1 - x) * m) @ np.log(1 - chance).T + np.log(share + 1e-12)
        w = np.exp(joint - joint.max(1, keepdims=True))
        return w / w.sum(1, keepdims=True), chance

    for _ in range(60):
        w, _ = weights(x, np.ones_like(x))
        share, able = w.mean(0), w @ ideal
        slip = np.clip(1 - (able * x).sum(0) / (able.sum(0) + 1e-9), 1e-3, 0.6)
        guess = np.clip(((1 - able) * x).sum(0) / ((1 - able).sum(0) + 1e-9), 1e-3, 0.6)

    def predict(x: Floats, m: Floats) -> Floats:
        w, chance = weights(x, m)
        return w @ chance

    return predict


def two_parameter(x: Floats, _: Floats, __: Floats) -> Predict:
    """2PL by EM on a grid, the curves by L-BFGS; no prior but bounds."""
    slope, ease = np.ones(x.shape[1]), np.log((x.mean(0) + 0.02) / (1.02 - x.mean(0)))
    none = np.zeros(x.shape[1])

    def weights(x: Floats, m: Floats) -> tuple[Floats, Floats]:
        chance = chances(slope, ease, none, _LEVELS)
        joint = (x * m) @ np.log(chance) + ((1 - x) * m) @ np.log(1 - chance) - _LEVELS**2 / 2
        w = np.exp(joint - joint.max(1, keepdims=True))
        return w / w.sum(1, keepdims=True), chance

    def loss(v: Floats, right: Floats, asked: Floats) -> tuple[float, Floats]:
        z = v[0] * _LEVELS + v[1]
        error = asked / (1 + np.exp(-z)) - right
        return float((asked * np.logaddexp(0, z) - right * z).sum()), np.array([(error * _LEVELS).sum(), error.sum()])

    for _ in range(25):
        w, _ = weights(x, np.ones_like(x))
        for j, right in enumerate(x.T @ w):
            best = minimize(
                loss, [slope[j], ease[j]], (right, w.sum(0)), jac=True, method="L-BFGS-B",
                bounds=[(0.01, 6), (-8, 8)], options={"maxiter": 8},
            )  # fmt: skip
            slope[j], ease[j] = best.x

    def predict(x: Floats, m: Floats) -> Floats:
        w, chance = weights(x, m)
        return w @ chance.T

    return predict


def redink(x: Floats, q: Floats, _: Floats) -> Predict:
    """The model of services/diagnostic; a question of n points counts 1/sqrt(n) for each, as for sure tags there."""
    model = calibrate(x, q / np.sqrt(q.sum(1, keepdims=True)), np.zeros(len(q)))
    return lambda x, m: expected(model, x, m)


def redink_alone(_: Floats, q: Floats, __: Floats) -> Predict:
    """Without classmates: every question is a usual one."""
    parts = q / np.sqrt(q.sum(1, keepdims=True))
    ones = np.ones(len(q))
    model = Calibration(ones * USUAL_SLOPE, ones * ease_at(0.65, USUAL_SLOPE), 0 * ones, parts, USUAL_SPREAD)
    return lambda x, m: expected(model, x, m)


def redink_facility(_: Floats, q: Floats, usual: Floats) -> Predict:
    """Without classmates, but with what is usually earned on each question."""
    parts = q / np.sqrt(q.sum(1, keepdims=True))
    ones = np.ones(len(q))
    ease = np.array([ease_at(facility, KNOWN_SLOPE) for facility in usual])
    model = Calibration(ones * KNOWN_SLOPE, ease, 0 * ones, parts, USUAL_SPREAD)
    return lambda x, m: expected(model, x, m)


PEERS: dict[str, Fit] = {
    "score rate": score_rate, "score rate per point": point_rate, "Redink, no classmates": redink_alone,
    "Redink, facility known": redink_facility, "DINA": dina, "2PL": two_parameter, "Redink": redink,
}  # fmt: skip


def predicted(
    x: Floats, q: Floats, classmates: int, tests: int, seed: int, *, peers: Iterable[str]
) -> tuple[NDArray[np.intp], Floats, dict[str, Floats]]:
    """Who was tested, their shares, and what every peer foretold of them, on one split of the students."""
    rng = np.random.default_rng(seed)
    order, questions = rng.permutation(len(x)), rng.permutation(x.shape[1])
    tested, others, out = x[order[:tests]], x[order[tests:]], {}
    for name in peers:
        predict, got = PEERS[name](others[:classmates], q, others.mean(0)), np.zeros_like(tested)
        for k in range(_FOLDS):
            held, mask = questions[k::_FOLDS], np.ones_like(tested)
            mask[:, held] = 0
            got[:, held] = predict(tested, mask)[:, held]
        out[name] = got
    return order[:tests], tested, out


def held_out(x: Floats, q: Floats, classmates: int, tests: int, seed: int) -> dict[str, tuple[float, float]]:
    """(AUC, RMSE) of every peer on one split of the students."""
    _, tested, out = predicted(x, q, classmates, tests, seed, peers=PEERS)
    return {
        name: (auc(tested.ravel(), got.ravel()), float(np.sqrt(((got - tested) ** 2).mean())))
        for name, got in out.items()
    }


def apart(x: Floats, q: Floats, classmates: int, tests: int, splits: int = 12) -> tuple[float, float]:
    """Redink's mean squared error less DINA's, and the standard error of that; a student's splits are averaged first."""
    less: dict[int, list[float]] = {}
    for seed in range(splits):
        who, tested, out = predicted(x, q, classmates, tests, seed, peers=("DINA", "Redink"))
        errors = {name: ((got - tested) ** 2).mean(1) for name, got in out.items()}
        for student, each in zip(who, errors["Redink"] - errors["DINA"], strict=True):
            less.setdefault(int(student), []).append(float(each))
    means = np.array([np.mean(each) for each in less.values()])
    return float(means.mean()), float(means.std() / np.sqrt(len(means)))


def simulated(papers: int = 400, points: int = 8, seed: int = 5) -> list[tuple[str, float, float, float]]:
    """(how, RMSE of mastery, share of true values in the interval, its width) on papers of 20 questions."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[tuple[float, float, float]]] = {"score rate per point": [], "Redink": []}
    for _ in range(papers):
        ability = rng.normal() + USUAL_SPREAD * rng.normal(size=points)
        about = np.append(rng.permutation(points), rng.integers(0, points, 20 - points))
        slope, ease = np.exp(0.2 + 0.3 * rng.normal(size=20)), ease_at(0.65, 1.2) + rng.normal(size=20)
        right = rng.random(20) < 1 / (1 + np.exp(-(slope * ability[about] + ease)))
        truth = REFERENCE.chance(ability)
        got = estimate({str(k): [Observation(float(r), 1.0) for r in right[about == k]] for k in range(points)})
        for k in range(points):
            e, rate = got[str(k)], float(right[about == k].mean())
            rows["Redink"].append((e.mean - truth[k], float(e.low <= truth[k] <= e.high), e.high - e.low))
            rows["score rate per point"].append((rate - truth[k], float("nan"), float("nan")))
    table = [(name, np.array(each)) for name, each in rows.items()]
    return [(n, float(np.sqrt((a[:, 0] ** 2).mean())), float(a[:, 1].mean()), float(a[:, 2].mean())) for n, a in table]


def tables(records: Path, tests: int, seeds: int) -> str:
    lines = ["| records | classmates | " + " | ".join(PEERS) + " |", "|---|---" * 1 + "|---" * len(PEERS) + "|"]
    for name in ("FrcSub", "Math1"):
        x, q = read(records / name)
        number = min(tests, len(x) // 4)
        for classmates in (40, min(1000, len(x) - number)):
            runs = [held_out(x, q, classmates, number, seed) for seed in range(seeds)]
            cells = [np.mean([run[peer] for run in runs], axis=0) for peer in PEERS]
            best = [max(round(c[0], 3) for c in cells), min(round(c[1], 3) for c in cells)]
            shown = [
                " / ".join(f"**{v:.3f}**" if round(v, 3) == b else f"{v:.3f}" for v, b in zip(c, best, strict=True))
                for c in cells
            ]
            lines.append(f"| {name} | {classmates} | " + " | ".join(shown) + " |")
    x, q = read(records / "FrcSub")
    number = min(tests, len(x) // 4)
    less, error = apart(x, q, len(x) - number, number)
    lines += [
        "",
        f"FrcSub, {len(x) - number} classmates, 12 splits, squared error: Redink less DINA {less:+.4f} ± {error:.4f} (1 s.e.).",
    ]
    lines += ["", "| simulated papers | RMSE of mastery | in the 90 % interval | its width |", "|---|---|---|---|"]
    for how, error, inside, width in simulated():
        lines.append(
            f"| {how} | {error:.3f} | {'–' if np.isnan(inside) else f'{inside:.2f}'} | {'–' if np.isnan(width) else f'{width:.2f}'} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--tests", type=int, default=300)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--write", type=Path)
    a = parser.parse_args()
    begun = time.process_time()
    made = tables(a.records, a.tests, a.splits)
    print(made)
    print(f"{time.process_time() - begun:.0f} s of CPU")
    if a.write:
        text = a.write.read_text(encoding="utf8")
        block = f"<!-- bench.diagnosis -->\n{made}\n<!-- end -->"
        a.write.write_text(
            re.sub(r"<!-- bench.diagnosis -->.*?<!-- end -->", lambda _: block, text, flags=re.DOTALL), "utf8"
        )


if __name__ == "__main__":
    main()
