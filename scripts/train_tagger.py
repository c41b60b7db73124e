"""Train the classifier of maths knowledge points from TAL-SCQ5K (MIT) and write services/parser/knowledge/math.npz.

python -m scripts.train_tagger --questions tal_scq5k_train.jsonl.gz

A class is the deepest topic of the bank's tree that enough questions share: thought and ability branches name no topic.
The threshold is the lowest share at which five-fold cross-validation answers rightly as often as asked.
"""

import argparse
import gzip
import json
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from scipy import optimize, sparse

from services.parser.core.classifier import grams_of, plain_text

SAME = {
    "不等式（组）": "不等式", "等式与不等式": "不等式", "方程与不等式": "不等式", "乘法公式": "整式的乘除", "基本初等函数": "函数的概念与性质",
    "函数": "函数的概念与性质", "函数的图像与性质": "函数的概念与性质", "三角恒等变换": "三角函数", "公因数与公倍数": "因数与倍数",
    "整除": "因数与倍数", "数列与数学归纳法": "数列", "等差数列": "数列", "数列与数表": "数列", "加乘原理": "排列与组合", "计数原理": "排列与组合",
    "枚举法综合": "排列与组合", "有理数基础运算": "有理数", "条件型逻辑推理": "逻辑推理", "真假话": "逻辑推理", "路程速度时间": "行程",
    "认识单位1": "分百应用题", "列方程解应用题": "一元一次方程",
}  # fmt: skip
"""Names that the bank's several trees give to one topic."""
VAGUE = {"应用题", "组合", "计算", "计数", "数论", "方法", "数与式", "几何", "操作与策略"}
"""Shelves, not topics: a question that has no deeper name is left out."""

ROOT = Path(__file__).parent.parent
OUT = ROOT / "services" / "parser" / "knowledge" / "math.npz"
NO_TOPIC = ("能力", "思想", "素养", "学习能力", "数学思想", "题型")
TOO_WIDE = {"知识标签", "拓展思维", "课内体系", "竞赛", "知识点", "课内题型", "Overseas Competition", "课内知识点"}


def topics(row: dict[str, Any]) -> list[list[str]]:
    """Topical paths of a question, root first, without the tree's trunk."""
    out = []
    for route in row.get("knowledge_routes") or []:
        nodes = route.split("->")
        if any(n in NO_TOPIC or n.endswith(("思想", "能力")) for n in nodes):
            continue
        path = [n.removesuffix("模块") for n in nodes if n not in TOO_WIDE]
        if path and not path[-1].isascii():
            out.append(path)
    return out


def label(rows: list[dict[str, Any]], least: int) -> list[tuple[str, str]]:
    """(text, class) of each question that has a topic."""
    paths = [(r, t) for r in rows if (t := topics(r))]
    shared = Counter(node for _, ts in paths for node in {n for t in ts for n in t})
    out = []
    for row, ts in paths:
        deepest = [SAME.get(n, n) for t in ts for n in t if shared[n] >= least and n not in VAGUE]
        if deepest:
            name = min(deepest, key=lambda n: (shared[n], n))
            out.append((" ".join([row["text"], *(row.get("options") or {}).values()]), name))
    enough = Counter(name for _, name in out)
    return [(text, name) for text, name in out if enough[name] >= least // 2]


def vocabulary(texts: list[str], most: int) -> list[str]:
    """N-grams in at least three texts, the most frequent `most` of them."""
    seen = Counter(g for t in texts for g in set(grams_of(t)))
    return [g for g, n in sorted(seen.items(), key=lambda x: (-x[1], x[0]))[:most] if n >= 3]


def matrix(texts: list[str], index: dict[str, int], idf: np.ndarray) -> sparse.csr_matrix:
    rows, cols, values = [], [], []
    for i, text in enumerate(texts):
        counts = Counter(g for g in grams_of(text) if g in index)
        w = np.array([(1 + np.log(n)) * idf[index[g]] for g, n in counts.items()])
        norm = np.linalg.norm(w) or 1.0
        rows += [i] * len(counts)
        cols += [index[g] for g in counts]
        values += list(w / norm)
    return sparse.csr_matrix((values, (rows, cols)), shape=(len(texts), len(index)))


def fit(x: sparse.csr_matrix, y: np.ndarray, classes: int, decay: float) -> tuple[np.ndarray, np.ndarray]:
    """Softmax regression with an L2 penalty by L-BFGS: (classes x features weights, bias)."""
    n, m = x.shape
    hot = np.zeros((n, classes))
    hot[np.arange(n), y] = 1

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w, b = flat[: classes * m].reshape(classes, m), flat[classes * m :]
        z = x @ w.T + b
        z -= z.max(1, keepdims=True)
        log_sum = np.log(np.exp(z).sum(1, keepdims=True))
        p = np.exp(z - log_sum)
        value = -(hot * (z - log_sum)).sum() / n + decay * (w * w).sum() / 2
        error = (p - hot) / n
        return value, np.concatenate([(error.T @ x + decay * w).ravel(), error.sum(0)])

    start = np.zeros(classes * m + classes)
    best = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 60}).x
    return best[: classes * m].reshape(classes, m), best[classes * m :]


def shares(x: sparse.csr_matrix, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    z = x @ w.T + b
    p = np.exp(z - z.max(1, keepdims=True))
    return np.asarray(p / p.sum(1, keepdims=True))


def crossed(texts: list[str], y: np.ndarray, classes: int, a: argparse.Namespace) -> np.ndarray:
    """Held-out class shares of every question, five folds; the vocabulary is each fold's own.

    The fold hangs on the plain text: the bank repeats questions, and a repeat must not be asked of whom it taught.
    """
    fold = np.array([zlib.crc32(plain_text(t).encode()) % 5 for t in texts])
    out = np.zeros((len(texts), classes))
    for k in range(5):
        seen, held = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        index, idf, x = prepared([texts[i] for i in seen], a.features)
        out[held] = shares(matrix([texts[i] for i in held], index, idf), *fit(x, y[seen], classes, a.decay))
    return out


def prepared(texts: list[str], most: int) -> tuple[dict[str, int], np.ndarray, sparse.csr_matrix]:
    index = {g: i for i, g in enumerate(vocabulary(texts, most))}
    counts = Counter(g for t in texts for g in set(grams_of(t)) if g in index)
    idf = np.array([np.log((1 + len(texts)) / (1 + counts[g])) + 1 for g in index])
    return index, idf, matrix(texts, index, idf)


def threshold(p: np.ndarray, y: np.ndarray, wanted: float) -> tuple[float, float]:
    """(share, coverage): the lowest share above which at least `wanted` of the answers are right."""
    top, right = p.max(1), p.argmax(1) == y
    order = np.argsort(-top)
    precision = np.cumsum(right[order]) / np.arange(1, len(y) + 1)
    good = np.flatnonzero(precision >= wanted)
    if not len(good):
        return 1.0, 0.0
    return float(top[order[good[-1]]]), float((good[-1] + 1) / len(y))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--least", type=int, default=20, help="questions that make a topic a class")
    parser.add_argument("--features", type=int, default=9000)
    parser.add_argument("--decay", type=float, default=5e-5)
    parser.add_argument("--precision", type=float, default=0.8)
    a = parser.parse_args()
    with gzip.open(a.questions, "rt", encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    pairs = label(rows, a.least)
    texts, names = [t for t, _ in pairs], sorted({n for _, n in pairs})
    y = np.array([names.index(n) for _, n in pairs])
    held = crossed(texts, y, len(names), a)
    limit, coverage = threshold(held, y, a.precision)
    top3 = float(np.mean([y[i] in np.argsort(-held[i])[:3] for i in range(len(y))]))
    print(
        f"{len(y)} questions, {len(names)} classes; held out: top-1 {np.mean(held.argmax(1) == y):.3f}, top-3 {top3:.3f}"
    )
    print(f"at {a.precision} precision: share >= {limit:.3f}, coverage {coverage:.3f}")
    index, idf, x = prepared(texts, a.features)
    weights, bias = fit(x, y, len(names), a.decay)
    known = json.loads((OUT.parent / "points.json").read_text(encoding="utf-8"))["math"]
    codes = {p["name"]: p["code"] for p in known}
    np.savez_compressed(
        OUT,
        grams=np.array(list(index)),
        idf=idf.astype(np.float16),
        weights=weights.astype(np.float16),
        bias=bias.astype(np.float16),
        names=np.array(names),
        codes=np.array([codes.get(n, f"math.topic.{n}") for n in names]),
        threshold=np.float32(limit),
    )
    print(f"wrote {OUT.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
