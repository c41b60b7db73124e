"""What the analyzer's grading of answers is worth: the checker on its pairs, short answers on SemEval's.

    python -m bench.checker pairs                            # tests/unit/analyzer/pairs.jsonl; CPU time per pair
    python -m bench.checker semeval --data FILE [--fit]      # semeval_train.jsonl.gz; macro-F1 of three labels

The short answers' figure is of questions that the weights were not fitted on: five folds by question. `--fit` prints the
weights of `services/analyzer/core/likeness.py`, fitted on all questions.
"""

import argparse
import gzip
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from contracts.equality import compare
from services.analyzer.core.likeness import FEATURES, LABELS, features

_PAIRS = Path(__file__).parents[1] / "tests" / "unit" / "analyzer" / "pairs.jsonl"
_FOLDS, _SEED, _PULL, _CONTRADICTORY = 5, 0, 3.0, 2.0
"""`_PULL`: ridge on standardised weights. `_CONTRADICTORY`: weight of that rarer label, for macro-F1."""
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def pairs() -> None:
    """Prints rights, false accepts and CPU milliseconds per pair, by subject."""
    rows = [json.loads(line) for line in _PAIRS.read_text(encoding="utf8").splitlines()]
    right, count, false, spent = Counter[str](), Counter[str](), 0, list[float]()
    for row in rows:
        started = time.process_time()
        found = compare(row["answer"], row["key"])
        spent.append((time.process_time() - started) * 1e3)
        judged = found.value if found.sure else "unsure"
        count[row["subject"]] += 1
        right[row["subject"]] += judged == row["expected"]
        false += judged == "same" != row["expected"] or (row["expected"] == "different" and found.right)
    for subject, n in count.most_common():
        print(f"{subject:10} {right[subject]:4} of {n:4}")
    print(f"all        {right.total():4} of {len(rows):4}, {false} accepted that are not the key's")
    spent.sort()
    print(
        f"CPU ms: mean {sum(spent) / len(spent):.2f}, 99 % below {spent[int(0.99 * len(spent))]:.2f}, most {spent[-1]:.2f}"
    )


def semeval(data: Path, *, fit_all: bool) -> None:
    """Prints F1 by label over held-out questions, beside always the commonest label and plain word overlap."""
    x, y, question = _samples(data)
    fold = np.random.default_rng(_SEED).permutation(question.max() + 1)[question] % _FOLDS
    guess = np.zeros(len(y), np.int64)
    for k in range(_FOLDS):
        guess[fold == k] = (_with_one(x[fold == k]) @ _fit(x[fold != k], y[fold != k])).argmax(1)
    overlap = FEATURES.index("overlap")
    for name, predicted in (
        ("this engine, questions not fitted on", guess),
        ("word overlap above .4", np.where(x[:, overlap] > 0.4, 0, 2)),
        ("always incorrect", np.full(len(y), 2)),
    ):
        scores = [_f1(y == i, predicted == i) for i in range(len(LABELS))]
        shown = ", ".join(f"{label} {s:.3f}" for label, s in zip(LABELS, scores, strict=True))
        print(f"{name:38} macro-F1 {np.mean(scores):.3f} ({shown}), accuracy {(y == predicted).mean():.3f}")
    sure = _probabilities(x, y, fold)
    for at in (0.5, 0.6, 0.7, 0.8):
        kept = sure[:, 0] >= at
        print(f"correct with probability {at}: {kept.mean():.2f} of the answers, right {(y[kept] == 0).mean():.3f}")
    for at in (0.3, 0.2, 0.1):
        kept = sure[:, 0] <= at
        print(f"correct below {at}: {kept.mean():.2f} of the answers, not correct {(y[kept] != 0).mean():.3f}")
    if fit_all:
        for name, row in zip((*FEATURES, "always"), _fit(x, y), strict=True):
            print(f"    ({', '.join(f'{w:.3f}' for w in row)}),  # {name}")


def _samples(data: Path) -> tuple[Floats, Ints, Ints]:
    rows: list[dict[str, Any]] = [json.loads(line) for line in gzip.decompress(data.read_bytes()).splitlines()]
    found = [
        (features(a["text"], r["answers"] or [r["answer"]], r["text"]), LABELS.index(a["label"]), i)
        for i, r in enumerate(rows)
        for a in r["student_answers"]
    ]
    return np.array([f for f, _, _ in found]), np.array([y for _, y, _ in found]), np.array([i for _, _, i in found])


def _with_one(x: Floats) -> Floats:
    return np.column_stack([x, np.ones(len(x))])


def _fit(x: Floats, y: Ints) -> Floats:
    """Weights (features + 1, labels) of a softmax regression with a ridge, on the features as they are."""
    mean, spread = x.mean(0), x.std(0) + 1e-9
    z, truth = _with_one((x - mean) / spread), np.eye(len(LABELS))[y]
    share = np.where(y == 1, _CONTRADICTORY, 1.0)[:, None]

    def loss(flat: Floats) -> tuple[float, Floats]:
        w = flat.reshape(z.shape[1], -1)
        s = z @ w
        p = np.exp(s - s.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        pull = np.vstack([w[:-1], np.zeros((1, w.shape[1]))])
        value = -(share * truth * np.log(p + 1e-12)).sum() + _PULL * (pull**2).sum()
        return float(value), (z.T @ (share * (p - truth)) + 2 * _PULL * pull).ravel()

    w = minimize(loss, np.zeros(z.shape[1] * len(LABELS)), jac=True, method="L-BFGS-B").x.reshape(z.shape[1], -1)
    plain = w[:-1] / spread[:, None]
    return np.vstack([plain, w[-1] - mean @ plain])


def _probabilities(x: Floats, y: Ints, fold: Ints) -> Floats:
    out = np.zeros((len(y), len(LABELS)))
    for k in range(_FOLDS):
        s = _with_one(x[fold == k]) @ _fit(x[fold != k], y[fold != k])
        p = np.exp(s - s.max(1, keepdims=True))
        out[fold == k] = p / p.sum(1, keepdims=True)
    return out


def _f1(truth: NDArray[np.bool_], guess: NDArray[np.bool_]) -> float:
    return float(2 * (truth & guess).sum() / max(1, truth.sum() + guess.sum()))


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("pairs", "semeval"))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--fit", action="store_true")
    args = parser.parse_args(argv)
    if args.what == "pairs":
        pairs()
    elif args.data is None:
        parser.error("semeval needs --data")
    else:
        semeval(args.data, fit_all=args.fit)
    return 0


if __name__ == "__main__":
    sys.exit(main())
