"""Train the classifier of maths topics from TAL-SCQ5K (MIT) and write services/parser/knowledge/math.npz.

python -m scripts.train_tagger --questions tal_scq5k_train.jsonl.gz

A class is a topic of contracts/taxonomy/math.json; `TOPICS` tells which a branch of the bank is. Thought and ability
branches name no topic: their questions are left out. A question with branches in several topics has several right answers.
Ridge regression on TF-IDF in its dual form; each question teaches twice, alone and with its solution. The temperature of
the softmax and the threshold come from cross-validation by source. numpy and scipy; deterministic.
"""

import argparse
import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from contracts.taxonomy import taxonomy
from services.parser.core.classifier import grams_of

Floats = NDArray[np.float64]
ROOT = Path(__file__).parent.parent
OUT = ROOT / "services" / "parser" / "knowledge" / "math.npz"
NO_TOPIC = ("能力", "思想", "素养", "学习能力", "数学思想", "题型")
TOPICS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "整数与小数",
            "位值|进制|数字谜|数与数字|页码|整数(?!分拆|拆分|解|系数)|小数(?!系数)|(?<![数式小的])四则|比较与估算|定义新运算|计算模块|加减法",
        ),
        (
            "分数、百分数与比例",
            "工程|经济|浓度|打折|分百|(?<!拆)分数(?!、)|分小|比例(?!函数)|百分",
        ),
        ("有理数与实数", "有理数|二次根式|无理数|平方根|立方根|实数(?!指数)|(?<!含)绝对值"),
        ("代数式", "分式(?!方程)|整式|因式分解|(?<!概率)乘法公式|多项式|代数式"),
        (
            "方程与方程组",
            "(?<!轨迹)(?<!直线与)(?<!直线)(?<!一般式)(?<!曲线与)(?<!圆的)(?<!参数)方程|Equation Word",
        ),
        ("不等式", "不等式"),
        (
            "函数",
            "(?<!三角)(?<!弦)(?<!正切)(?<!弦型)函数|对数|(?<!零)指数|平面直角坐标系|导数",
        ),
        ("三角函数与解三角形", "三角函数|三角恒等|解三角形|三角形中的问题|正弦|余弦|正切|辅助角|和差角|倍角"),
        ("集合与逻辑用语", "集合|常用逻辑用语"),
        ("向量与复数", "复数|平面向量|数量积"),
        (
            "解析几何",
            "解析几何|圆锥曲线|双曲线|椭圆|抛物线|轨迹|直线与圆|直线和圆|直线与方程|直线方程|一般式方程|直线的位置|圆的方程",
        ),
        ("立体图形", "立体几何|立体图形|空间|表面积|体积|长方体|圆柱"),
        (
            "平面图形",
            "(?<!解)三角形(?!中的问题)|(?<!解析)(?<!立体)(?<!空间)几何(?!意义)|四边形|多边形|(?<!椭)圆(?!锥|柱|的方程)",
        ),
        (
            "平面图形",
            "(?<!表)(?<!可行域)面积|周长|(?<!立体)图形|线段|勾股|平行|全等|相似|直线型(?!行程|两端)",
        ),
        ("数列与规律", "数列|找规律|规律探究|裂项"),
        (
            "计数、概率与统计",
            r"排列(?!的周期)|计数原理|计数模块|枚举|分拆|整数拆分|容斥|二项式|加乘原理|乘法原理|加法原理|概率|统计|数据的|平均数/",
        ),
        (
            "整除、余数与周期",
            "余数|带余|(?<!函数的)周期(?!性)|同余|(?<!提取公)因数|倍数(?!问题)|整除|质数|素数|完全平方数|时间问题|日期|钟表|时间计算|奇数与偶数|尾数",
        ),
        ("行程", "行程|流水|时钟问题|相遇|追及"),
        (
            "典型应用题",
            "平均数(?!/)|年龄|和差倍|和倍(?!数)|差倍|鸡兔|盈亏|归一|间隔|排队|植树|方阵|还原|牛吃草",
        ),
        (
            "推理与策略",
            "逻辑推理|真假话|神推理|找矛盾|抽屉|最不利|最值问题|统筹|操作|策略|归纳递推|构造",
        ),
    )
)
"""What a node of the bank's tree says of each topic. A node that names two, such as 一元一次方程的经济问题, has both."""


@dataclass(frozen=True)
class Bank:
    """Questions with a topic: texts, solutions, target shares (questions, topics), and what source each is of."""

    texts: list[str]
    solutions: list[str]
    targets: Floats
    groups: NDArray[np.int64]
    names: list[str]
    ids: list[str]

    @property
    def fold(self) -> NDArray[np.int64]:
        """One of five; a source is never in two."""
        return np.array([zlib.crc32(str(group).encode()) % 5 for group in self.groups])


def topics(row: dict[str, Any]) -> list[str]:
    """Topics of a question's branches, by the deepest node that names any; none when all are of thought or ability."""
    found: dict[str, None] = {}
    for route in row.get("knowledge_routes") or []:
        nodes = route.split("->")
        if beside_topics(nodes):
            continue
        named = (topics_of(node) for node in reversed(nodes[2:]))
        found.update(dict.fromkeys(next((names for names in named if names), [])))
    return list(found)


def topics_of(node: str) -> list[str]:
    """What a name of the bank's tree says."""
    return [name for name, pattern in TOPICS if pattern.search(node)]


def beside_topics(nodes: Sequence[str]) -> bool:
    """Whether a branch is of thought or ability."""
    return any(node in NO_TOPIC or node.endswith(("思想", "能力")) for node in nodes)


def text_of(row: dict[str, Any]) -> str:
    """Stem and options, without the note of where the question is from: it would tell the topic by the contest."""
    stem = re.sub(
        r"[（(【\[][^（）()【】]{0,60}(?:卷|杯|赛|年级|20\d\d|届)[^（）()【】]{0,40}[）)】\]]", " ", row["text"]
    )
    return " ".join([stem, *(row.get("options") or {}).values()])


def bank_of(rows: list[dict[str, Any]]) -> Bank:
    """The questions that have a topic."""
    kept = [(row, found) for row in rows if (found := topics(row))]
    names = sorted({name for _, found in kept for name in found})
    targets = np.zeros((len(kept), len(names)))
    for place, (_, found) in enumerate(kept):
        targets[place, [names.index(name) for name in found]] = 1 / len(found)
    texts = [text_of(row) for row, _ in kept]
    solutions = [(row.get("solution") or "")[:300] for row, _ in kept]
    return Bank(
        texts, solutions, targets, sources([row for row, _ in kept], texts), names, [row["id"] for row, _ in kept]
    )


def sources(rows: list[dict[str, Any]], texts: list[str]) -> NDArray[np.int64]:
    """Questions of one named contest and year are of one source, and so are near copies (cosine of .75 and more)."""
    x = Vectors.of(texts, 60_000, 2).rows(texts)
    alike = x @ x.T
    alike.data[alike.data < 0.75] = 0
    alike.eliminate_zeros()
    links = alike.tolil()
    named: dict[str, int] = {}
    for place, row in enumerate(rows):
        contest = re.search(r"20\d\d[^（）()【】]{2,30}?(?:杯|赛|卷)", row["text"])
        if contest:
            links[place, named.setdefault(contest[0], place)] = 1
    return np.asarray(connected_components(links.tocsr(), directed=False)[1], dtype=np.int64)


@dataclass(frozen=True)
class Vectors:
    """N-grams with their places and weights."""

    index: dict[str, int]
    idf: Floats

    @classmethod
    def of(cls, texts: list[str], most: int, least: int, kept: Callable[[str], bool] = bool) -> "Vectors":
        """The `most` frequent n-grams of those that are `kept` and in at least `least` texts."""
        seen = Counter(g for t in texts for g in set(grams_of(t)) if kept(g))
        found = [g for g, n in sorted(seen.items(), key=lambda x: (-x[1], x[0]))[:most] if n >= least]
        idf = np.array([np.log((1 + len(texts)) / (1 + seen[g])) + 1 for g in found])
        return cls({g: i for i, g in enumerate(found)}, idf)

    def rows(self, texts: list[str]) -> sparse.csr_matrix:
        """(texts, n-grams), rows of length 1."""
        rows, cols, values = [], [], []
        for place, text in enumerate(texts):
            counts = Counter(g for g in grams_of(text) if g in self.index)
            where = np.array([self.index[g] for g in counts], dtype=np.intp)
            weight = (1 + np.log(np.array(list(counts.values()), dtype=float))) * self.idf[where]
            rows += [place] * len(counts)
            cols += where.tolist()
            values += (weight / (np.linalg.norm(weight) or 1.0)).tolist()
        return sparse.csr_matrix((values, (rows, cols)), shape=(len(texts), len(self.index)))


@dataclass(frozen=True)
class Ridge:
    """`weights` (topics, n-grams) and `bias`: scores, not yet shares."""

    vectors: Vectors
    weights: Floats
    bias: Floats

    @classmethod
    def fit(
        cls, bank: Bank, learn: NDArray[np.int64], features: int, decay: float, kept: Callable[[str], bool] = bool
    ) -> "Ridge":
        texts = [bank.texts[i] for i in learn]
        vectors = Vectors.of(texts, features, 3, kept)
        both = [f"{bank.texts[i]} {bank.solutions[i]}" for i in learn]
        x = sparse.vstack([vectors.rows(texts), vectors.rows(both)]).tocsr()
        bias = bank.targets[learn].mean(0)
        y = np.vstack([bank.targets[learn]] * 2) - bias
        dual = np.linalg.solve((x @ x.T).toarray() + decay * np.eye(x.shape[0]), y)
        return cls(vectors, np.asarray((x.T @ dual).T), bias)

    def scores(self, texts: list[str]) -> Floats:
        return np.asarray(self.vectors.rows(texts) @ self.weights.T + self.bias)


def crossed(bank: Bank, features: int, decay: float, kept: Callable[[str], bool] = bool) -> Floats:
    """Held-out scores (questions, topics), five folds by source; the vocabulary is each fold's own, of `kept` n-grams."""
    out = np.zeros(bank.targets.shape)
    for k in range(5):
        held = np.flatnonzero(bank.fold == k)
        out[held] = Ridge.fit(bank, np.flatnonzero(bank.fold != k), features, decay, kept).scores(
            [bank.texts[i] for i in held]
        )
    return out


def shares(scores: Floats, heat: float) -> Floats:
    """Softmax."""
    e = np.exp(heat * (scores - scores.max(1, keepdims=True)))
    return np.asarray(e / e.sum(1, keepdims=True))


def heat_of(scores: Floats, targets: Floats) -> float:
    """The inverse temperature of least log loss: what makes a share a chance."""
    tried = np.arange(2.0, 14.0, 0.5)
    return float(min(tried, key=lambda heat: -(targets * np.log(shares(scores, heat))).sum()))


def threshold(p: Floats, right: NDArray[np.bool_], wanted: float) -> tuple[float, float]:
    """(share, coverage): the lowest share above which at least `wanted` of the answers are right."""
    order = np.argsort(-p.max(1), kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(right) + 1)
    good = np.flatnonzero(precision >= wanted)
    if not len(good):
        return 1.0, 0.0
    return float(p.max(1)[order[good[-1]]]), float((good[-1] + 1) / len(right))


def measures(p: Floats, targets: Floats) -> dict[str, float]:
    """Top-1, top-3, precision of the surest 60 %, and what share can be answered with nine in ten and eight in ten right."""
    order = np.argsort(-p, axis=1, kind="stable")
    hit = np.take_along_axis(targets, order, axis=1) > 0
    sure = np.argsort(-p.max(1), kind="stable")[: int(0.6 * len(p))]
    found = {"top-1": hit[:, 0].mean(), "top-3": hit[:, :3].any(1).mean(), "precision at 60 %": hit[sure, 0].mean()}
    found |= {f"coverage at {w}": threshold(p, hit[:, 0], w)[1] for w in (0.9, 0.8)}
    return {name: round(float(value), 3) for name, value in found.items()}


def read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--features", type=int, default=24_000)
    parser.add_argument("--decay", type=float, default=1.0)
    parser.add_argument("--precision", type=float, default=0.8)
    a = parser.parse_args()
    bank = bank_of(read(a.questions))
    held = crossed(bank, a.features, a.decay)
    heat = heat_of(held, bank.targets)
    p = shares(held, heat)
    right = np.take_along_axis(bank.targets, p.argmax(1)[:, None], axis=1)[:, 0] > 0
    limit, coverage = threshold(p, right, a.precision)
    print(
        f"{len(p)} questions of {len(set(bank.groups.tolist()))} sources, {len(bank.names)} topics: {measures(p, bank.targets)}"
    )
    print(f"at {a.precision} precision: share >= {limit:.3f}, coverage {coverage:.3f}; heat {heat}")
    model = Ridge.fit(bank, np.arange(len(p)), a.features, a.decay)
    codes = {point.name: point.code for point in taxonomy("math").points}
    np.savez_compressed(
        OUT,
        grams=np.array(list(model.vectors.index)),
        idf=model.vectors.idf.astype(np.float16),
        weights=(heat * model.weights).astype(np.float16),
        bias=(heat * model.bias).astype(np.float16),
        names=np.array(bank.names),
        codes=np.array([codes[name] for name in bank.names]),
        threshold=np.float32(limit),
    )
    print(f"wrote {OUT.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
